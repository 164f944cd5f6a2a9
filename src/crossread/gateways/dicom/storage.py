"""C-STORE: an image comes in (PS3.4 Annex B)."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, cast

import structlog
from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_STORE

from crossread.archive.intake import Receiver
from crossread.archive.model import Announced, NotArchived, NotKept, Reason
from crossread.gateways.dicom.fault import fault
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
    Reason.ERASED: 0x0124,  # not authorised
}
OUT_OF_RESOURCES = 0xA700
PROCESSING_FAILURE = 0x0110  # ours: the sender keeps its copy, and tries again
# for the conformance statement
MEANINGS: dict[int, str] = {
    SUCCESS: "bytes and index are on disk",
    0x0111: "other content is known under this SOP Instance UID; the newcomer is in quarantine",
    0x0117: "UIDs that are none, that were announced otherwise, or that belong to another study",
    0x0119: "the SOP class is not the one that was announced",
    0x0124: "the study was erased here, and is not taken in again unless an operator allows it",
    0xA900: "a required UID is missing",
    0xC000: "not a data set in the agreed transfer syntax, or cut off",
    OUT_OF_RESOURCES: "the archive cannot keep anything now; send again",
    PROCESSING_FAILURE: "crossread cannot store now; send again",
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who stores."""

    hospital_id: str
    application: str  # its AE title


class Storing:
    """What one association stores, from the announcement of each instance to its status."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._hospital = "unknown"
        self._failure: Exception | None = None

    def begin(
        self, sender: Sender, *, transfer_syntax_uid: str, sop_class_uid: str, sop_instance_uid: str
    ) -> None:
        """An instance is about to come."""
        self._hospital, self._failure = sender.hospital_id, None
        announced = Announced(
            hospital_id=sender.hospital_id,
            sender=sender.application,
            transfer_syntax_uid=transfer_syntax_uid,
            sop_class_uid=sop_class_uid,
            sop_instance_uid=sop_instance_uid,
        )
        try:
            self._receiver.begin(announced)
        except Exception as error:  # the sender sends on all the same, and hears of it at the end
            self._failure = error

    def write(self, piece: bytes | memoryview) -> None:
        """The next bytes of its data set."""
        if self._failure is not None:
            return
        try:
            self._receiver.write(piece)
        except Exception as error:
            self._failure = error
            self.abandon()

    def finish(self) -> tuple[int, str]:
        """The status for C-STORE-RSP, and its comment; success only for what is on disk."""
        try:
            if self._failure is not None:
                raise self._failure
            outcome = self._receiver.finish()
        except Exception as error:  # whatever it is, the sender must not think that we have it
            return refusal(error, self._hospital)
        instance_received(self._hospital, outcome)
        return SUCCESS, ""

    def abandon(self) -> None:
        """The sender went away in the middle of an instance."""
        try:
            self._receiver.abandon()
        except Exception as error:
            log.error("instance.not_abandoned", hospital=self._hospital, **fault(error))

    def close(self) -> None:
        """The association has ended."""
        try:
            self._receiver.close()
        except Exception as error:  # what was acknowledged is kept; the sweep does the rest
            log.error("receiver.not_closed", hospital=self._hospital, **fault(error))


def refusal(error: Exception, hospital: str) -> tuple[int, str]:
    """Status and comment for what went wrong: the one place where errors become statuses."""
    match error:
        case NotArchived():
            instance_received(hospital, error.reason)
            log.info("instance.refused", hospital=hospital, reason=error.reason)
            return STATUS[error.reason], error.sentence
        case NotKept():
            instance_received(hospital, "failed")
            log.error("instance.not_kept", hospital=hospital, cause=error.cause)
            return OUT_OF_RESOURCES, error.sentence
    instance_received(hospital, "failed")
    log.error("instance.failed", hospital=hospital, **fault(error))
    if _is_full(error):
        return OUT_OF_RESOURCES, "crossread has no room now; send it again later"
    return PROCESSING_FAILURE, "crossread cannot store now; send it again"


def _is_full(error: BaseException) -> bool:
    """Whether a disk is full, ours or the database's (SQLSTATE class 53)."""
    full = isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
    return full or str(getattr(error, "sqlstate", "") or "").startswith("53")


def handler(desk: Desk) -> Callable[[evt.Event], Dataset]:
    """The answer to each C-STORE-RQ of an association that also does other things."""

    def store(event: evt.Event) -> Dataset:
        try:
            caller = desk.caller(event)
            storing = desk.storing.get(event.assoc)
            if storing is None:
                storing = desk.storing[event.assoc] = Storing(desk.intake.receiver())
        except Exception as error:
            return _answer(*refusal(error, "unknown"))
        request = cast(C_STORE, event.request)
        storing.begin(
            Sender(caller.hospital_id, caller.application),
            transfer_syntax_uid=str(event.context.transfer_syntax),
            sop_class_uid=str(request.AffectedSOPClassUID or ""),
            sop_instance_uid=str(request.AffectedSOPInstanceUID or ""),
        )
        storing.write(cast(BytesIO, request.DataSet).getbuffer())
        return _answer(*storing.finish())

    return store


def _answer(status: int, comment: str = "") -> Dataset:
    answer = Dataset()
    answer.Status = status
    if comment:
        answer.ErrorComment = comment[:64]  # LO
    return answer
