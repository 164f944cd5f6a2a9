"""A worker that only carries, in a process of its own, for tests that kill it."""

import asyncio
import sys

from crossread.archive.intake import Intake
from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Database
from crossread.platform.objects import Objects
from crossread.transfers.carry import Ground
from crossread.transfers.drive import drive
from crossread.ways import ways


async def carry(url: str, folder: str) -> None:
    """Carry until killed."""
    objects = Objects(folder)
    async with Database(url, size=4) as database:
        intake = Intake(database, objects, clock.now)
        await drive(Ground(database, objects, ways(Settings(), intake), clock.now))


if __name__ == "__main__":
    asyncio.run(carry(sys.argv[1], sys.argv[2]))
