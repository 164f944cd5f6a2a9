"""A listener in a process of its own, for tests that kill it: prints its port, then serves."""

import asyncio
import sys

from crossread.gateways.dicom.listener import DicomListener
from crossread.platform import clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects


async def serve(url: str, folder: str) -> None:
    """Listen until killed."""
    async with Database(url, size=4) as database:
        listener = DicomListener(
            database, Objects(folder), ae_title="CROSSREAD", host="127.0.0.1", port=0,
            clock=clock.now,
        )  # fmt: skip
        await listener.start()
        print(listener.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2]))
