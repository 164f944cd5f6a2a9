"""Delete objects that no row speaks of any more, after those who read them have finished."""

from datetime import datetime, timedelta

from crossread.archive.store import garbage as store
from crossread.platform.database import Database
from crossread.platform.objects import Objects

PATIENCE = timedelta(minutes=15)  # that a reader may be in the middle of an object
AT_ONCE = 500


async def collect(
    database: Database, objects: Objects, now: datetime, *, patience: timedelta = PATIENCE
) -> int:
    """Delete what was discarded longer ago than `patience`; how many objects that were.

    An object goes before its row does: a crash in between leaves a row to begin with again.
    """
    async with database.transaction() as db:
        keys = await store.discarded(db, now - patience, AT_ONCE)
    for key in keys:
        await objects.delete(key)
    async with database.transaction() as db:
        await store.collected(db, keys)
    return len(keys)
