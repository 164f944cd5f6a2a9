"""`crossread serve`, as whole processes: it says when it is ready, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from crossread.platform import embedded

pytestmark = pytest.mark.journey

ROLES = ("web", "dicom", "hl7", "worker")
COMMAND = [sys.executable, "-m", "crossread"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A data folder of its own and free ports."""
    inherited = {key: value for key, value in os.environ.items() if "CROSSREAD" not in key}
    return {
        **inherited,
        "COLUMNS": "120",
        "CROSSREAD_DATA_FOLDER": str(tmp_path / "v"),
        **{f"CROSSREAD_{name}__PORT": str(free_port()) for name in ("WEB", "DICOM", "HL7")},
    }


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def serving(environment: dict[str, str], complaints: Path) -> Iterator[subprocess.Popen[str]]:
    """A `crossread serve` that has said that it is ready."""
    with (
        complaints.open("a") as errors,
        subprocess.Popen(
            [*COMMAND, "serve", "--migrate"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as supervisor,
    ):
        try:
            assert supervisor.stdout is not None
            said = next((line for line in supervisor.stdout if "is ready" in line), "")
            assert f"http://127.0.0.1:{environment['CROSSREAD_WEB__PORT']}" in said, (
                complaints.read_text()[-2000:]
            )
            yield supervisor
        finally:
            supervisor.terminate()
            supervisor.wait(30)


def pids(environment: dict[str, str]) -> dict[str, int]:
    run = Path(environment["CROSSREAD_DATA_FOLDER"]) / "run"
    return {role: int((run / f"{role}.pid").read_text()) for role in ROLES}


def ready(environment: dict[str, str]) -> int:
    return httpx.get(f"http://127.0.0.1:{environment['CROSSREAD_WEB__PORT']}/ready").status_code


def test_it_serves_alone_survives_its_supervisor_and_leaves_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    postgres = tmp_path / "v" / "postgres"
    complaints = tmp_path / "complaints"

    with serving(environment, complaints) as supervisor:
        assert ready(environment) == 200

        second = subprocess.run(
            [*COMMAND, "serve"], env=environment, capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert "Another `crossread serve`" in second.stderr
        assert ready(environment) == 200, "the second one must not disturb the first"

        before = pids(environment)
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait(10)
        assert ready(environment) == 200, "the roles go on without their supervisor"

    with serving(environment, complaints) as supervisor:
        after = pids(environment)
        assert not set(before.values()) & set(after.values())
        assert not any(psutil.pid_exists(pid) for pid in before.values())
        began = time.monotonic()
        supervisor.terminate()
        assert supervisor.wait(20) == 0
        assert time.monotonic() - began < 10

    assert not any(psutil.pid_exists(pid) for pid in after.values())
    assert embedded.process_id(postgres) is None


def test_a_single_command_leaves_the_database_as_it_found_it(
    environment: dict[str, str], tmp_path: Path
) -> None:
    postgres = tmp_path / "v" / "postgres"
    for words in (["migrate"], ["hospital", "list"], ["doctor"]):
        done = subprocess.run([*COMMAND, *words], env=environment, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout
        assert (postgres / "PG_VERSION").exists()
        assert embedded.process_id(postgres) is None
