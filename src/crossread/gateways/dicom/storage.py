"""C-STORE: an image comes in (PS3.4 Annex B)."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, cast

import structlog
from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_STORE

from crossread.archive.intake import Receiver
from crossread.archive.model import Announced, NotArchived, NotKept, Outcome, Reason
from crossread.gateways.dicom.fault import fault
from crossread.hospitals.model import Endpoint
from crossread.platform.telemetry import instance_received

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

SUCCESS = 0x0000
# PS3.7 Annex C, PS3.4 Table B.2-1: what each refusal is in C-STORE-RSP
STATUS: dict[Reason, int] = {
    Reason.NOT_DICOM: 0xC000,  # cannot understand
    Reason.TRUNCATED: 0xC000,
    Reason.UNKNOWN_CHARACTERS: 0xC000,
    Reason.UNSUPPORTED: 0xC000,
    Reason.MISSING_UID: 0xA900,  # data set does not match SOP class
    Reason.WRONG_VALUE: 0x0117,  # invalid object instance
    Reason.OTHER_CLASS: 0x0119,  # class-instance conflict
    Reason.OTHER_CONTENT: 0x0111,  # duplicate SOP instance
    Reason.OTHER_STUDY: 0x0117,
}
OUT_OF_RESOURCES = 0xA700
PROCESSING_FAILURE = 0x0110  # ours: the sender keeps its copy, and tries again
# for the conformance statement
MEANINGS: dict[int, str] = {
    SUCCESS: "bytes and index are on disk",
    0x0111: "other content is known under this SOP Instance UID; the newcomer is in quarantine",
    0x0117: "UIDs that are none, that were announced otherwise, or that belong to another study",
    0x0119: "the SOP class is not the one that was announced",
    0xA900: "a required UID is missing",
    0xC000: "not a data set in the agreed transfer syntax, or cut off",
    OUT_OF_RESOURCES: "the archive cannot keep anything now; send again",
    PROCESSING_FAILURE: "crossread cannot store now; send again",
}

log = structlog.get_logger(__name__)


def handler(desk: Desk) -> Callable[[evt.Event], Dataset]:
    """The answer to each C-STORE-RQ: success only for what is on disk."""

    def store(event: evt.Event) -> Dataset:
        hospital = "unknown"
        try:
            caller = desk.caller(event)
            hospital = caller.hospital_id
            if event.assoc not in desk.receivers:
                desk.receivers[event.assoc] = desk.intake.receiver()
            outcome = _receive(desk.receivers[event.assoc], event, caller)
        except NotArchived as refusal:
            instance_received(hospital, refusal.reason)
            log.info("instance.refused", hospital=hospital, reason=refusal.reason)
            return _answer(STATUS[refusal.reason], refusal.sentence)
        except NotKept as refusal:
            instance_received(hospital, "failed")
            log.error("instance.not_kept", hospital=hospital, cause=refusal.cause)
            return _answer(OUT_OF_RESOURCES, refusal.sentence)
        except Exception as error:  # whatever it is, the sender must not think that we have it
            instance_received(hospital, "failed")
            log.error("instance.failed", hospital=hospital, **fault(error))
            return _answer(PROCESSING_FAILURE, "crossread cannot store now; send it again")
        instance_received(hospital, outcome)
        return _answer(SUCCESS)

    return store


def ending(desk: Desk) -> Callable[[evt.Event], None]:
    """What is done when an association has ended, however it did."""

    def ended(event: evt.Event) -> None:
        receiver = desk.receivers.pop(event.assoc, None)
        if receiver is not None:
            receiver.close()

    return ended


def _receive(receiver: Receiver, event: evt.Event, caller: Endpoint) -> Outcome:
    request = cast(C_STORE, event.request)
    receiver.begin(
        Announced(
            hospital_id=caller.hospital_id,
            sender=caller.application,
            transfer_syntax_uid=str(event.context.transfer_syntax),
            sop_class_uid=str(request.AffectedSOPClassUID or ""),
            sop_instance_uid=str(request.AffectedSOPInstanceUID or ""),
        )
    )
    receiver.write(cast(BytesIO, request.DataSet).getbuffer())
    return receiver.finish()


def _answer(status: int, comment: str = "") -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:64]  # LO
    return answer
