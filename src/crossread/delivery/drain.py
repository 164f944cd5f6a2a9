"""Empty the outbox: each endpoint on its own, in order, so that a slow one delays no other."""

import asyncio
from datetime import timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from crossread.delivery import store
from crossread.delivery.attempt import Senders, attempt_next
from crossread.platform import events
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects

LOOK_AT_LEAST_EVERY = 5.0  # seconds
AFTER_LOSS = timedelta(seconds=1)

log = structlog.get_logger(__name__)


async def drain(database: Database, objects: Objects, senders: Senders, clock: Clock) -> None:
    """Deliver whatever is owed, until cancelled."""
    outbox = _Outbox(database, objects, senders, clock)
    try:
        async for _ in events.wakes(database, at_least_every=LOOK_AT_LEAST_EVERY):
            await outbox.look()
    finally:
        await outbox.close()


class _Outbox:
    """The endpoints that something is owed to, each with a task that works through it."""

    def __init__(
        self, database: Database, objects: Objects, senders: Senders, clock: Clock
    ) -> None:
        self._database, self._objects = database, objects
        self._senders, self._clock = senders, clock
        self._working: dict[str, asyncio.Task[None]] = {}
        self._news: dict[str, asyncio.Event] = {}

    async def look(self) -> None:
        """See that every endpoint that is owed something has its task, and wake it."""
        async with self._database.transaction() as db:
            owed = await store.endpoints_with_owed(db)
        for endpoint_id in owed:
            self._news.setdefault(endpoint_id, asyncio.Event()).set()
            task = self._working.get(endpoint_id)
            if task is None or task.done():
                self._working[endpoint_id] = asyncio.create_task(self._work(endpoint_id))

    async def close(self) -> None:
        """Stop all; what was not acknowledged stays owed."""
        for task in self._working.values():
            task.cancel()
        await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def _work(self, endpoint_id: str) -> None:
        news = self._news[endpoint_id]
        while True:
            news.clear()
            try:
                again = await attempt_next(
                    self._database, self._objects, endpoint_id, self._senders, self._clock
                )
            except (psycopg.OperationalError, PoolTimeout, OSError) as error:
                log.warning("delivery.database_lost", error=type(error).__name__)
                again = self._clock() + AFTER_LOSS
            if again is None:
                return
            await _until(news, (again - self._clock()).total_seconds())


async def _until(news: asyncio.Event, seconds: float) -> None:
    """Wait so long, or until something new is owed or asked for."""
    if seconds <= 0:
        return
    try:
        await asyncio.wait_for(news.wait(), seconds)
    except TimeoutError:
        return
