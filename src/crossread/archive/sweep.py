"""Seal the packs of receivers that died, and cut off what nobody acknowledged."""

import asyncio
from datetime import datetime, timedelta

from crossread.archive import store
from crossread.archive.pack import cut
from crossread.platform.database import Database
from crossread.platform.objects import Objects

AT_ONCE = 200  # packs


async def sweep(database: Database, objects: Objects, now: datetime, *, younger: timedelta) -> int:
    """Look at each open pack older than `younger`; how many were sealed.

    A living receiver holds its packs' locks, so that nothing is cut under its hands; one that is
    cut has no writer any more, and what the index knows of it is all that was acknowledged.
    """
    async with database.transaction() as db:
        left = await store.open_packs(db, now - younger, AT_ONCE)
    sealed = []
    for pack in left:
        path = objects.path(pack["object_key"])
        if path is not None and not await asyncio.to_thread(cut, path, pack["kept"]):
            continue
        if path is None and not pack["kept"]:
            await objects.delete(pack["object_key"])
        sealed.append(pack["id"])
    async with database.transaction() as db:
        await store.seal_packs(db, sealed, now)
    return len(sealed)
