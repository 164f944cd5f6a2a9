"""Let a study say what is known today of its patient and its order; its bytes stay as they came."""

from datetime import date, datetime
from typing import Protocol

from crossread.archive.coerce import Corrections
from crossread.archive.model import ArchiveEvent, Study
from crossread.archive.store import corrections as store
from crossread.platform import events
from crossread.platform.database import Connection


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


async def follow_patient(db: Connection, before: Known, now_known: Known, now: datetime) -> int:
    """The hospital says other things of a patient than before: her studies follow; how many did.

    Only those that said the same as was known of her then. A study that said something else may
    be of somebody else, and is left for people to look at.
    """
    studies = await store.studies_of_patient(db, before.hospital_id, before.issuer, before.number)
    followed = 0
    for study in studies:
        if not _agrees(study, before):
            continue
        told = _differences(study, now_known, now, "registry")
        if told.values():
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
    told = _differences(study, surviving, now, "merge")
    if told.values():
        await correct(db, study, told)


def _agrees(study: Study, patient: Known) -> bool:
    """Whether what a study says of its patient is what was known of her."""
    pairs = (
        (study.patient_name, patient.name),
        (study.birth_date, patient.birth_date),
        (study.sex, patient.sex),
    )
    return all(said == was or not said or not was for said, was in pairs)


def _differences(study: Study, patient: Known, now: datetime, source: str) -> Corrections:
    return Corrections(
        corrected_at=now,
        source=source,
        patient_number=_other(study.patient_number, patient.number),
        issuer=_other(study.issuer, patient.issuer),
        patient_name=_other(study.patient_name, patient.name),
        birth_date=patient.birth_date if patient.birth_date != study.birth_date else None,
        sex=_other(study.sex, patient.sex),
    )


def _other(said: str, now: str) -> str | None:
    return now if now and now != said else None
