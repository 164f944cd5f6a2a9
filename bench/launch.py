"""Start programs of others and our own, and end them however the bench ends."""

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import psutil

PATIENCE = 90.0  # seconds until a server must answer
_END = 15.0  # seconds that a program gets to end by itself
_DIE_WITH_PARENT = 1  # prctl(2), PR_SET_PDEATHSIG


class BenchError(Exception):
    """The bench cannot go on; the sentence says why."""


def program(name: str, package: str) -> str:
    """Where a program is. Raises BenchError that says how to get it."""
    found = shutil.which(name) or shutil.which(f"/usr/sbin/{name}")
    if found is None:
        raise BenchError(f"{name} is not installed: apt-get install {package}")
    return found


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def end_well() -> None:
    """Let SIGTERM unwind as Ctrl-C does, so that every program is ended."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        sys.exit(1)

    signal.signal(signal.SIGTERM, leave)


@contextmanager
def running(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    log: Path,
    until: Callable[[], bool],
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that answers; its words are in `log`. Raises BenchError if it ends instead."""
    with log.open("wb") as words:
        process = _start(command, {**os.environ, **(environment or {})}, words)
        try:
            _wait(process, until, log)
            yield process
        finally:
            end(process)


def _start(
    command: Sequence[str], environment: Mapping[str, str], words: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,  # closes with us, which ends those that look at it
        stdout=words,
        stderr=words,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def _die_with_parent() -> None:
    """Be ended by the kernel when the bench is killed outright."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)


def _wait(process: subprocess.Popen[bytes], until: Callable[[], bool], log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while not until():
        if process.poll() is not None or time.monotonic() > limit:
            said = log.read_text(errors="replace")[-2000:]
            raise BenchError(f"{process.args!r} does not answer. It said: {said}")
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children: asked first, then not asked."""
    family = _family(process.pid)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for one in family:
        if one.is_running():
            one.kill()


def _family(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def listens(port: int) -> bool:
    """Whether a connection to this port is taken."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex(("127.0.0.1", port)) == 0
