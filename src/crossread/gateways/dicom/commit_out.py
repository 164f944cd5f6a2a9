"""Storage commitment as SCU: ask a PACS to take responsibility, and hear what it says.

Its N-EVENT-REPORT comes on the association that asked, or in one that the PACS opens to our
listener (PS3.4 J.3.3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog
from pydicom import Dataset
from pynetdicom import evt

from crossread.gateways.dicom import speech
from crossread.gateways.dicom.call import Call, Caller
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.find_out import SYNTAXES, decoded, encoded
from crossread.gateways.dicom.propose import Wanted
from crossread.gateways.dicom.speech import RESPONSE, Field
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import NotFound, Refused, Unreachable
from crossread.transfers.commitment import answered
from crossread.transfers.model import Item
from crossread.transfers.ways import Committed

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

SOP_CLASS = "1.2.840.10008.1.20.1"
WELL_KNOWN = "1.2.840.10008.1.20.1.1"
_REQUEST = 1  # Action Type ID
STAYS = 5.0  # seconds that we hold the line for the report
SUCCESS, NOT_ASKED, CANNOT_NOW = 0x0000, 0x0110, 0x0213
# for the conformance statement
MEANINGS: dict[int, str] = {
    SUCCESS: "what the report says is written down",
    NOT_ASKED: "nothing was asked under its Transaction UID, or it cannot be written down now",
}

log = structlog.get_logger(__name__)


async def commit(
    endpoint: Endpoint, transaction_uid: str, items: Sequence[Item], caller: Caller
) -> Committed | None:
    """Ask; the answer if it comes on this association. Raises Unreachable, Refused."""
    return await asyncio.to_thread(_commit, endpoint, transaction_uid, items, caller)


def _commit(
    endpoint: Endpoint, transaction_uid: str, items: Sequence[Item], caller: Caller
) -> Committed | None:
    call = Call.open(endpoint, [Wanted(SOP_CLASS, SYNTAXES)], caller)
    try:
        context = call.contexts[0]
        number = call.next_id()
        request = speech.action(number, SOP_CLASS, WELL_KNOWN, _REQUEST)
        call.say(context.id, request, encoded(_request(transaction_uid, items), context))
        accepted = False
        while True:
            try:
                message = call.hear(patience=STAYS if accepted else None)
            except Unreachable:
                if accepted:
                    return None  # it reports in an association of its own
                raise
            match message.heard.field:
                case Field.EVENT_REPORT_RQ:
                    call.say(message.context, speech.reported(message.heard, SUCCESS))
                    uid, answer = read(decoded(message.dataset, context))
                    if uid == transaction_uid:
                        return answer
                case field if field == Field.ACTION_RQ | RESPONSE:
                    _accepted(endpoint, message.heard.status)
                    accepted = True
    finally:
        call.release()


def handler(desk: Desk) -> Callable[[evt.Event], tuple[int, None]]:
    """The answer to each N-EVENT-REPORT of a PACS that we had asked."""

    def report(event: evt.Event) -> tuple[int, None]:
        try:
            caller = desk.caller(event)
            transaction_uid, answer = read(event.event_information)
            desk.ask(_write_down(desk, caller, transaction_uid, answer))
        except NotFound:
            return NOT_ASKED, None
        except Exception as error:  # it reports once more, or we ask once more
            log.error("commitment.not_written", **fault(error))
            return NOT_ASKED, None
        return SUCCESS, None

    return report


async def _write_down(
    desk: Desk, caller: Endpoint, transaction_uid: str, answer: Committed
) -> None:
    async with desk.database.transaction() as db:
        await answered(db, caller, transaction_uid, answer, desk.clock())


def read(content: Dataset) -> tuple[str, Committed]:
    """Transaction UID, and what a report says (PS3.4 Tables J.3-2 and J.3-3)."""
    kept = tuple(
        str(item.get("ReferencedSOPInstanceUID") or "")
        for item in content.get("ReferencedSOPSequence") or ()
    )
    failed = tuple(
        (str(item.get("ReferencedSOPInstanceUID") or ""), int(item.get("FailureReason") or 0))
        for item in content.get("FailedSOPSequence") or ()
    )
    return str(content.get("TransactionUID") or ""), Committed(kept, failed)


def _request(transaction_uid: str, items: Sequence[Item]) -> Dataset:
    asked = Dataset()
    asked.TransactionUID = transaction_uid
    asked.ReferencedSOPSequence = [_reference(one) for one in items]
    return asked


def _reference(one: Item) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID = one.sop_class_uid
    reference.ReferencedSOPInstanceUID = one.sop_instance_uid
    return reference


def _accepted(endpoint: Endpoint, status: int) -> None:
    name = endpoint.application
    if status == 0x0000 or status & 0xF000 == 0xB000:
        return
    if status in {0x0110, CANNOT_NOW}:
        raise Unreachable(f"{name} cannot commit now (status {status:04X}H).", cause=endpoint.id)
    raise Refused(f"{name} refuses to commit (status {status:04X}H).", reasons=(f"{status:04X}H",))
