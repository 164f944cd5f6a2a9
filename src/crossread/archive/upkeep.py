"""What the archive does of itself, without anything coming in."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from crossread.archive.evict import evict_due, make_room
from crossread.archive.garbage import collect
from crossread.archive.repack import mend_holes
from crossread.archive.scrub import Pace, keep_scrubbing
from crossread.archive.store import tally
from crossread.platform.clock import Clock
from crossread.platform.configuration import Archive
from crossread.platform.database import Database
from crossread.platform.objects import Objects

EVERY, SELDOM = 20.0, 600.0  # seconds
MINUTES_KEPT = timedelta(days=7)  # of how fast images came in


def parts(
    database: Database, objects: Objects, clock: Clock, settings: Archive, spool: Path
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

    async def mend() -> None:
        while True:
            await asyncio.sleep(SELDOM)
            await mend_holes(database, objects, clock, spool=spool)

    return [scrub, tidy, mend]
