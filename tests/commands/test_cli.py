"""The command line says what it can do, and what went wrong, in one sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.gateways.dicom.certificates import Authority


def crossread(folder: Path, *words: str, said: str = "", **variables: str) -> tuple[int, str, str]:
    """Exit code, output and complaint of one command, in a folder of its own."""
    inherited = {key: value for key, value in os.environ.items() if "CROSSREAD" not in key}
    done = subprocess.run(
        [sys.executable, "-m", "crossread", *words],
        cwd=folder,
        env={**inherited, "COLUMNS": "120", "NO_COLOR": "1", **variables},
        input=said,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "serve", "migrate", "doctor", "demo", "hospital add", "hospital list", "hospital test",
        "hospital notify", "hospital steps", "hospital commitments",
        "hospital secure", "hospital key",
        "user add", "user list", "user token", "agreement add", "agreement list",
        "archive export", "archive import", "archive copies",
        "archive scrub", "archive usage", "archive quota", "archive retention", "archive expired",
        "archive erase", "archive allow", "archive correct", "archive hold place",
        "archive hold list", "archive hold lift", "archive quarantine list",
        "archive quarantine readmit", "archive quarantine discard",
        "hospital endpoint", "transfer send", "transfer fetch", "transfer list", "transfer show",
        "transfer pause", "transfer resume", "transfer cancel", "transfer retry", "transfer find",
        "transfer rule",
    ],
)  # fmt: skip
def test_each_command_says_what_it_does(tmp_path: Path, command: str) -> None:
    code, says, _ = crossread(tmp_path, *command.split(), "--help")
    assert code == 0
    assert f"crossread {command}" in says
    assert re.search(r"\n [A-Z].*\.", says), "no sentence says what it does"
    assert list(tmp_path.iterdir()) == [], "help must start nothing"


def test_a_command_that_there_is_not_is_wrong_usage(tmp_path: Path) -> None:
    code, _, complaint = crossread(tmp_path, "serv")
    assert code == 2
    assert "serv" in complaint


def test_an_unknown_setting_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "crossread.toml").write_text("[web]\nprot = 80\n")
    code, says, complaint = crossread(tmp_path, "hospital", "list")
    assert code == 1
    assert says == ""
    assert "web.port" in complaint
    assert "Traceback" not in complaint


def test_a_database_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    code, _, complaint = crossread(
        tmp_path,
        "hospital",
        "list",
        CROSSREAD_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
    )
    assert code == 1
    assert "database" in complaint.lower()
    assert "Traceback" not in complaint
    assert len(complaint.strip().splitlines()) <= 2


def test_serving_an_old_schema_is_refused_with_what_to_run(
    tmp_path: Path, empty_database_url: str
) -> None:
    code, _, complaint = crossread(tmp_path, "serve", CROSSREAD_DATABASE_URL=empty_database_url)
    assert code == 1
    assert "crossread migrate" in complaint


def test_migrating_twice_is_as_good_as_once(tmp_path: Path, empty_database_url: str) -> None:
    for _ in range(2):
        code, says, complaint = crossread(
            tmp_path, "migrate", CROSSREAD_DATABASE_URL=empty_database_url
        )
        assert code == 0, complaint
        assert "up to date" in says


def test_hospitals_people_and_agreements_are_added_and_shown(
    tmp_path: Path, database_url: str
) -> None:
    def run(*words: str, said: str = "") -> str:
        code, says, complaint = crossread(
            tmp_path, *words, said=said, CROSSREAD_DATABASE_URL=database_url
        )
        assert code == 0, complaint
        return says

    pacs, ris = "127.0.0.1:4242:NOORD_PACS", "127.0.0.1:2576:RIS:NOORD"
    run("hospital", "add", "noord", "Ziekenhuis Noord", "--pacs", pacs, "--ris", ris)
    run("hospital", "add", "zuid", "Ziekenhuis Zuid")
    run("hospital", "endpoint", "noord/ct1", "--machine", "127.0.0.1:104:NOORD_CT1")
    assert "NOORD_CT1" in run("hospital", "list")
    assert "is told" in run("hospital", "notify", "noord/ct1")
    assert "is told" in run("hospital", "notify", "noord/pacs")
    assert "no longer" in run("hospital", "notify", "noord/pacs", "--off")
    assert "station" in run("hospital", "steps", "noord")
    assert "instances" in run("hospital", "commitments", "noord")
    shown = run("hospital", "list")
    assert "Ziekenhuis Noord" in shown
    assert "127.0.0.1:4242" in shown
    run(
        "user", "add", "anna", "--name", "Anna de Wit", "--hospital", "zuid",
        "--role", "radiologist", "--password-stdin", said="correct horse\n",
    )  # fmt: skip
    shown = run("user", "list")
    assert "anna" in shown
    assert "correct horse" not in shown
    run("agreement", "add", "noord-zuid", "--source", "noord", "--reader", "zuid")
    assert "noord-zuid" in run("agreement", "list")
    assert len(run("user", "token", "anna").strip()) >= 32


def test_how_a_pacs_is_reached_and_known_is_said_and_taken_back(
    tmp_path: Path, database_url: str
) -> None:
    def run(*words: str) -> str:
        code, says, complaint = crossread(
            tmp_path, "hospital", *words, CROSSREAD_DATABASE_URL=database_url
        )
        assert code == 0, complaint
        return says

    made = Authority(tmp_path / "certificates").issues("noord")
    run("add", "noord", "Ziekenhuis Noord", "--pacs", "pacs.noord.nl:104:NOORD_PACS")
    assert "its own host, pacs.noord.nl" in run("secure", "noord")
    said = run("secure", "noord", "--tls", "--from", "10.1.2.3/16", "--from", "192.0.2.7")
    assert "over TLS" in said
    assert "10.1.0.0/16, 192.0.2.7/32" in said
    said = run("secure", "noord", "--from", "", "--certificate", str(made.certificate))
    assert "over TLS" in said
    assert "anywhere, with one of 1 certificates" in said
    with psycopg.connect(database_url) as db:
        found = db.execute("select certificates from hospitals.endpoint").fetchone()
    assert found == ([made.fingerprint],)
    said = run(
        "secure", "noord", "--no-tls", "--certificate", made.fingerprint.upper(),
        "--certificate", "CN=pacs,O=Noord",
    )  # fmt: skip
    assert "plainly" in said
    assert "with one of 2 certificates" in said
    assert "with one of 2" in run("list")


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("hospital", "add", "noord", "Noord", "--pacs", "127.0.0.1"), "HOST:PORT:AE_TITLE"),
        (("hospital", "add", "Noord!", "Noord"), "lower case"),
        (("hospital", "test", "nowhere"), "nowhere"),
        (("hospital", "secure", "nowhere", "--tls"), "nowhere"),
        (("hospital", "secure", "noord", "--from", "10.1.0.0/99"), "10.1.0.0/99"),
        (("hospital", "secure", "noord", "--certificate", "no certificate"), "SHA-256"),
        (("hospital", "notify", "nowhere/pacs"), "nowhere/pacs"),
        (("hospital", "endpoint", "noord/x"), "--machine"),
        (("hospital", "steps", "nowhere"), "nowhere"),
        (("hospital", "commitments", "nowhere"), "nowhere"),
        (("user", "token", "nobody"), "nobody"),
        (
            ("agreement", "add", "a", "--source", "nowhere", "--reader", "nowhere"),
            "nowhere",
        ),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, database_url: str, words: tuple[str, ...], hint: str
) -> None:
    code, _, complaint = crossread(tmp_path, *words, CROSSREAD_DATABASE_URL=database_url)
    assert code in {1, 2}
    assert hint in complaint
    assert "Traceback" not in complaint
