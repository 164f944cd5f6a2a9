"""What hospitals have of a person that is not here: for the timeline around a task."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from crossread.access import ask as access
from crossread.access.ask import Asked
from crossread.access.model import Sight
from crossread.archive.model import Study, StudyState, study_id
from crossread.archive.read import day, moment
from crossread.hospitals.model import Endpoint, Reader
from crossread.patients import store as patients
from crossread.patients.model import Patient
from crossread.platform.database import Connection, Database
from crossread.platform.errors import CrossreadError, NotFound, Refused
from crossread.transfers.ask import archive_of
from crossread.transfers.find import Here, find
from crossread.transfers.ways import Find, Found, Question
from crossread.worklist.model import Task

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A study that sits in its hospital's archive, all or part of it."""

    study: Study  # as the archive would know it
    found: Found
    here: Here
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Silent:
    """A hospital that could not be asked, and why."""

    hospital_id: str
    sentence: str


async def elsewhere(
    database: Database, reader: Reader, task: Task, ask: Find, now: datetime
) -> tuple[list[Elsewhere], list[Silent]]:
    """What the rule of access lets this reader know of, newest first; and who did not answer.

    Each hospital is asked for its own number of the person, and only if the rule would let her see
    a study of that patient; what it names of other patients is left out. All is audited.
    """
    async with database.transaction() as db:
        asked = [
            (patient, endpoint)
            for patient in await _patients(db, reader, task, now)
            if (endpoint := await _archive(db, patient.hospital_id)) is not None
        ]
    answers = await asyncio.gather(
        *(_of(database, reader, task, patient, at, ask) for patient, at in asked)
    )
    found = [one for answer in answers if not isinstance(answer, Silent) for one in answer]
    silent = [answer for answer in answers if isinstance(answer, Silent)]
    asks = Asked(reader, task, Sight.CONTENT, "timeline")
    async with database.transaction() as db:
        decisions = await access.decisions(db, asks, [one.study for one in found], now)
        for one in found:
            await access.audit(db, asks, one.study, decisions[one.study.id])
    seen = [one for one in found if decisions[one.study.id].allowed]
    return sorted(seen, key=lambda one: one.found.study_date, reverse=True), silent


async def _patients(db: Connection, reader: Reader, task: Task, now: datetime) -> Sequence[Patient]:
    """The person's patients whose studies this reader may see."""
    if task.patient_id is None:
        return []
    same = await patients.patients_of_person(db, task.patient_id)
    probes = {patient.id: _as_study(patient, _nothing(patient), now) for patient in same}
    asks = Asked(reader, task, Sight.CONTENT, "timeline")
    decisions = await access.decisions(db, asks, list(probes.values()), now)
    return [patient for patient in same if decisions[probes[patient.id].id].allowed]


async def _archive(db: Connection, hospital_id: str) -> Endpoint | None:
    try:
        return await archive_of(db, hospital_id)
    except Refused:
        return None


async def _of(
    database: Database, reader: Reader, task: Task, patient: Patient, at: Endpoint, ask: Find
) -> list[Elsewhere] | Silent:
    try:
        standings = await find(
            database, at, Question(patient.number), ask, reader=reader, task_id=task.id
        )
    except CrossreadError as error:
        log.info("elsewhere.silent", endpoint=at.id, error=type(error).__name__)
        return Silent(patient.hospital_id, error.sentence)
    return [
        Elsewhere(_as_study(patient, one.found, task.made_at), one.found, one.here, at)
        for one in standings
        if one.here is not Here.ALL and _is_hers(one.found, patient)
    ]


def _is_hers(found: Found, patient: Patient) -> bool:
    issuer = found.issuer in {"", patient.issuer}
    return found.patient_number == patient.number and issuer


async def to_fetch(
    database: Database,
    reader: Reader,
    task: Task,
    study_instance_uid: str,
    ask: Find,
    now: datetime,
) -> Elsewhere:
    """The study that a reader wants here. Raises NotFound unless she may know of it."""
    found, _ = await elsewhere(database, reader, task, ask, now)
    for one in found:
        if one.study.study_instance_uid == study_instance_uid:
            return one
    raise NotFound("No hospital that answers has this study of this patient.")


def _nothing(patient: Patient) -> Found:
    return Found("", patient.number, patient.issuer, "", "", "", (), "", None)


def _as_study(patient: Patient, found: Found, now: datetime) -> Study:
    """The study as the archive would know it, for the rule of access."""
    named = found.study_instance_uid or str(patient.id)
    known = Study(
        id=study_id(patient.hospital_id, named),
        hospital_id=patient.hospital_id,
        study_instance_uid=found.study_instance_uid,
        state=StudyState.AT_REST,
        accession_number=found.accession_number,
        patient_number=patient.number,
        issuer=patient.issuer,
        patient_name=patient.name,
        birth_date=patient.birth_date,
        sex=patient.sex,
        study_at=None,
        description=found.description,
        modalities=found.modalities,
        body_part="",
        sending_application="",
        series_count=0,
        instance_count=found.instances or 0,
        bytes=0,
        first_received_at=now,
        last_received_at=now,
        rests=0,
        availability="nearline",
    )
    if day(found.study_date) is None:
        return known
    return replace(known, study_at=moment(found.study_date, found.study_time))
