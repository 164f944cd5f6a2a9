"""C-MOVE and C-GET: images go back to the hospital that asks for its own (PS3.4 C.4.2, C.4.3).

The whole of both services is here, in place of pynetdicom's: that knows one association for a
C-MOVE, names itself as the one who asked, and converts only what was never compressed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import structlog
from pydicom import Dataset
from pynetdicom import evt
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.dsutils import encode

from crossread.archive import search
from crossread.archive.model import Instance
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.question import unique_keys
from crossread.gateways.dicom.suboperations import (
    CANCELLED,
    PENDING,
    Reader,
    Tally,
    failed_list,
    give,
)
from crossread.gateways.dicom.target import Target, Unopened, groups
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import DICOM_KINDS, Endpoint
from crossread.platform.errors import Unreadable

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

SUCCESS, TOO_MANY, UNKNOWN_DESTINATION = 0x0000, 0xA701, 0xA801
WRONG_IDENTIFIER, UNABLE = 0xA900, 0xC000
MATCHES_AT_MOST = 65_535  # the counts are of VR US
# for the conformance statement
MEANINGS: dict[int, str] = {
    PENDING: "sub-operations continue; the counts say how many are done",
    SUCCESS: "all sub-operations are complete; also when nothing matches",
    CANCELLED: "cancelled by C-CANCEL; the counts say how far it came",
    TOO_MANY: f"more than {MATCHES_AT_MOST} instances match; ask in parts",
    0xA702: "every sub-operation failed; FailedSOPInstanceUIDList names them",
    UNKNOWN_DESTINATION: "the destination is no system of the hospital that asks, or it does not"
    " answer",
    WRONG_IDENTIFIER: "the identifier lacks a level, or the unique key of that level",
    0xB000: "some sub-operations failed or had warnings; FailedSOPInstanceUIDList names them",
    UNABLE: "the request cannot be answered now",
}
UNIQUE = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}

log = structlog.get_logger(__name__)


class NotRetrieved(Exception):
    """Nothing is given; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04X}H")
        self.status = status


def move_handler(desk: Desk) -> Callable[[evt.Event], None]:
    """Answer each C-MOVE-RQ, to the last response."""

    def move(event: evt.Event) -> None:
        answers = Answers(event, C_MOVE)
        try:
            caller = desk.caller(event)
            to = (event.move_destination or "").strip()
            destination = desk.ask(_destination(desk, caller, to))
            if destination is None:
                raise NotRetrieved(UNKNOWN_DESTINATION)
            instances = desk.ask(asked_for(desk, caller, event.identifier, destination))
            tally = Tally(len(instances))
            target = Target(event, caller, destination)
            for group in groups(instances):
                with target.opened(group):
                    give(Reader(desk, group), target.stores, tally, answers)
                if answers.is_over:
                    break
            answers.finish(tally)
        except NotRetrieved as refusal:
            answers.refuse(refusal.status)
        except Unopened:
            answers.refuse(UNKNOWN_DESTINATION)
        except Exception as error:
            log.error("retrieve.failed", **fault(error))
            answers.refuse(UNABLE)

    return move


def get_handler(desk: Desk) -> Callable[[evt.Event], None]:
    """Answer each C-GET-RQ, to the last response."""

    def get(event: evt.Event) -> None:
        answers = Answers(event, C_GET)
        try:
            caller = desk.caller(event)
            instances = desk.ask(asked_for(desk, caller, event.identifier, caller))
            tally = Tally(len(instances))
            target = Target(event, caller, caller)
            target.use(event.assoc)
            give(Reader(desk, instances), target.stores, tally, answers)
            answers.finish(tally)
        except NotRetrieved as refusal:
            answers.refuse(refusal.status)
        except Exception as error:
            log.error("retrieve.failed", **fault(error))
            answers.refuse(UNABLE)

    return get


