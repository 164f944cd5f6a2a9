"""Run one verb of a command on the database and the object store."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from crossread.commands.connect import as_found, see_that_it_answers
from crossread.platform.configuration import Settings
from crossread.platform.database import Database
from crossread.platform.objects import Objects

_Answer = TypeVar("_Answer")


def on_ground(
    settings: Settings, verb: Callable[[Database, Objects], Awaitable[_Answer]]
) -> _Answer:
    """What `verb` answers. Raises Unreachable when no database answers."""

    async def run(url: str) -> _Answer:
        async with Database(url, size=4) as database:
            return await verb(database, Objects(settings.objects_location()))

    with as_found(settings):
        url = settings.resolved_database_url()
        see_that_it_answers(url)
        return asyncio.run(run(url))
