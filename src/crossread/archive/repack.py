"""Make few packs of many small ones, and packs without holes of those that have some.

A new pack is written and synced, then all rows are switched to it in one transaction; the old
objects go a while later, so that nobody who reads from them is cut off. A crash before the switch
leaves a pack in which nothing lies, which the sweep removes.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from crossread.archive import store
from crossread.archive.checksum import running
from crossread.archive.model import Instance
from crossread.archive.pack import Pack
from crossread.archive.retrieve import Damaged, announce_damaged
from crossread.archive.store import repack as packs
from crossread.platform.clock import Clock
from crossread.platform.database import Database, Row
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects

SMALL = 64 << 20  # bytes; of packs below it a study needs but one
PACK_AT_MOST = 1 << 30  # bytes of a new one
PIECE = 8 << 20  # bytes copied at once
AT_ONCE = 100  # studies
HOLES_AT_MOST = 0.2  # of a pack

log = structlog.get_logger(__name__)


class _Moved(Exception):
    """Somebody else moved these instances, or swept the new pack, in the meantime."""


async def repack(
    database: Database, objects: Objects, study_id: UUID, clock: Clock, *, spool: Path
) -> int:
    """Put the packs of a study at rest in order; how many old ones are gone.

    What is damaged, and whatever lies beside it in a pack, stays where it is: it is announced.
    """
    async with database.transaction() as db:
        chosen = _worth_it(await packs.sealed(db, study_id))
        instances = await packs.inside(db, chosen)
    folder = (objects.folder or spool).resolve()
    for batch in _batches(instances):
        try:
            await _rewrite(database, objects, batch, clock, folder)
        except Damaged:
            return 0
        except _Moved:
            log.info("pack.moved_meanwhile", study=str(study_id))
            return 0
    async with database.transaction() as db:
        await store.locked_study(db, study_id)
        return await packs.drop_empty(db, chosen, clock())


async def mend_holes(database: Database, objects: Objects, clock: Clock, *, spool: Path) -> int:
    """Put in order the packs of studies of which something was taken out; how many are gone."""
    async with database.transaction() as db:
        studies = await packs.with_holes(db, HOLES_AT_MOST, AT_ONCE)
    return sum([await repack(database, objects, one, clock, spool=spool) for one in studies])


def _worth_it(rows: Sequence[Row]) -> list[UUID]:
    """Packs that are mostly holes or empty, and small ones where there are several."""
    holed = {row["id"] for row in rows if row["holes"] > HOLES_AT_MOST * row["bytes"]}
    small = {row["id"] for row in rows if row["bytes"] < SMALL}
    chosen = holed | (small if len(small) > 1 else set())
    return sorted(chosen)


def _batches(instances: Sequence[Instance]) -> Iterator[list[Instance]]:
    """What goes into each new pack."""
    batch: list[Instance] = []
    size = 0
    for one in instances:
        if batch and size + one.bytes > PACK_AT_MOST:
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += one.bytes
    if batch:
        yield batch


async def _rewrite(
    database: Database, objects: Objects, batch: Sequence[Instance], clock: Clock, folder: Path
) -> None:
    first = batch[0]
    pack_id = uuid4()
    key = f"images/{first.hospital_id}/{str(first.study_id)[:2]}/{first.study_id}/{pack_id}"
    async with database.transaction() as db:
        await store.open_pack(db, pack_id, first.hospital_id, key, clock())
    pack = await asyncio.to_thread(Pack, pack_id, key, folder / key, folder)
    switched = False
    try:
        moved = [(one, await _copy(database, objects, one, pack)) for one in batch]
        await asyncio.to_thread(pack.sync)
        if objects.folder is None:
            await asyncio.to_thread(_put, objects, pack)
        async with database.transaction() as db:
            await store.locked_study(db, first.study_id)
            if not await packs.lock_new(db, pack_id):
                raise _Moved
            await store.fill_pack(db, pack_id, first.study_id)
            if await packs.move(db, pack_id, moved) != len(moved):
                raise _Moved
            await store.seal_packs(db, [pack_id], clock())
            pack.keep()
            switched = True
    finally:
        # an exception while committing leaves it unknown: the sweep looks what lies in it
        if switched and objects.folder is not None:
            pack.leave()
        else:
            pack.close(unlink=objects.folder is None)


async def _copy(database: Database, objects: Objects, one: Instance, pack: Pack) -> int:
    """Write an instance behind the last, seen to be whole; where its file starts."""
    assert one.object_key is not None  # noqa: S101 - it lies in a pack
    start, checksum, at = pack.pending, running(one.digest), 0
    while at < one.bytes:
        length = min(PIECE, one.bytes - at)
        try:
            piece = await objects.get_range(one.object_key, one.start + at, length)
        except NotFound:
            piece = b""
        if len(piece) < length:
            break
        checksum.update(memoryview(piece)[max(0, one.dataset_offset - at) :])
        await asyncio.to_thread(pack.write, piece)
        at += length
    if at < one.bytes or checksum.hexdigest() != one.digest:
        await announce_damaged(database, one)
        raise Damaged(one)
    return start


def _put(objects: Objects, pack: Pack) -> None:
    with pack.path.open("rb") as content:
        objects.put_file(pack.key, content)
