"""A load: what one courier carries in one go, and how its next one is chosen."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from crossread.platform.database import Connection
from crossread.transfers.announce import announce
from crossread.transfers.model import (
    Direction,
    Item,
    Rule,
    Transfer,
    TransferEvent,
    TransferState,
)
from crossread.transfers.store import items, transfers
from crossread.transfers.ways import Portion

SENT_AT_ONCE = 32  # images
FETCHED_AT_ONCE = 200  # images that are named one by one
LOOKED_AT = 1000  # waiting images


class Errand(StrEnum):
    """What a courier is sent for."""

    SEND = "send"
    LIST = "list"  # see which images the endpoint has
    FETCH = "fetch"
    COMMIT = "commit"


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """Images of one transfer in the hands of one courier."""

    errand: Errand
    transfer: Transfer
    items: tuple[Item, ...] = ()
    portion: Portion | None = None  # of a fetch
    stop: threading.Event = field(default_factory=threading.Event)


async def next_load(
    db: Connection, transfer: Transfer, rule: Rule, carried: Sequence[Load], now: datetime
) -> Load | None:
    """What a free courier takes of a transfer; a transfer of which nothing is left is ended."""
    if not transfer.listed:
        return None if carried else Load(Errand.LIST, transfer, portion=_whole(transfer))
    if transfer.direction is Direction.FETCH:
        await items.settle_arrived(db, transfer.id, transfer.hospital_id)
    besides = [one.sop_instance_uid for load in carried for one in load.items]
    match transfer.direction:
        case Direction.SEND:
            share = -(-transfer.left // rule.associations)
            at_once = min(SENT_AT_ONCE, max(1, share))
            found = await items.waiting(db, transfer.id, besides, at_once)
            load = Load(Errand.SEND, transfer, tuple(found)) if found else None
        case Direction.FETCH:
            load = await _fetch(db, transfer, carried, besides)
    if load is None and not carried:
        return await _last(db, transfer.id, now)
    return load


async def _fetch(
    db: Connection, transfer: Transfer, carried: Sequence[Load], besides: Sequence[str]
) -> Load | None:
    """A series that nobody fetches yet, or what is missing of it."""
    if transfer.total == 0:  # the endpoint does not say which images it has
        return None if carried else Load(Errand.FETCH, transfer, portion=_whole(transfer))
    busy = {load.portion.series_instance_uid for load in carried if load.portion}
    found = await items.waiting(db, transfer.id, besides, LOOKED_AT)
    free = [one for one in found if one.series_instance_uid not in busy]
    if not free:
        return None
    series = free[0].series_instance_uid
    chosen = [one for one in free if one.series_instance_uid == series]
    untouched = len(found) < LOOKED_AT and await items.series_untouched(db, transfer.id, series)
    named: tuple[str, ...] = ()
    if not untouched:
        chosen = chosen[:FETCHED_AT_ONCE]
        named = tuple(one.sop_instance_uid for one in chosen)
    classes = tuple(sorted({one.sop_class_uid for one in chosen}))
    portion = Portion(transfer.study_instance_uid, series, named, classes)
    return Load(Errand.FETCH, transfer, tuple(chosen), portion)


async def _last(db: Connection, transfer_id: UUID, now: datetime) -> Load | None:
    """What is left when every image arrived or failed: commitment, or the end."""
    transfer = await transfers.one(db, transfer_id)
    if transfer.commits:
        wanted = await items.uncommitted(db, transfer.id)
        if wanted:
            return Load(Errand.COMMIT, transfer, tuple(wanted))
    await conclude(db, transfer, now)
    return None


async def conclude(db: Connection, transfer: Transfer, now: datetime, sentence: str = "") -> None:
    """End a transfer: failed when `sentence` says why, or when an image failed; else done."""
    if not sentence and transfer.failed:
        [first] = await items.failures(db, transfer.id, 1)
        sentence = f"{transfer.failed} of {transfer.total} images failed: {first.sentence}"
    state = TransferState.FAILED if sentence else TransferState.DONE
    if await transfers.end(db, transfer.id, state, sentence, now):
        event = TransferEvent.FAILED if sentence else TransferEvent.DONE
        await announce(db, event, await transfers.one(db, transfer.id))


def _whole(transfer: Transfer) -> Portion:
    return Portion(transfer.study_instance_uid, transfer.series_instance_uid)
