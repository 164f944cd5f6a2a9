"""Let a study say what is known today of its patient and its order; its bytes stay as they came."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol, TypeVar
from uuid import UUID

from crossread.archive.coerce import Corrections
from crossread.archive.model import ArchiveEvent, Study
from crossread.archive.read import day
from crossread.archive.store import corrections as store
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.platform.errors import CrossreadError

CORRECTABLE = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
)
LONGEST = 64  # characters

_Value = TypeVar("_Value", str, date | None)


class Known(Protocol):
    """A patient as her hospital knows her."""

    @property
    def hospital_id(self) -> str: ...
    @property
    def issuer(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def birth_date(self) -> date | None: ...
    @property
    def sex(self) -> str: ...


async def correct(db: Connection, study: Study, known: Corrections) -> None:
    """Know better than the images of a study: in what is found, and in what goes out."""
    await store.correct(db, study, known)
    await events.append(
        db,
        ArchiveEvent.CORRECTED,
        study.id,
        hospital_id=study.hospital_id,
        facts={"source": known.source, "corrected": sorted(known.values())},
    )


async def correct_by_hand(
    db: Connection,
    study: Study,
    told: Mapping[str, str],
    *,
    reason: str,
    by: UUID | None,
    now: datetime,
) -> None:
    """An administrator says what a study should have said, by DICOM keyword.

    Raises CrossreadError for what cannot be corrected, and without a reason.
    """
    if not reason.strip():
        raise CrossreadError("Say why it is corrected; the audit trail keeps it.")
    known = _told(told, now)
    if not known.values():
        raise CrossreadError("Say what is to be corrected.")
    await correct(db, study, known)
    if {"PatientID", "IssuerOfPatientID", "AccessionNumber"} & set(known.values()):
        await events.append(db, ArchiveEvent.REASSIGNED, study.id, hospital_id=study.hospital_id)
    await record(
        db,
        Entry(
            action="correct",
            purpose="administration",
            subject_kind="study",
            subject_id=str(study.id),
            allowed=True,
            reader_id=by,
            reader_hospital_id=study.hospital_id,
            hospital_id=study.hospital_id,
            facts={"corrected": sorted(known.values()), "reason": reason.strip()},
        ),
    )


def _told(told: Mapping[str, str], now: datetime) -> Corrections:
    for keyword, value in told.items():
        if keyword not in CORRECTABLE:
            raise CrossreadError(f"Only {', '.join(CORRECTABLE)} can be corrected.")
        if len(value) > LONGEST or "\\" in value or not value.isprintable():
            raise CrossreadError(f"The {keyword} is too long, or has characters it cannot have.")
    born = day(told["PatientBirthDate"]) if "PatientBirthDate" in told else None
    if "PatientBirthDate" in told and born is None:
        raise CrossreadError("The birth date is not of the form 19500131.")
    if told.get("PatientSex", "") not in {"", "M", "F", "O"}:
        raise CrossreadError("The sex is M, F or O.")
    return Corrections(
        corrected_at=now,
        source="administrator",
        patient_number=told.get("PatientID"),
        issuer=told.get("IssuerOfPatientID"),
        patient_name=told.get("PatientName"),
        birth_date=born,
        sex=told.get("PatientSex"),
        accession_number=told.get("AccessionNumber"),
    )


async def follow_patient(db: Connection, before: Known, now_known: Known, now: datetime) -> int:
    """The hospital says other things of a patient than before: her studies follow; how many did.

    Only those that said the same as was known of her then. A study that said something else may
    be of somebody else, and is left for people to look at.
    """
    studies = await store.studies_of_patient(db, before.hospital_id, before.issuer, before.number)
    followed = 0
    for study in studies:
        told = Corrections(
            corrected_at=now,
            source="registry",
            patient_name=_changed(study.patient_name, before.name, now_known.name),
            birth_date=_changed(study.birth_date, before.birth_date, now_known.birth_date),
            sex=_changed(study.sex, before.sex, now_known.sex),
        )
        if told.values() and _agrees(study, before):
            await correct(db, study, told)
            followed += 1
    return followed


async def follow_merge(db: Connection, gone: Known, surviving: Known, now: datetime) -> int:
    """The hospital made one patient of two: all studies of the old number are hers now."""
    studies = await store.studies_of_patient(db, gone.hospital_id, gone.issuer, gone.number)
    for study in studies:
        await adopt(db, study, surviving, now)
    return len(studies)


async def adopt(db: Connection, study: Study, surviving: Known, now: datetime) -> None:
    """A study of a number that was merged is the surviving patient's."""
    told = Corrections(
        corrected_at=now,
        source="merge",
        patient_number=_other(study.patient_number, surviving.number),
        issuer=_other(study.issuer, surviving.issuer),
        patient_name=_other(study.patient_name, surviving.name),
        birth_date=_other(study.birth_date, surviving.birth_date),
        sex=_other(study.sex, surviving.sex),
    )
    if told.values():
        await correct(db, study, told)


def _agrees(study: Study, patient: Known) -> bool:
    """Whether what a study says of its patient is what was known of her."""
    pairs = (
        (study.patient_name, patient.name),
        (study.birth_date, patient.birth_date),
        (study.sex, patient.sex),
    )
    return all(_same(said, was) or not said or not was for said, was in pairs)


def _changed(said: _Value, was: _Value, now: _Value) -> _Value | None:
    """What the registry says now, where it said something else before."""
    return None if _same(was, now) else _other(said, now)


def _other(said: _Value, now: _Value) -> _Value | None:
    return now if now and not _same(said, now) else None


def _same(one: object, other: object) -> bool:
    """Whether two values mean the same; scanners write names in capitals, registries do not."""
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold().rstrip("^ ") == other.casefold().rstrip("^ ")
    return one == other
