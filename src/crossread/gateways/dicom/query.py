"""C-FIND: what is in the archive (PS3.4 C.4.1), for the hospital that asks, of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import structlog
from pydicom import Dataset
from pydicom.multival import MultiValue
from pynetdicom import evt

from crossread.archive import store
from crossread.archive.model import StudyState
from crossread.archive.read import day
from crossread.archive.store import COLUMNS, Condition
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.dicom.fault import fault
from crossread.hospitals.model import Endpoint
from crossread.platform.database import Row

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

PENDING, CANCELLED = 0xFF00, 0xFE00
UNABLE, NO_SUCH_LEVEL = 0xC000, 0xA900
ANSWERS_AT_MOST = 5000
# for the conformance statement
MEANINGS: dict[int, str] = {
    PENDING: "one match; all keys that were asked for are supported or left out",
    0x0000: "no more matches",
    CANCELLED: "cancelled by C-CANCEL",
    NO_SUCH_LEVEL: "the identifier has no level of the information model",
    UNABLE: "the query cannot be answered now",
}
_LEVELS = frozenset({"PATIENT", "STUDY", "SERIES", "IMAGE"})
_UIDS = frozenset({"StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"})

log = structlog.get_logger(__name__)


def handler(desk: Desk) -> Callable[[evt.Event], Iterator[tuple[int, Dataset | None]]]:
    """The answers to each C-FIND-RQ."""

    def find(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        try:
            caller = desk.caller(event)
            ours = event.assoc.acceptor.ae_title.strip()
            asked = event.identifier
            level = str(asked.get("QueryRetrieveLevel", "")).strip()
            if level not in _LEVELS:
                yield NO_SUCH_LEVEL, None
                return
            rows = desk.ask(search(desk, caller, asked, level))
        except Exception as error:
            log.error("query.failed", **fault(error))
            yield UNABLE, None
            return
        for row in rows:
            if event.is_cancelled:
                yield CANCELLED, None
                return
            yield PENDING, answer(asked, level, row, ours)

    return find


async def search(desk: Desk, caller: Endpoint, asked: Dataset, level: str) -> list[Row]:
    """Look up what fits, and write down that it was asked."""
    async with desk.database.transaction() as db:
        rows = await store.find(
            db,
            caller.hospital_id,
            "STUDY" if level == "PATIENT" else level,
            conditions(asked),
            ANSWERS_AT_MOST,
        )
        await record(
            db,
            Entry(
                action="query",
                purpose="own_file",
                subject_kind="query",
                subject_id=level.lower(),
                allowed=True,
                reader_hospital_id=caller.hospital_id,
                hospital_id=caller.hospital_id,
                facts={"rows": len(rows), "calling": caller.application},
            ),
        )
    return _patients(rows) if level == "PATIENT" else rows


def conditions(asked: Dataset) -> list[Condition]:
    """Each key with a value as a condition (PS3.4 C.2.2.2)."""
    found = []
    for element in asked:
        keyword = element.keyword
        if keyword not in COLUMNS or element.value in (None, "", []):
            continue
        found += _condition(keyword, element.value)
    return found


def _condition(keyword: str, value: object) -> list[Condition]:
    many = [str(one) for one in value] if isinstance(value, MultiValue) else [str(value)]
    if keyword == "ModalitiesInStudy":
        return [Condition(keyword, "holds", many)]
    if keyword in {"StudyDate", "PatientBirthDate"}:
        return _range(keyword, many[0])
    if keyword not in _UIDS and any(mark in many[0] for mark in "*?"):
        if set(many[0]) == {"*"}:
            return []
        return [Condition(keyword, "like", _pattern(many[0]))]
    if keyword == "PatientName":
        return [Condition(keyword, "like", _pattern(many[0]))]
    return [Condition(keyword, "in", many)]


def _pattern(text: str) -> str:
    """DICOM wildcards as SQL's (PS3.4 C.2.2.2.4)."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%").replace("?", "_")


def _range(keyword: str, text: str) -> list[Condition]:
    """A date or range of dates (PS3.4 C.2.2.2.5)."""
    first, dash, last = text.partition("-")
    start: date | None = day(first)
    end: date | None = day(last) if dash else start
    found = []
    if start is not None:
        found.append(Condition(keyword, "from", start))
    if end is not None:
        found.append(Condition(keyword, "to", end))
    return found


def _patients(rows: list[Row]) -> list[Row]:
    once = {(row["issuer"], row["patient_number"]): row for row in rows}
    return list(once.values())


def answer(asked: Dataset, level: str, row: Row, ours: str) -> Dataset:
    """One match, with the keys that were asked for and that we know, to be had from `ours`."""
    known = _known(level, row)
    found = Dataset()
    found.SpecificCharacterSet = "ISO_IR 192"
    found.QueryRetrieveLevel = level
    for element in asked:
        keyword = element.keyword
        if keyword in {"SpecificCharacterSet", "QueryRetrieveLevel"} or not keyword:
            continue
        setattr(found, keyword, known.get(keyword, [] if element.VR == "SQ" else ""))
    found.RetrieveAETitle = ours
    found.InstanceAvailability = "ONLINE"
    for unique in _UNIQUE[level]:
        setattr(found, unique, known.get(unique, ""))
    return found


_UNIQUE = {
    "PATIENT": ("PatientID",),
    "STUDY": ("StudyInstanceUID",),
    "SERIES": ("StudyInstanceUID", "SeriesInstanceUID"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}


def _known(level: str, row: Row) -> dict[str, object]:
    at = row["study_at"]
    known: dict[str, object] = {
        "PatientID": row["patient_number"],
        "IssuerOfPatientID": row["issuer"],
        "PatientName": row["patient_name"],
        "PatientBirthDate": f"{row['birth_date']:%Y%m%d}" if row["birth_date"] else "",
        "PatientSex": row["sex"],
    }
    if level == "PATIENT":
        return known
    known |= {
        "StudyInstanceUID": row["study_instance_uid"],
        "StudyDate": f"{at:%Y%m%d}" if at else "",
        "StudyTime": f"{at:%H%M%S}" if at else "",
        "AccessionNumber": row["accession_number"],
        "StudyDescription": row["description"],
        "ModalitiesInStudy": list(row["modalities"]),
        "NumberOfStudyRelatedSeries": row["series_count"],
        "NumberOfStudyRelatedInstances": row["instance_count"],
        "StudyStatusID": "" if row["state"] == StudyState.ARRIVING else "COMPLETE",
    }
    if level == "STUDY":
        return known
    known |= {
        "SeriesInstanceUID": row["series_instance_uid"],
        "Modality": row["modality"],
        "SeriesNumber": "" if row["series_number"] is None else row["series_number"],
        "SeriesDescription": row["series_description"],
        "BodyPartExamined": row["series_body_part"],
        "NumberOfSeriesRelatedInstances": row["series_instances"],
    }
    if level == "SERIES":
        return known
    number = row["instance_number"]
    return known | {
        "SOPInstanceUID": row["sop_instance_uid"],
        "SOPClassUID": row["sop_class_uid"],
        "InstanceNumber": "" if number is None else number,
        "NumberOfFrames": row["frames"],
    }
