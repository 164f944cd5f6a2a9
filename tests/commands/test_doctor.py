"""The doctor finds what is wrong and says what to mend."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.gateways.dicom.certificates import Authority

from crossread.commands import endpoints
from crossread.commands.doctor import examine
from crossread.commands.hospitals import add
from crossread.platform.configuration import Dicom, Hl7, Settings, Web


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def setup(folder: Path, url: str, web: Web | None = None, objects: str | None = None) -> Settings:
    """Settings on this database, with everything else in a folder and on free ports."""
    return Settings(
        data_folder=folder / "var",
        database_url=url,
        objects=objects,
        web=web or Web(port=free_port()),
        dicom=Dicom(port=free_port()),
        hl7=Hl7(port=free_port()),
    )


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal in which no line is broken."""
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port at which something else listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield int(held.getsockname()[1])


def certificate(folder: Path, days: int) -> Web:
    """A web server with a certificate that ends in so many days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "crossread.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(b"")
    return Web(port=free_port(), certificate=chain, key=private)


def line(said: str, what: str) -> str:
    """The first line about this."""
    return next(one for one in said.splitlines() if what in one)


@pytest.mark.usefixtures("wide")
def test_all_is_well_on_a_good_set_up(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert examine(setup(tmp_path, database_url))
    said = capsys.readouterr().out
    assert "✗" not in said
    for what in ("database", "schema", "clock", "objects", "(web)", "(dicom)", "(hl7)", "disk"):
        assert "✓" in line(said, what)


@pytest.mark.usefixtures("wide")
def test_a_database_that_does_not_answer_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not examine(setup(tmp_path, "postgresql://nobody:hunter2@127.0.0.1:1/nothing"))
    said = capsys.readouterr().out
    assert "CROSSREAD_DATABASE_URL" in said
    assert "✗" in line(said, "database")
    assert "hunter2" not in said


@pytest.mark.usefixtures("wide")
def test_an_empty_database_asks_for_a_migration(
    tmp_path: Path, empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not examine(setup(tmp_path, empty_database_url))
    assert "crossread migrate" in line(capsys.readouterr().out, "schema")


@pytest.mark.usefixtures("wide")
def test_a_taken_port_is_named_with_its_setting(
    tmp_path: Path, database_url: str, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not examine(setup(tmp_path, database_url, Web(port=taken_port)))
    assert "web.port" in line(capsys.readouterr().out, "(web)")


@pytest.mark.usefixtures("wide")
def test_a_pid_file_that_nobody_lives_behind_does_not_make_a_port_ours(
    tmp_path: Path, database_url: str, taken_port: int
) -> None:
    (tmp_path / "var" / "run").mkdir(parents=True)
    (tmp_path / "var" / "run" / "web.pid").write_text("4194305")  # above any process id
    assert not examine(setup(tmp_path, database_url, Web(port=taken_port)))


@pytest.mark.usefixtures("wide")
def test_an_object_store_that_cannot_be_written_is_named(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder")
    assert not examine(setup(tmp_path, database_url, objects=str(tmp_path / "file" / "objects")))
    assert "permissions" in line(capsys.readouterr().out, "objects")


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize(("days", "well"), [(90, True), (5, False), (-3, False)])
def test_a_certificate_is_to_be_renewed_in_time(
    tmp_path: Path,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    days: int,
    well: bool,
) -> None:
    assert examine(setup(tmp_path, database_url, certificate(tmp_path, days))) is well
    says = line(capsys.readouterr().out, "certificate")
    assert ("Renew" in says) is not well


@pytest.mark.usefixtures("wide")
def test_the_keys_of_dicom_are_tried(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    us = Authority(tmp_path / "certificates").issues("crossread")
    for clients, well in ((us.certificate, True), (us.key, False)):
        dicom = Dicom(
            port=free_port(),
            tls_port=free_port(),
            tls_certificate=us.certificate,
            tls_key=us.key,
            tls_clients=clients,
        )
        examine(setup(tmp_path, database_url).model_copy(update={"dicom": dicom}))
        said = capsys.readouterr().out
        assert "Renew" in line(said, "certificate (dicom)")  # it is made for a day
        assert ("can be spoken" in line(said, "TLS (dicom)")) is well


@pytest.mark.usefixtures("wide")
def test_a_hospital_that_does_not_answer_is_named(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    use = setup(tmp_path, database_url)
    add(use, "noord", "Noord", pacs="127.0.0.1:1:PACS", ris="127.0.0.1:1:RIS:NOORD", issuer="")
    capsys.readouterr()
    assert not examine(use)
    said = capsys.readouterr().out
    assert "PACS" in line(said, "noord/pacs")
    assert "RIS" in line(said, "noord/ris")


@pytest.mark.usefixtures("wide")
def test_a_scanner_that_listens_to_nobody_is_no_complaint(
    tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    use = setup(tmp_path, database_url)
    add(use, "noord", "Noord", pacs=None, ris=None, issuer="")
    endpoints.add(use, "noord/ct1", pacs=None, machine="127.0.0.1:1:CT1", url=None, key="")
    capsys.readouterr()
    assert examine(use)
    assert "noord/ct1" not in capsys.readouterr().out
