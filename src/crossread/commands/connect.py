"""Run one verb of a command on the database."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from crossread.platform.configuration import Settings
from crossread.platform.database import Connection, Database

_Answer = TypeVar("_Answer")


def within(settings: Settings, verb: Callable[[Connection], Awaitable[_Answer]]) -> _Answer:
    """What `verb` answers, in one transaction."""

    async def run() -> _Answer:
        async with (
            Database(settings.resolved_database_url(), size=2) as database,
            database.transaction() as db,
        ):
            return await verb(db)

    return asyncio.run(run())
