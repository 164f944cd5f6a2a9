"""One C-FIND-RQ and its answers (PS3.4 C.4.1), whoever carries them over the wire."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydicom import Dataset
from pydicom.multival import MultiValue
from pydicom.uid import UID
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from crossread.archive import search
from crossread.archive.attributes import UNIQUE, Level
from crossread.archive.query import Match, Query, ask
from crossread.audit.model import Entry
from crossread.audit.record import record_blocking
from crossread.gateways.dicom import asked
from crossread.gateways.dicom.found import Answers
from crossread.gateways.dicom.pending import Pending
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
PAGES = (50, 100, 200, 400, 800)

FINDS: frozenset[str] = frozenset(
    {
        str(PatientRootQueryRetrieveInformationModelFind),
        str(StudyRootQueryRetrieveInformationModelFind),
    }
)
# PS3.4 table C.5-2: relational queries, combined dates and times, fuzzy names, time zone of the
# query, enhanced multi-frame conversion, empty values, multiple values
_NEGOTIABLE = bytes((1, 1, 1, 0, 0, 1, 1))
_COMBINED, _FUZZY = 1, 2


def agreed(asked: bytes) -> bytes:
    """What we answer to SOP class extended negotiation of a FIND (PS3.4 C.5.1.1.2)."""
    return bytes(want & can for want, can in zip(asked, _NEGOTIABLE, strict=False))


@dataclass(frozen=True, slots=True)
class Line:
    """Over what a question came: a presentation context, and who is at its ends."""

    caller: Endpoint
    ours: str  # the AE title that was called
    context: int
    model: str  # SOP class
    transfer_syntax: UID
    longest: int  # P-DATA-TF that the asker takes; 0: any
    extended: bytes = b""  # what was agreed


@dataclass(frozen=True, slots=True)
class Question:
    """A C-FIND-RQ that can be answered."""

    desk: Desk
    line: Line
    query: Query
    answers: Answers
    pending: Pending

    @classmethod
    def read(cls, desk: Desk, line: Line, message: int, content: bytes) -> Question:
        """Raises Unreadable for what is no query of its information model."""
        identifier = asked.read(content, line.transfer_syntax)
        level = _level(identifier.level, line.model)
        extended = line.extended.ljust(len(_NEGOTIABLE), b"\0")
        query = ask(
            level,
            identifier.keys,
            wanted=("InstanceAvailability",) if level is not Level.PATIENT else (),
            fuzzy=bool(extended[_FUZZY]),
            combined=bool(extended[_COMBINED]),
            limit=PAGES[0],
        )
        fixed = {"QueryRetrieveLevel": level.value, "RetrieveAETitle": line.ours}
        return cls(
            desk,
            line,
            query,
            Answers(identifier, query.wanted, line.transfer_syntax, fixed),
            Pending(line.context, message, line.model, line.longest),
        )

    def pages(self) -> Iterator[tuple[list[Match], bool]]:
        """What fits, some at a time, and whether more may come; each page is looked up in turn."""
        query, given = self.query, 0
        while True:
            found = self._page(query, given)
            full = len(found) == query.limit
            if found:
                yield found, full
            if not full:
                return
            given += len(found)
            larger = next((size for size in PAGES if size > (query.limit or 0)), PAGES[-1])
            query = search.onward(query, found[-1], larger)

    def fragments(self, found: Sequence[Match]) -> list[bytes]:
        """The answers of a page, as values of PDVs."""
        lacking = set(self.query.unknown) - {"RetrieveAETitle"}
        status = PENDING_WITHOUT_KEYS if lacking else PENDING
        write, cut = self.answers.written, self.pending.fragments
        return [fragment for one in found for fragment in cut(status, write(one))]

    def _page(self, query: Query, before: int) -> list[Match]:
        """The next matches; how many are given by now is written down before they go out."""
        caller = self.line.caller
        with self.desk.database.blocking_transaction() as db:
            found = search.find_blocking(db, [caller.hospital_id], query)
            facts = {"rows": before + len(found), "calling": caller.application}
            record_blocking(db, self._entry(facts))
        return found

    def _entry(self, facts: dict[str, Any]) -> Entry:
        return Entry(
            action="query",
            purpose="own_file",
            subject_kind="query",
            subject_id=self.query.level.lower(),
            allowed=True,
            reader_hospital_id=self.line.caller.hospital_id,
            hospital_id=self.line.caller.hospital_id,
            facts=facts,
        )


def unique_keys(identifier: Dataset) -> Query:
    """What a C-MOVE or C-GET names, at whatever level (PS3.4 C.4.2.1.4.1). Raises Unreadable."""
    named: dict[str, list[str]] = {}
    for keyword in UNIQUE.values():
        value = identifier.get(keyword)
        if value:
            named[keyword] = (
                [str(one) for one in value] if isinstance(value, MultiValue) else [str(value)]
            )
    return ask(Level.IMAGE, named)


def _level(named: str, model: str) -> Level:
    """The level that is asked for. Raises Unreadable where the model has none of that name."""
    if named not in set(Level):
        raise Unreadable("Query/Retrieve Level (0008,0052) is not PATIENT, STUDY, SERIES or IMAGE.")
    if named == Level.PATIENT and model == StudyRootQueryRetrieveInformationModelFind:
        raise Unreadable("Study Root has no PATIENT level; ask in Patient Root.")
    return Level(named)
