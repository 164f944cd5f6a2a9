"""Storage Commitment, push model: asked by N-ACTION, answered by N-EVENT-REPORT (PS3.4 J.3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

import structlog
from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import N_ACTION

from crossread.archive.commitment import Commitment, Reference, Told
from crossread.archive.store import commitments
from crossread.archive.vouch import ask, vouch
from crossread.delivery.model import DeliveryKind
from crossread.delivery.owe import owe
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.notice import Message, Notice, say
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.errors import Unreadable
from crossread.platform.objects import Objects

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

SOP_CLASS = "1.2.840.10008.1.20.1"
WELL_KNOWN = "1.2.840.10008.1.20.1.1"  # the one instance of the class (PS3.4 J.3.5)
REQUEST = 1  # Action Type ID
ALL_COMMITTED, SOME_FAILED = 1, 2  # Event Type ID
ASKED_AT_MOST = 100_000  # instances
STAYS = 0.4  # seconds without a release after which the asker is taken to wait for the answer
REPORT_TIMEOUT = 10.0  # seconds that it has to acknowledge the answer on its own association

SUCCESS, NO_SUCH_ACTION, NO_SUCH_INSTANCE, CANNOT_NOW = 0x0000, 0x0123, 0x0112, 0x0213
MISSING = 0x0120
MEANINGS: dict[int, str] = {
    SUCCESS: "the request is written down; N-EVENT-REPORT follows",
    NO_SUCH_INSTANCE: "the requested instance is not 1.2.840.10008.1.20.1.1",
    MISSING: "Transaction UID or Referenced SOP Sequence is missing",
    NO_SUCH_ACTION: "the action type is not 1",
    CANNOT_NOW: "crossread cannot write it down now; ask again",
}

log = structlog.get_logger(__name__)


def handler(desk: Desk) -> Callable[[evt.Event], tuple[Dataset, None]]:
    """The answer to each N-ACTION-RQ: the request is written down before we say so."""

    def act(event: evt.Event) -> tuple[Dataset, None]:
        request = cast(N_ACTION, event.request)
        if request.ActionTypeID != REQUEST:
            return _status(NO_SUCH_ACTION, "only action type 1 is known"), None
        if str(request.RequestedSOPInstanceUID) != WELL_KNOWN:
            return _status(NO_SUCH_INSTANCE, "ask the well-known instance"), None
        try:
            caller = desk.caller(event)
            transaction, asked = read(event.action_information)
            desk.commitments[event.assoc] = desk.ask(_ask(desk, caller, transaction, asked))
        except Unreadable as refusal:
            return _status(MISSING, refusal.sentence), None
        except Exception as error:
            log.error("commitment.failed", **fault(error))
            return _status(CANNOT_NOW, "crossread cannot write this down now; ask again"), None
        return _status(SUCCESS), None

    return act


def read(content: Dataset) -> tuple[str, list[Reference]]:
    """Transaction UID and references of a request (PS3.4 Table J.3-1). Raises Unreadable."""
    transaction = str(content.get("TransactionUID") or "")
    items = content.get("ReferencedSOPSequence") or ()
    references = [
        Reference(
            str(item.get("ReferencedSOPClassUID") or ""),
            str(item.get("ReferencedSOPInstanceUID") or ""),
        )
        for item in items
    ]
    if not transaction:
        raise Unreadable("Transaction UID is missing")
    if not references or not all(one.sop_instance_uid for one in references):
        raise Unreadable("Referenced SOP Sequence or a UID in it is missing")
    if len(references) > ASKED_AT_MOST:
        raise Unreadable(f"more than {ASKED_AT_MOST} instances; ask in parts")
    return transaction, list(dict.fromkeys(references))


async def _ask(desk: Desk, caller: Endpoint, transaction: str, asked: list[Reference]) -> UUID:
    async with desk.database.transaction() as db:
        return await ask(
            db,
            hospital_id=caller.hospital_id,
            endpoint_id=caller.id,
            transaction_uid=transaction,
            asked=asked,
            now=desk.clock(),
        )


def report(desk: Desk, association: Association) -> None:
    """Answer what was just asked on an association: on it while it is open, else in our own.

    Called in the association's own thread, right after N-ACTION-RSP.
    """
    commitment = desk.commitments.pop(association, None)
    if commitment is None:
        return
    looking = asyncio.run_coroutine_threadsafe(
        vouch(desk.database, desk.objects, commitment, desk.clock), desk.loop
    )
    since = time.monotonic()
    while _waits(association) and not (looking.done() and time.monotonic() - since >= STAYS):
        time.sleep(0.01)
    if not _waits(association):
        looking.add_done_callback(lambda _: _in_our_own(desk, commitment))
        return
    try:
        answered = looking.result()
        if _said(association, event_of(answered)):
            desk.ask(_told(desk, commitment))
            return
    except Exception as error:  # the worker answers what we could not
        log.error("commitment.not_reported", **fault(error))
        return
    _in_our_own(desk, commitment)


def _waits(association: Association) -> bool:
    """Whether the asker neither hangs up nor asks for more."""
    return (
        association.is_established
        and association.dul.is_alive()
        and association.dul.peek_next_pdu() is None
        and association.dimse.peek_msg() == (None, None)
    )


def _said(association: Association, notice: Notice) -> bool:
    patience = association.dimse_timeout
    association.dimse_timeout = REPORT_TIMEOUT
    try:
        return say(association, notice) == SUCCESS
    finally:
        association.dimse_timeout = patience


def _in_our_own(desk: Desk, commitment: UUID) -> None:
    asyncio.run_coroutine_threadsafe(
        owe_answer(desk.database, desk.objects, commitment, desk.clock), desk.loop
    )


async def _told(desk: Desk, commitment: UUID) -> None:
    async with desk.database.transaction() as db:
        await commitments.tell(db, commitment, Told.ASSOCIATION, desk.clock())


async def owe_answer(database: Database, objects: Objects, commitment: UUID, clock: Clock) -> None:
    """Put the answer in the outbox, where it stays until the asker acknowledges it; once."""
    async with database.transaction() as db:
        answered = await commitments.commitment(db, commitment)
        if answered.answer is None or not await commitments.tell(
            db, commitment, Told.OUTBOX, clock()
        ):
            return
        await owe(
            db,
            objects,
            endpoint=await hospitals.endpoint(db, answered.endpoint_id),
            kind=DeliveryKind.COMMITMENT,
            message_id=_message_id(answered, answered.asked_at),
            label=f"{len(answered.answer) - len(answered.failed)}/{len(answered.answer)}",
            content=event_of(answered).kept(),
            task_id=None,
            report_id=None,
            now=clock(),
        )


def _message_id(answered: Commitment, asked_at: datetime) -> str:
    """The same each time one asking is answered, another when it is asked again."""
    return f"{answered.id}/{asked_at.timestamp():.6f}"


def event_of(answered: Commitment) -> Notice:
    """What N-EVENT-REPORT says (PS3.4 Tables J.3-2 and J.3-3)."""
    content = Dataset()
    content.TransactionUID = answered.transaction_uid
    kept = [one for one in answered.answer or () if one.failure is None]
    if kept:
        content.ReferencedSOPSequence = [_reference(one.reference) for one in kept]
    if answered.failed:
        content.FailedSOPSequence = [_reference(one.reference) for one in answered.failed]
        for item, one in zip(content.FailedSOPSequence, answered.failed, strict=True):
            item.FailureReason = int(one.failure or 0)
    event = SOME_FAILED if answered.failed else ALL_COMMITTED
    return Notice(Message.EVENT_REPORT, SOP_CLASS, WELL_KNOWN, content, event)


def _reference(one: Reference) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = one.sop_class_uid
    item.ReferencedSOPInstanceUID = one.sop_instance_uid
    return item


def _status(status: int, comment: str = "") -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:64]  # LO
    return answer
