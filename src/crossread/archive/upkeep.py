"""What the archive does of itself, without anything coming in."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from crossread.archive.evict import evict_due, make_room
from crossread.archive.garbage import collect
from crossread.archive.scrub import Pace, keep_scrubbing
from crossread.archive.store import tally
from crossread.platform.clock import Clock
from crossread.platform.configuration import Archive
from crossread.platform.database import Database
from crossread.platform.objects import Objects

EVERY = 20.0  # seconds
MINUTES_KEPT = timedelta(days=7)  # of how fast images came in


def parts(
    database: Database, objects: Objects, clock: Clock, settings: Archive
) -> list[Callable[[], Awaitable[None]]]:
    """Each thing that goes on for ever; run by a worker, and any number of workers may."""

    async def scrub() -> None:
        await keep_scrubbing(
            database,
            objects,
            clock,
            pace=Pace(settings.scrub_megabytes_per_second * 1e6),
            every=timedelta(days=settings.scrub_days),
        )

    async def tidy() -> None:
        while True:
            await evict_due(database, clock())
            await make_room(database, clock())
            await collect(database, objects, clock())
            async with database.transaction() as db:
                await tally.forget(db, clock() - MINUTES_KEPT)
            await asyncio.sleep(EVERY)

    return [scrub, tidy]
