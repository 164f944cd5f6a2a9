"""Carry all that is asked for: each endpoint in a lane of its own, so that none delays another."""

import asyncio
from datetime import timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from crossread.platform import events
from crossread.transfers.carry import Ground
from crossread.transfers.lane import Lane
from crossread.transfers.store import items, transfers

LOOK_AT_LEAST_EVERY = 5.0  # seconds
TIDY_EVERY = 3600.0  # seconds
REMEMBERED = timedelta(days=30)  # each image of a transfer that is done; the transfer itself stays
FORGOTTEN_AT_ONCE = 10_000  # images

log = structlog.get_logger(__name__)


async def drive(on: Ground) -> None:
    """Carry until cancelled. Raises psycopg's OperationalError when the database is lost."""
    lanes: dict[str, tuple[Lane, asyncio.Task[None]]] = {}
    try:
        async for _ in events.wakes(on.database, at_least_every=LOOK_AT_LEAST_EVERY):
            async with on.database.transaction() as db:
                wanted = await transfers.endpoints_with_open(db)
            for lane, _ in lanes.values():
                lane.news.set()
            for endpoint_id in wanted:
                known = lanes.get(endpoint_id)
                if known is None or known[1].done():
                    lane = Lane(on, endpoint_id)
                    lanes[endpoint_id] = lane, asyncio.create_task(_run(lane, endpoint_id))
    finally:
        for _, task in lanes.values():
            task.cancel()
        await asyncio.gather(*(task for _, task in lanes.values()), return_exceptions=True)


async def tidy(on: Ground) -> None:
    """Forget, now and then, the single images of what was done long ago; until cancelled."""
    while True:
        forgotten = FORGOTTEN_AT_ONCE
        while forgotten == FORGOTTEN_AT_ONCE:
            async with on.database.transaction() as db:
                before = on.clock() - REMEMBERED
                forgotten = await items.forget(db, before, FORGOTTEN_AT_ONCE)
        await asyncio.sleep(TIDY_EVERY)


async def _run(lane: Lane, endpoint_id: str) -> None:
    try:
        await lane.run()
    except (psycopg.Error, PoolTimeout, OSError) as error:  # the next look begins it anew
        log.warning("transfers.lane_lost", endpoint=endpoint_id, error=type(error).__name__)
    except Exception as error:
        log.exception("transfers.lane_failed", endpoint=endpoint_id, error=type(error).__name__)
