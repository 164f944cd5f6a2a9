"""C-FIND: what is in the archive (PS3.4 C.4.1), for the hospital that asks, of its own."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from crossread.archive import search
from crossread.archive.attributes import UNIQUE, Level
from crossread.archive.query import Match, Query, ask
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.identifier import Answers, asked_of
from crossread.gateways.dicom.pending import Pending
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Unreadable

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

# PS3.4 C.4.1.1.4; the second pending says that a key was left out, since the index lacks it
PENDING, PENDING_WITHOUT_KEYS, CANCELLED = 0xFF00, 0xFF01, 0xFE00
UNABLE, NOT_THIS_MODEL = 0xC000, 0xA900
# for the conformance statement
MEANINGS: dict[int, str] = {
    PENDING: "one match, with all keys that were asked for",
    PENDING_WITHOUT_KEYS: "one match; keys that the index does not hold are left out",
    0x0000: "no more matches",
    CANCELLED: "cancelled by C-CANCEL",
    NOT_THIS_MODEL: "no level of this information model, or a value that is no date, time or"
    " number; ErrorComment says which",
    UNABLE: "the query cannot be answered now",
}
# answers at a time: few first, so that who cancels early has cost little
PAGES = (50, 200, 1000)

# PS3.4 table C.5-2: relational queries, combined dates and times, fuzzy names, time zone of the
# query, enhanced multi-frame conversion, empty values, multiple values
_NEGOTIABLE = bytes((1, 1, 1, 0, 0, 1, 1))
_COMBINED, _FUZZY = 1, 2
_FINDS = frozenset(
    {
        str(PatientRootQueryRetrieveInformationModelFind),
        str(StudyRootQueryRetrieveInformationModelFind),
    }
)

log = structlog.get_logger(__name__)


def negotiated(event: Any) -> dict[UID, bytes]:
    """What we answer to SOP class extended negotiation (PS3.4 C.5.1.1.2)."""
    return {uid: _agreed(asked) for uid, asked in event.app_info.items() if str(uid) in _FINDS}


def _agreed(asked: bytes) -> bytes:
    return bytes(want & can for want, can in zip(asked, _NEGOTIABLE, strict=False))


def handler(desk: Desk) -> Callable[[evt.Event], Iterator[tuple[Any, Dataset | None]]]:
    """The answers to each C-FIND-RQ.

    They go out a page at a time, as bytes: pynetdicom, which sends the last status, would take
    longer to make an object of each than the archive takes to find it.
    """

    def find(event: evt.Event) -> Iterator[tuple[Any, Dataset | None]]:
        try:
            request = _Request.read(desk, event)
            for page in request.pages():
                if event.is_cancelled:
                    yield CANCELLED, None
                    return
                _send(event, request.pending, page)
                if not event.assoc.is_established:
                    return
        except Unreadable as error:
            yield _refusal(error), None
        except Exception as error:
            log.error("query.failed", **fault(error))
            yield UNABLE, None

    return find


def _send(event: evt.Event, pending: Pending, page: list[bytes]) -> None:
    """Send the fragments of a page."""
    dul = event.assoc.dul
    link = dul.socket
    if link is None:  # the association is gone, which its own thread will see
        return
    if not isinstance(link.socket, ssl.SSLSocket):
        link.send(pending.pdus(page))
        return
    # pynetdicom's thread may read at this moment, and of a TLS socket only one thread can make use
    for fragment in page:
        primitive = P_DATA()
        primitive.presentation_data_value_list.append((event.context.context_id, fragment))
        dul.send_pdu(primitive)


@dataclass(frozen=True, slots=True)
class _Request:
    """A C-FIND-RQ that can be answered."""

    desk: Desk
    caller: Endpoint
    query: Query
    answers: Answers
    pending: Pending

    @classmethod
    def read(cls, desk: Desk, event: Any) -> _Request:
        """Raises Unreadable for what is no query of its information model."""
        identifier, context = event.identifier, event.context
        level = _level(identifier, context.abstract_syntax)
        agreed = _extended(event)
        query = ask(
            level,
            asked_of(identifier),
            wanted=("InstanceAvailability",) if level is not Level.PATIENT else (),
            fuzzy=bool(agreed[_FUZZY]),
            combined=bool(agreed[_COMBINED]),
            limit=PAGES[0],
        )
        ours = event.assoc.acceptor.ae_title.strip()
        fixed = {"QueryRetrieveLevel": level.value, "RetrieveAETitle": ours}
        syntax = UID(context.transfer_syntax)
        longest = event.assoc.requestor.maximum_length
        return cls(
            desk,
            desk.callers[event.assoc],
            query,
            Answers(identifier, query.wanted, syntax, fixed),
            Pending(context.context_id, event.request.MessageID, context.abstract_syntax, longest),
        )

    def pages(self) -> Iterator[list[bytes]]:
        """The answers in fragments of messages, some answers at a time."""
        status = PENDING_WITHOUT_KEYS if self._lacking() else PENDING
        query, given = self.query, 0
        while True:
            found = self.desk.ask(self._page(query, given))
            given += len(found)
            if found:
                yield [
                    fragment
                    for one in found
                    for fragment in self.pending.fragments(status, self.answers.written(one))
                ]
            if len(found) < (query.limit or 0):
                return
            larger = next((size for size in PAGES if size > (query.limit or 0)), PAGES[-1])
            query = search.onward(query, found[-1], larger)

    def _lacking(self) -> bool:
        return bool(set(self.query.unknown) - {"RetrieveAETitle"})

    async def _page(self, query: Query, before: int) -> list[Match]:
        """The next matches; that it was asked is written down with the first, and the last."""
        async with self.desk.database.transaction() as db:
            if query.after is None and not (await hospitals.endpoint(db, self.caller.id)).active:
                raise PermissionError("this AE title is no longer known")
            found = await search.find(db, [self.caller.hospital_id], query)
            full = len(found) == query.limit
            if query.after is None or not full:
                facts = {"rows": before + len(found), "calling": self.caller.application}
                await record(db, self._entry(facts | ({"more": True} if full else {})))
        return found

    def _entry(self, facts: dict[str, Any]) -> Entry:
        return Entry(
            action="query",
            purpose="own_file",
            subject_kind="query",
            subject_id=self.query.level.lower(),
            allowed=True,
            reader_hospital_id=self.caller.hospital_id,
            hospital_id=self.caller.hospital_id,
            facts=facts,
        )


def _level(identifier: Dataset, model: str) -> Level:
    """The level that is asked for. Raises Unreadable where the model has none of that name."""
    named = str(identifier.get("QueryRetrieveLevel", "")).strip()
    if named not in set(Level):
        raise Unreadable("Query/Retrieve Level (0008,0052) is not PATIENT, STUDY, SERIES or IMAGE.")
    if named == Level.PATIENT and model == StudyRootQueryRetrieveInformationModelFind:
        raise Unreadable("Study Root has no PATIENT level; ask in Patient Root.")
    return Level(named)


def _extended(event: Any) -> bytes:
    """What was agreed on this association for this model."""
    asked = event.assoc.requestor.sop_class_extended.get(UID(event.context.abstract_syntax), b"")
    return _agreed(asked).ljust(len(_NEGOTIABLE), b"\0")


def _refusal(error: Unreadable) -> Dataset:
    """A status with its reason, which has no word of what was asked."""
    status = Dataset()
    status.Status = NOT_THIS_MODEL
    status.ErrorComment = error.sentence[:64]
    return status


def unique_keys(identifier: Dataset) -> Query:
    """What a C-MOVE or C-GET names, at whatever level (PS3.4 C.4.2.1.4.1). Raises Unreadable."""
    asked = asked_of(identifier)
    named = {keyword: asked[keyword] for keyword in UNIQUE.values() if keyword in asked}
    return ask(Level.IMAGE, named)
