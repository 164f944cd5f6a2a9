"""MPPS: machines say what they do, and when they are done (PS3.4 F.7)."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

import structlog
from pydicom import Dataset
from pydicom.uid import UID, generate_uid
from pynetdicom import evt
from pynetdicom.dimse_primitives import N_CREATE, N_SET

from crossread.gateways.dicom.fault import fault
from crossread.orders.perform import Said, begin, change
from crossread.orders.step import StepFault, StepRefused

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

Answer = tuple[Dataset, Dataset | None]

SUCCESS, CANNOT_NOW = 0x0000, 0x0213
STATUS: dict[StepFault, int] = {  # PS3.7 Annex C, PS3.4 Table F.7.2-2
    StepFault.MISSING_ATTRIBUTE: 0x0120,
    StepFault.MISSING_VALUE: 0x0121,
    StepFault.INVALID_VALUE: 0x0106,
    StepFault.DUPLICATE: 0x0111,
    StepFault.UNKNOWN: 0x0112,
    StepFault.FINAL: 0x0110,
}
NO_LONGER = 0xA710  # Error ID that goes with 0110H when the step is final
MEANINGS: dict[int, str] = {
    SUCCESS: "written down; also for a repeat of the very same message",
    0x0106: "the status is not one that may come here",
    0x0110: "completed or discontinued: may no longer be updated (Error ID A710H)",
    0x0111: "another step is known under this SOP Instance UID",
    0x0112: "no step of this hospital is known under this SOP Instance UID",
    0x0120: "an attribute of type 1 is missing; Error Comment names it",
    0x0121: "an attribute of type 1 is empty; Error Comment names it",
    CANNOT_NOW: "crossread cannot write it down now; send it again",
}

log = structlog.get_logger(__name__)


def create_handler(desk: Desk) -> Callable[[evt.Event], Answer]:
    """The answer to each N-CREATE-RQ: a machine has begun."""

    def create(event: evt.Event) -> Answer:
        request = cast(N_CREATE, event.request)
        named = request.AffectedSOPInstanceUID
        uid = str(named or generate_uid())
        answer = _take(
            desk,
            event,
            lambda hospital: _begin(
                desk, _said(hospital, uid, event.attribute_list, request.AttributeList)
            ),
        )
        if named is not None:
            return answer, None
        given = Dataset()  # who names no instance is told which it became (PS3.7 10.1.5.1.4)
        given.AffectedSOPInstanceUID = UID(uid)
        return answer, given

    return create


def set_handler(desk: Desk) -> Callable[[evt.Event], Answer]:
    """The answer to each N-SET-RQ: a machine says more, or is done."""

    def change_step(event: evt.Event) -> Answer:
        request = cast(N_SET, event.request)
        uid = str(request.RequestedSOPInstanceUID)
        answer = _take(
            desk,
            event,
            lambda hospital: _change(
                desk, _said(hospital, uid, event.modification_list, request.ModificationList)
            ),
        )
        return answer, None

    return change_step


def _take(
    desk: Desk, event: evt.Event, verb: Callable[[str], Coroutine[Any, Any, None]]
) -> Dataset:
    """Have what the caller says written down; the status that says how it went."""
    try:
        desk.ask(verb(desk.caller(event).hospital_id))
    except StepRefused as refusal:
        log.info("step.refused", reason=refusal.fault)
        answer = _status(STATUS[refusal.fault], refusal.sentence)
        if refusal.fault is StepFault.FINAL:
            answer.ErrorID = NO_LONGER
        return answer
    except Exception as error:
        log.error("step.failed", **fault(error))
        return _status(CANNOT_NOW, "crossread cannot write this down now; send it again")
    return _status(SUCCESS)


def _said(hospital_id: str, uid: str, content: Dataset, encoded: BytesIO | None) -> Said:
    digest = sha256(encoded.getvalue() if encoded else b"").hexdigest()
    return Said(hospital_id, uid, content, digest)


async def _begin(desk: Desk, said: Said) -> None:
    async with desk.database.transaction() as db:
        await begin(db, said, desk.clock())


async def _change(desk: Desk, said: Said) -> None:
    async with desk.database.transaction() as db:
        await change(db, said, desk.clock())


def _status(status: int, comment: str = "") -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:64]  # LO
    return answer
