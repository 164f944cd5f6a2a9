"""How fast images come in: counted in memory, written down every few seconds.

Only what a screen shows hangs on it, so that a process that dies may take some seconds with it.
"""

import asyncio
import contextlib
import threading
from collections import defaultdict
from datetime import datetime
from uuid import uuid4

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from crossread.archive.store import tally as store
from crossread.platform.clock import Clock
from crossread.platform.database import Database

EVERY = 5.0  # seconds

log = structlog.get_logger(__name__)


class Tally:
    """What one process took in, by hospital and minute. Made in the event loop of its rooms."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._receiver = uuid4().hex[:12]
        self._door = threading.Lock()
        self._counts: dict[tuple[str, datetime], tuple[int, int]] = defaultdict(lambda: (0, 0))
        self._writing = asyncio.get_running_loop().create_task(self._write_for_ever())

    def add(self, hospital_id: str, size: int) -> None:
        """One instance more; from any thread."""
        key = (hospital_id, self._clock().replace(second=0, microsecond=0))
        with self._door:
            instances, total = self._counts[key]
            self._counts[key] = (instances + 1, total + size)

    async def write(self) -> None:
        """Write down what was counted since the last time."""
        with self._door:
            counted, self._counts = dict(self._counts), defaultdict(lambda: (0, 0))
        if not counted:
            return
        rows = [(*key, self._receiver, *value) for key, value in sorted(counted.items())]
        async with self._database.transaction() as db:
            await store.add(db, rows)

    async def close(self) -> None:
        """Write down the last of it, and count no more."""
        self._writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._writing
        with contextlib.suppress(psycopg.Error, PoolTimeout):
            await self.write()

    async def _write_for_ever(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.write()
            except (psycopg.Error, PoolTimeout) as error:
                log.warning("tally.not_written", error=type(error).__name__)