class Answers:
    """The responses to one C-MOVE-RQ or C-GET-RQ."""

    def __init__(self, event: evt.Event, kind: type[C_MOVE] | type[C_GET]) -> None:
        self._event = event
        self._association = event.assoc
        self._response = kind()
        self._response.MessageIDBeingRespondedTo = event.request.MessageID
        self._response.AffectedSOPClassUID = event.request.AffectedSOPClassUID

    @property
    def is_cancelled(self) -> bool:
        """Whether C-CANCEL came."""
        return bool(self._event.is_cancelled)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be given: it was cancelled, or the asker is gone."""
        return self.is_cancelled or not self._is_there

    @property
    def _is_there(self) -> bool:
        return (
            self._association.is_established
            and self._association.dul.is_alive()
            and self._association.dul.peek_next_pdu() is None
        )

    def progress(self, tally: Tally) -> None:
        """A Pending response, with the counts so far."""
        self._send(PENDING, tally, remaining=True)

    def finish(self, tally: Tally) -> None:
        """The last response; nobody hears it who is gone."""
        cancelled = self.is_cancelled and tally.remaining > 0
        status = CANCELLED if cancelled else tally.status
        self._send(status, tally, remaining=cancelled)

    def refuse(self, status: int) -> None:
        """The last response of a request of which nothing is done."""
        self._send(status, None, remaining=False)

    def _send(self, status: int, tally: Tally | None, *, remaining: bool) -> None:
        if not self._is_there:
            return
        response = self._response
        response.Status = status
        response.NumberOfRemainingSuboperations = tally.remaining if tally and remaining else None
        if tally is not None:
            response.NumberOfFailedSuboperations = tally.failed
            response.NumberOfWarningSuboperations = tally.warning
            response.NumberOfCompletedSuboperations = tally.completed
        named = tally is not None and status not in {PENDING, SUCCESS}
        response.Identifier = self._failures(tally) if tally and named else None
        context_id = self._event.context.context_id
        self._association.dimse.send_msg(response, context_id)

    def _failures(self, tally: Tally) -> BytesIO:
        syntax = self._event.context.transfer_syntax
        encoded = encode(
            failed_list(tally), syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated
        )
        return BytesIO(encoded or b"")


async def _destination(desk: Desk, caller: Endpoint, application: str) -> Endpoint | None:
    """Where to: only to a PACS or machine of the hospital that asks."""
    async with desk.database.transaction() as db:
        found = [
            one
            for kind in DICOM_KINDS
            for one in await hospitals.endpoints_by_application(db, kind, application)
        ]
    return next((one for one in found if one.hospital_id == caller.hospital_id), None)


async def asked_for(
    desk: Desk, caller: Endpoint, asked: Dataset, to: Endpoint
) -> Sequence[Instance]:
    """The caller's own instances that the unique keys of a request name.

    Raises NotRetrieved. What a rejection note hides is not given.
    """
    level = str(asked.get("QueryRetrieveLevel") or "").strip()
    if level not in UNIQUE or not asked.get(UNIQUE[level]):
        raise NotRetrieved(WRONG_IDENTIFIER)
    try:
        named = replace(unique_keys(asked), limit=MATCHES_AT_MOST + 1)
    except Unreadable as error:
        raise NotRetrieved(WRONG_IDENTIFIER) from error
    async with desk.database.transaction() as db:
        found = await search.instances(db, caller.hospital_id, named)
        await record(
            db,
            Entry(
                action="retrieve",
                purpose="own_file",
                subject_kind="study",
                subject_id=str(asked.get("StudyInstanceUID", "")),
                allowed=True,
                reader_hospital_id=caller.hospital_id,
                hospital_id=caller.hospital_id,
                facts={"instances": len(found), "to": to.application},
            ),
        )
    if len(found) > MATCHES_AT_MOST:
        raise NotRetrieved(TOO_MANY)
    return [one for one in found if not one.rejection]
