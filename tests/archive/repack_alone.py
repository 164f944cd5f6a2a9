"""Puts the packs of a study in order, in a process of its own, for a test that kills it."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from crossread.archive.repack import repack
from crossread.platform import clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects


async def put_in_order(url: str, folder: str, study: str) -> None:
    """Say so when it begins, and again when it is done."""
    async with Database(url, size=2) as database:
        sys.stdout.write("begins\n")
        sys.stdout.flush()
        objects = Objects(folder)
        await repack(database, objects, UUID(study), clock.now, spool=Path("none"))


if __name__ == "__main__":
    asyncio.run(put_in_order(*sys.argv[1:4]))
