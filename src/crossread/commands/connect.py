"""Run one verb of a command on the database."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import psycopg

from crossread.platform import embedded
from crossread.platform.configuration import Settings
from crossread.platform.database import Connection, Database
from crossread.platform.errors import Unreachable

CONNECT_TIMEOUT = 5  # seconds

_Answer = TypeVar("_Answer")


def within(settings: Settings, verb: Callable[[Connection], Awaitable[_Answer]]) -> _Answer:
    """What `verb` answers, in one transaction. Raises Unreachable when no database answers."""

    async def run(url: str) -> _Answer:
        async with Database(url, size=2) as database, database.transaction() as db:
            return await verb(db)

    with as_found(settings):
        url = settings.resolved_database_url()
        see_that_it_answers(url)
        return asyncio.run(run(url))


@contextmanager
def as_found(settings: Settings) -> Iterator[None]:
    """Leave the embedded PostgreSQL as it was: a command that had to start it stops it again."""
    ours = settings.is_embedded and embedded.process_id(settings.postgres_folder) is None
    try:
        yield
    finally:
        if ours:
            embedded.stop(settings.postgres_folder)


def see_that_it_answers(url: str) -> None:
    """Nothing, or Unreachable with what to do when no database answers at `url`."""
    try:
        psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT).close()
    except psycopg.Error as error:
        # `from None`: the driver's words repeat the URL, which may hold a password
        raise Unreachable(
            "The database does not answer. Check CROSSREAD_DATABASE_URL, and that the server runs"
            " and lets us in.",
            cause=type(error).__name__,
        ) from None
