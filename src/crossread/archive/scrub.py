"""Read everything that is kept again, slowly and for ever, to see that it is as it was received.

One reader for all, whichever worker it lives in; it can be seen and paused. What is damaged is
announced, and can be fetched again from its hospital.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crossread.archive.checksum import running
from crossread.archive.model import ArchiveEvent, Instance
from crossread.archive.retrieve import announce_damaged
from crossread.archive.store import damage
from crossread.archive.store import scrub as store
from crossread.platform import events
from crossread.platform.clock import Clock
from crossread.platform.database import Database, Row
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects

PIECE = 8 << 20  # bytes read at once
IDLE = 5.0  # seconds between looks whether there is something to read
_LOCK = "select pg_try_advisory_lock(hashtextextended('archive/scrub', 0)) as mine"


class Pace:
    """No more than so many bytes a second, over the time since the last look."""

    def __init__(self, bytes_per_second: float) -> None:
        self._rate, self._free_at = bytes_per_second, 0.0

    async def spend(self, size: int) -> None:
        """Wait until `size` more bytes are within the pace."""
        self._free_at = max(self._free_at, time.monotonic()) + size / self._rate
        await asyncio.sleep(max(0.0, self._free_at - time.monotonic()))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the scrub is."""

    paused: bool
    running: bool  # in the middle of a round
    began_at: datetime | None  # this round, or the last
    ended_at: datetime | None  # the last round that read everything
    packs_read: int
    packs: int
    bytes_read: int
    damaged: int  # found in this round


async def keep_scrubbing(
    database: Database, objects: Objects, clock: Clock, *, pace: Pace, every: timedelta
) -> None:
    """Scrub until cancelled; where another worker does so already, stand by for its end."""
    async with database.session() as alone:
        while True:
            row = await (await alone.execute(_LOCK)).fetchone()
            if row and row["mine"]:
                break
            await asyncio.sleep(IDLE)
        while True:
            if not await scrub_one(database, objects, clock, pace=pace, every=every):
                await asyncio.sleep(IDLE)
            await alone.execute("select 1")  # without its connection the lock is gone too


async def scrub_one(
    database: Database, objects: Objects, clock: Clock, *, pace: Pace, every: timedelta
) -> bool:
    """Read the next pack of a round, and begin one when it is time; False: nothing to read now."""
    async with database.transaction() as db:
        round_ = await store.state(db)
        if round_["paused"]:
            return False
        began = round_["began_at"]
        if not _under_way(round_):
            if not _is_time(round_, clock(), every):
                return False
            began = clock()
            await store.begin(db, began)
        pack_id = await store.next_pack(db, began)
        if pack_id is None:
            await store.end(db, clock())
            return False
        instances = await store.in_pack(db, pack_id)
    damaged = 0
    whole: dict[UUID, Instance] = {}
    for instance in instances:
        if await is_whole(objects, instance, pace):
            whole[instance.id] = instance
        else:
            await announce_damaged(database, instance)
            damaged += 1
    async with database.transaction() as db:
        size = sum(instance.bytes for instance in instances)
        await store.read(db, pack_id, size, damaged, clock())
        for mended in await damage.mended(db, list(whole)):
            one = whole[mended]
            facts = {"study_id": str(one.study_id), "sop_instance_uid": one.sop_instance_uid}
            await events.append(
                db, ArchiveEvent.MENDED, mended, hospital_id=one.hospital_id, facts=facts
            )
    return True


async def is_whole(objects: Objects, instance: Instance, pace: Pace) -> bool:
    """Whether the kept data set is what was received, read in pieces at a pace."""
    assert instance.object_key is not None  # noqa: S101 - it lies in a pack
    checksum = running(instance.digest)
    at, end = instance.start + instance.dataset_offset, instance.start + instance.bytes
    while at < end:
        length = min(PIECE, end - at)
        await pace.spend(length)
        try:
            piece = await objects.get_range(instance.object_key, at, length)
        except NotFound:
            return False
        if len(piece) < length:
            return False
        checksum.update(piece)
        at += length
    return checksum.hexdigest() == instance.digest


async def progress(database: Database) -> Progress:
    """How far it is."""
    async with database.transaction() as db:
        row = await store.state(db)
        began = row["began_at"]
        read, packs = await store.progress(db, began) if began else (0, 0)
    return Progress(
        paused=row["paused"],
        running=_under_way(row),
        began_at=began,
        ended_at=row["ended_at"],
        packs_read=read,
        packs=packs,
        bytes_read=row["bytes"],
        damaged=row["damaged"],
    )


def _under_way(round_: Row) -> bool:
    began, ended = round_["began_at"], round_["ended_at"]
    return began is not None and (ended is None or ended < began)


def _is_time(round_: Row, now: datetime, every: timedelta) -> bool:
    began, ended, asked = round_["began_at"], round_["ended_at"], round_["asked_at"]
    if began is None or ended is None:
        return True
    return bool(ended + every <= now or (asked is not None and asked > began))
