"""crossread itself, as an operator starts it: all roles, its own PostgreSQL, one hospital."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.launch import BenchError, free_port, running
from bench.measure import cpu_seconds
from bench.peers import Server, Web
from crossread.platform import embedded

HOSPITAL = "noord"  # the made-up hospital whose images the corpus has
SENDER = "NOORD_PACS"
_ROLES = ("web", "dicom", "hl7", "worker")
_PATIENCE = 180.0  # seconds until what follows on a study's rest must be over
_BUSY = 0.2  # processor seconds in a second
_IDLE = 4  # seconds
_COMMAND = [sys.executable, "-m", "crossread"]


@contextmanager
def crossread(
    folder: Path, *, database_url: str = "", quiet_seconds: int = 3600
) -> Iterator[Server]:
    """A crossread that serves one hospital; on a database of its own, or the one that is given.

    What follows on a study's rest would run beside what is measured, so it rests late.
    """
    ports = {name: free_port() for name in ("WEB", "DICOM", "HL7")}
    place = folder / "crossread"
    environment = {key: value for key, value in os.environ.items() if "CROSSREAD" not in key}
    environment |= {
        "CROSSREAD_DATA_FOLDER": str(place),
        "CROSSREAD_LOG__LEVEL": "warning",
        "CROSSREAD_ARCHIVE__QUIET_SECONDS": str(quiet_seconds),
        **{f"CROSSREAD_{name}__PORT": str(port) for name, port in ports.items()},
    }
    if database_url:
        environment["CROSSREAD_DATABASE_URL"] = database_url
    log = folder / "crossread.log"
    with running(
        [*_COMMAND, "serve", "--migrate", "--attended"],
        environment=environment,
        log=log,
        until=lambda: b"is ready" in log.read_bytes(),
    ):
        command(
            environment, "hospital", "add", HOSPITAL, "Ziekenhuis Noord",
            "--pacs", f"127.0.0.1:{free_port()}:{SENDER}", "--issuer", "NOORD",
        )  # fmt: skip
        url = database_url or embedded.start(place / "postgres")
        parts = _parts(place)
        yield Server(
            "crossread",
            ports["DICOM"],
            "CROSSREAD",
            parts,
            lambda: _count(url),
            lambda: _settle(url, parts["worker"]),
            Web(
                ports["WEB"],
                f"/api/hospitals/{HOSPITAL}/dicom-web",
                {"Authorization": f"Bearer {_key(environment)}"},
            ),
        )


def command(environment: Mapping[str, str], *words: str) -> str:
    """What one command says. Raises BenchError with its complaint."""
    done = subprocess.run(
        [*_COMMAND, *words], env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BenchError(f"crossread {' '.join(words)}: {done.stderr[-1000:] or done.stdout}")
    return done.stdout


def _key(environment: Mapping[str, str]) -> str:
    """A key with which the hospital's own systems may come in over DICOMweb."""
    try:
        said = command(environment, "hospital", "key", HOSPITAL)
    except BenchError:
        return ""  # this version has no DICOMweb for hospitals; the bench of it will say so
    return said.split()[-1]


def _parts(place: Path) -> dict[str, int]:
    """The processes; PostgreSQL among them where it is the one that came along."""
    run = place / "run"
    parts = {role: int((run / f"{role}.pid").read_text()) for role in _ROLES}
    postgres = embedded.process_id(place / "postgres")
    return parts if postgres is None else {**parts, "postgres": postgres}


def _count(url: str) -> int:
    with psycopg.connect(url) as db:
        found = db.execute("select count(*) from archive.instance").fetchone()
    return int(found[0]) if found else 0


def _settle(url: str, worker: int) -> None:
    """Wait until every study is at rest, and the worker has had nothing to do for a while."""
    limit, idle = time.monotonic() + _PATIENCE, 0
    with psycopg.connect(url, autocommit=True) as db:
        while time.monotonic() < limit:
            before = cpu_seconds(worker)
            time.sleep(1)
            [left] = db.execute(
                "select count(*) from archive.study where state <> 'at_rest'"
            ).fetchone() or (0,)
            busy = left > 0 or cpu_seconds(worker) - before > _BUSY
            idle = 0 if busy else idle + 1
            if idle == _IDLE:
                return
    raise BenchError("crossread does not come to rest.")
