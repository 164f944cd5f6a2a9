"""Put in order what receivers that died left behind, and lose nothing that was acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from crossread.archive import store
from crossread.archive.pack import cut
from crossread.archive.store import garbage
from crossread.platform.database import Database, Row
from crossread.platform.objects import Objects

AT_ONCE = 200  # packs
# Elsewhere than in a folder no lock says whether a receiver lives: a slow one has this long.
ELSEWHERE = timedelta(hours=6)
STRAY = timedelta(days=1)  # after which an object that no row names is nobody's
KINDS = ("images", "copies", "metadata", "imports")

log = structlog.get_logger(__name__)


async def sweep(database: Database, objects: Objects, now: datetime, *, younger: timedelta) -> int:
    """Seal each open pack older than `younger` whose receiver is gone; how many that were.

    Of each what nobody acknowledged is cut off. A living receiver holds its packs' locks, so that
    nothing is cut under its hands. What a dead one had on its way into the index is waited for, and
    from then on the pack takes nothing more, so that nothing is indexed that was cut.
    """
    age = younger if objects.folder is not None else max(younger, ELSEWHERE)
    sealed = 0
    async for pack in _open_packs(database, now - age):
        sealed += await _seal(database, objects, pack["id"], pack["object_key"], now)
    return sealed


async def remove_strays(database: Database, objects: Objects, now: datetime) -> int:
    """Remove objects that no row speaks of, such as what was written before a crash; how many."""
    removed = 0
    page: list[str] = []
    for kind in KINDS:
        async for one in objects.list(kind):
            if one.modified < now - STRAY:
                page.append(one.key)
            if len(page) == AT_ONCE:
                removed += await _remove(database, objects, page)
                page = []
    return removed + await _remove(database, objects, page)


async def _open_packs(database: Database, before: datetime) -> AsyncIterator[Row]:
    """Every open pack, also behind any number of those that living receivers hold."""
    after: tuple[datetime, UUID] | None = None
    while True:
        async with database.transaction() as db:
            page = await store.open_packs(db, before, after, AT_ONCE)
        for pack in page:
            yield pack
        if len(page) < AT_ONCE:
            return
        after = page[-1]["opened_at"], page[-1]["id"]


async def _seal(
    database: Database, objects: Objects, pack_id: UUID, object_key: str, now: datetime
) -> bool:
    async with database.transaction() as db:
        kept = await store.lock_open_pack(db, pack_id)
        if kept is None:
            return False
        path = objects.path(object_key)
        if path is not None:
            if not await asyncio.to_thread(cut, path, kept):
                return False
        elif not kept:
            # under the lock, so that nothing is put into it between; few bytes on the network
            await objects.delete(object_key)
        await store.seal_packs(db, [pack_id], now)
    return True


async def _remove(database: Database, objects: Objects, keys: list[str]) -> int:
    if not keys:
        return 0
    async with database.transaction() as db:
        strays = await garbage.unknown(db, keys)
    for key in strays:
        path = objects.path(key)
        if path is None:
            await objects.delete(key)
        elif not await asyncio.to_thread(cut, path, 0):
            continue
        log.warning("object.stray", key=key)
    return len(strays)
