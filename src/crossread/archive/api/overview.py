"""What is kept of a hospital, how fast it comes in, and whether it is whole."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from crossread.archive import scrub, search
from crossread.archive.api.guard import keeper, looked
from crossread.archive.attributes import Level
from crossread.archive.query import ask
from crossread.archive.store import damage, tally
from crossread.archive.store import overview as store
from crossread.hospitals.caller import Caller
from crossread.platform.http import On

router = APIRouter()


class Storage(BaseModel):
    """What is kept of one hospital; counted when studies come to rest."""

    hospital_id: str
    hospital_name: str
    studies: int
    instances: int
    bytes: int
    warn_bytes: int | None  # null, here and below: no limit
    limit_bytes: int | None
    retention_years: int | None  # null: for good
    holds: int  # legal holds in force
    damaged: int  # images
    quarantined: int  # waiting for somebody to look


class Stored(BaseModel):
    """What is kept, per hospital that the caller looks after: her own."""

    hospitals: list[Storage]


class Minute(BaseModel):
    """What came in within one minute."""

    minute: datetime
    instances: int
    bytes: int


class IntakeRate(BaseModel):
    """How fast images came in; a minute in which nothing came is not named."""

    now: datetime
    minutes: list[Minute]


class StudySearch(BaseModel):
    """What is looked for; what is empty is not asked."""

    patient_number: str = ""
    patient_name: str = ""
    accession_number: str = ""
    study_instance_uid: str = ""
    modality: str = ""
    days: str = Field("", description="20260101-20261231, or one side of it")
    availability: str = ""
    limit: int = Field(50, ge=1, le=500)
    offset: int = Field(0, ge=0, le=100_000)


class StudyShown(BaseModel):
    """A study in the list."""

    study_id: UUID
    study_instance_uid: str
    patient_number: str
    patient_name: str  # DICOM PN
    birth_date: date | None
    sex: str
    accession_number: str
    study_at: datetime | None
    description: str
    modalities: list[str]
    series_count: int
    instance_count: int
    bytes: int
    state: str  # arriving, at_rest
    availability: str  # online, nearline
    last_received_at: datetime
    cache_days: int | None  # null: kept as an archive
    evict_at: datetime | None
    corrected: bool
    damaged: bool
    on_hold: bool


class StudiesShown(BaseModel):
    """One page of studies, newest first."""

    studies: list[StudyShown]
    more: bool


class ScrubShown(BaseModel):
    """How far the reading again of everything is; of the whole installation."""

    paused: bool
    running: bool
    began_at: datetime | None
    ended_at: datetime | None  # the last full round
    packs_read: int
    packs: int
    bytes_read: int
    damaged: int  # found in this round


class DamagedShown(BaseModel):
    """An image that is not as it was received."""

    study_id: UUID
    study_instance_uid: str
    sop_instance_uid: str
    found_at: datetime


@router.get("/storage")
async def storage(on: On, caller: Caller) -> Stored:
    """What is kept of the caller's hospital."""
    keeper(caller)
    async with on.database.transaction() as db:
        row = await store.storage(db, caller.hospital_id)
    return Stored(hospitals=[Storage(**row)])


@router.get("/intake")
async def intake(
    on: On, caller: Caller, hours: Annotated[int, Query(ge=1, le=168)] = 3
) -> IntakeRate:
    """How fast images of the caller's hospital came in, by the minute."""
    keeper(caller)
    now = on.clock()
    async with on.database.transaction() as db:
        rows = await tally.by_minute(db, caller.hospital_id, now - timedelta(hours=hours))
    return IntakeRate(now=now, minutes=[Minute(**row) for row in rows])


@router.post("/studies/search")
async def studies(on: On, caller: Caller, wish: StudySearch) -> StudiesShown:
    """Studies of the caller's hospital; names match from their start, and `*` stands for any.

    Asked in a body: an address is written down in too many places to name a patient.
    """
    keeper(caller)
    asked = {
        "PatientID": wish.patient_number,
        "PatientName": wish.patient_name and wish.patient_name.rstrip("*") + "*",
        "AccessionNumber": wish.accession_number,
        "StudyInstanceUID": wish.study_instance_uid,
        "ModalitiesInStudy": wish.modality,
        "StudyDate": wish.days,
        "InstanceAvailability": wish.availability.upper(),
    }
    given = {keyword: value for keyword, value in asked.items() if value}
    query = ask(Level.STUDY, given, limit=wish.limit + 1, offset=wish.offset)
    async with on.database.transaction() as db:
        found = await search.find(db, [caller.hospital_id], query)
        rows = await store.shown(db, [one.study_id for one in found[: wish.limit]])
        await looked(
            db, caller, "query", "studies", caller.hospital_id, keys=sorted(given), rows=len(rows)
        )
    return StudiesShown(studies=[StudyShown(**row) for row in rows], more=len(found) > wish.limit)


@router.get("/scrub")
async def scrubbing(on: On, caller: Caller) -> ScrubShown:
    """How far the reading again of everything is."""
    keeper(caller)
    far = await scrub.progress(on.database)
    return ScrubShown(
        paused=far.paused,
        running=far.running,
        began_at=far.began_at,
        ended_at=far.ended_at,
        packs_read=far.packs_read,
        packs=far.packs,
        bytes_read=far.bytes_read,
        damaged=far.damaged,
    )


@router.get("/damaged")
async def damaged(
    on: On, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[DamagedShown]:
    """Images of the caller's hospital that are not as they were received, last found first."""
    keeper(caller)
    async with on.database.transaction() as db:
        rows = await damage.damaged(db, caller.hospital_id, limit)
    return [DamagedShown(**row) for row in rows]
