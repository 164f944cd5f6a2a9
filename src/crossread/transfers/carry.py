"""What a courier does with its load, over a way that it was given.

No transaction is open while anything goes over the network. What became of each image is written
down within a moment, so that it is not sent again whatever happens.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pydicom.uid import generate_uid

from crossread.archive import outgoing
from crossread.archive.model import Instance, study_id
from crossread.hospitals.model import Endpoint
from crossread.platform.clock import Clock
from crossread.platform.database import Connection, Database
from crossread.platform.errors import CrossreadError, Unreachable
from crossread.platform.objects import Objects
from crossread.transfers.announce import announce
from crossread.transfers.commitment import answered
from crossread.transfers.load import Load, conclude
from crossread.transfers.meter import Meter
from crossread.transfers.model import (
    ItemState,
    Outcome,
    Transfer,
    TransferEvent,
    is_uid,
    pause_after,
)
from crossread.transfers.store import items, transfers
from crossread.transfers.ways import Answer, Outlet, Source, Ways

WRITTEN_DOWN_EVERY = 0.25  # seconds
TOLD_EVERY = 1.0  # seconds between two events of one transfer
CARRIED_AT_MOST = 64 << 20  # bytes after which an urgent transfer gets its turn
REPORT_COMES_WITHIN = timedelta(minutes=10)  # after which commitment is asked for once more


@dataclass(frozen=True, slots=True)
class Ground:
    """What couriers stand on."""

    database: Database
    objects: Objects
    ways: Ways
    clock: Clock


class Teller:
    """Announces progress, of each transfer at most once a second."""

    def __init__(self) -> None:
        self._told: dict[UUID, float] = {}

    async def tell(self, db: Connection, transfer_id: UUID) -> None:
        """Announce how far it is, unless that was done a moment ago."""
        now = time.monotonic()
        if now - self._told.get(transfer_id, 0.0) < TOLD_EVERY:
            return
        self._told = {one: at for one, at in self._told.items() if now - at < 60}
        self._told[transfer_id] = now
        await announce(db, TransferEvent.PROGRESSED, await transfers.one(db, transfer_id))


class _Ledger:
    """Writes down what became of the images of one load."""

    def __init__(self, on: Ground, teller: Teller, transfer: Transfer) -> None:
        self._on, self._teller, self._transfer = on, teller, transfer
        self._outcomes: list[Outcome] = []
        self._written = time.monotonic()

    async def note(self, outcome: Outcome) -> None:
        """Write it down now or in a moment."""
        self._outcomes.append(outcome)
        if time.monotonic() - self._written > WRITTEN_DOWN_EVERY:
            await self.write()

    async def write(self) -> None:
        """Write down all that is noted."""
        outcomes, self._outcomes = self._outcomes, []
        self._written = time.monotonic()
        if not outcomes:
            return
        async with self._on.database.transaction() as db:
            await items.settle(db, self._transfer.id, outcomes)
            if any(one.state is ItemState.DONE for one in outcomes):
                await transfers.went_well(db, self._transfer.id)
            await self._teller.tell(db, self._transfer.id)


async def send(on: Ground, load: Load, outlet: Outlet, meter: Meter, teller: Teller) -> None:
    """Send the images of a load. Raises Unreachable; what was sent until then is written down."""
    uids = [one.sop_instance_uid for one in load.items]
    async with on.database.transaction() as db:
        instances = await items.kept(db, load.transfer.hospital_id, uids)
    ledger = _Ledger(on, teller, load.transfer)
    try:
        known = {one.sop_instance_uid for one in instances}
        for uid in sorted(set(uids) - known):
            await ledger.note(_failed(uid, "This image is not in the archive any more."))
        await outlet.prepare(instances)
        await _send_all(on, load, instances, outlet, meter, ledger)
    finally:
        await asyncio.shield(ledger.write())


async def _send_all(
    on: Ground,
    load: Load,
    instances: Sequence[Instance],
    outlet: Outlet,
    meter: Meter,
    ledger: _Ledger,
) -> None:
    carried, later = 0, ""
    async for instance, content in _contents(on, instances):
        if load.stop.is_set() or carried > CARRIED_AT_MOST:
            break
        uid = instance.sop_instance_uid
        if isinstance(content, CrossreadError):
            await ledger.note(_failed(uid, content.sentence))
            continue
        await asyncio.sleep(meter.wait(instance.bytes))
        try:
            answer = await outlet.send(instance, memoryview(content)[instance.dataset_offset :])
        except Unreachable as lost:  # an image that breaks every association must not stop all
            await _again(on, load, uid, lost.sentence, None)
            raise
        carried += instance.bytes
        if answer.again:
            later = answer.sentence
            await _again(on, load, uid, later, answer.status)
        else:
            await ledger.note(_outcome(instance, answer))
    if later:
        raise Unreachable(later)


async def _contents(
    on: Ground, instances: Sequence[Instance]
) -> AsyncIterator[tuple[Instance, bytes | CrossreadError]]:
    """The file of each as it goes out, or why it cannot be had; read ahead while all goes well."""
    given = 0
    try:
        async for instance, content in outgoing.stream(on.database, on.objects, instances):
            given += 1
            yield instance, content
    except CrossreadError:
        for instance in instances[given:]:
            try:
                found: bytes | CrossreadError = await outgoing.outgoing(
                    on.database, on.objects, instance
                )
            except CrossreadError as error:
                found = error
            yield instance, found


async def _again(on: Ground, load: Load, uid: str, sentence: str, status: int | None) -> None:
    async with on.database.transaction() as db:
        await items.try_again_or_fail(db, load.transfer.id, [uid], sentence, status)


async def look_up(on: Ground, load: Load, endpoint: Endpoint, source: Source) -> None:
    """See which images of a study the endpoint has. Raises Unreachable, Refused."""
    assert load.portion is not None  # noqa: S101 - so it is chosen
    transfer, wanted = load.transfer, load.portion
    found = await source.listed(wanted)
    study = study_id(transfer.hospital_id, transfer.study_instance_uid)
    async with on.database.transaction() as db:
        named = [one for one in found or () if is_uid(one.sop_instance_uid)]
        await items.add(db, transfer.id, named)
        await items.list_known_missing(db, transfer.id, study, wanted.series_instance_uid)
        await items.mark_listed(db, transfer.id)
        await items.settle_arrived(db, transfer.id, transfer.hospital_id)
        now = await transfers.one(db, transfer.id)
        if found is not None and now.total == 0:
            sentence = f"{endpoint.application} does not have this study."
            await conclude(db, now, on.clock(), sentence)


async def fetch(on: Ground, load: Load, endpoint: Endpoint, source: Source) -> None:
    """Have a portion of a study come in. Raises Unreachable, Refused."""
    assert load.portion is not None  # noqa: S101 - so it is chosen
    transfer = load.transfer
    ended = await source.fetch(load.portion, load.stop)
    sentence = ended.sentence or f"{endpoint.application} did not give this image."
    async with on.database.transaction() as db:
        if transfer.total == 0:
            await _take_what_came(on, db, load, sentence, completed=ended.completed)
            return
        if await items.settle_arrived(db, transfer.id, transfer.hospital_id):
            await transfers.went_well(db, transfer.id)
        if load.stop.is_set():
            return
        carried = [one.sop_instance_uid for one in load.items]
        left = await items.still_waiting(db, transfer.id, carried)
        if left:
            await items.try_again_or_fail(db, transfer.id, left, sentence, ended.status)
            at = on.clock() + pause_after(transfer.attempts + 1)
            await transfers.hold_back(db, transfer.id, sentence, at, on.clock())


async def _take_what_came(
    on: Ground, db: Connection, load: Load, sentence: str, *, completed: int
) -> None:
    """End a fetch of which nobody could say beforehand how many images it is."""
    transfer = load.transfer
    if load.stop.is_set():
        return
    study = study_id(transfer.hospital_id, transfer.study_instance_uid)
    if completed:
        await items.list_kept(db, transfer.id, study, transfer.series_instance_uid)
        await items.settle_arrived(db, transfer.id, transfer.hospital_id)
    now = await transfers.one(db, transfer.id)
    if now.total == 0:
        await conclude(db, now, on.clock(), sentence)


async def commit(on: Ground, load: Load, endpoint: Endpoint) -> None:
    """Ask the endpoint to take responsibility for what it was sent. Raises Unreachable, Refused.

    Its answer may come in an association of its own, minutes later; when it does not come, it is
    asked once more under another Transaction UID.
    """
    transaction_uid = generate_uid(prefix=None)
    async with on.database.transaction() as db:
        await transfers.save_transaction(db, load.transfer.id, transaction_uid)
        await transfers.wait_until(db, load.transfer.id, on.clock() + REPORT_COMES_WITHIN)
    try:
        answer = await on.ways.commit(endpoint, transaction_uid, load.items)
    except CrossreadError:
        async with on.database.transaction() as db:
            await transfers.wait_until(db, load.transfer.id, on.clock())
        raise
    if answer is not None:
        async with on.database.transaction() as db:
            await answered(db, endpoint, transaction_uid, answer, on.clock())


def _outcome(instance: Instance, answer: Answer) -> Outcome:
    state = ItemState.DONE if answer.kept else ItemState.FAILED
    size = instance.bytes if answer.kept else 0
    return Outcome(instance.sop_instance_uid, state, size, answer.status, answer.sentence)


def _failed(uid: str, sentence: str) -> Outcome:
    return Outcome(uid, ItemState.FAILED, sentence=sentence)
