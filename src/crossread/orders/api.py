"""HTTP routes about what arrives: studies, orders without images, and the quarantine."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from crossread.archive import store as archive
from crossread.archive.model import StudyState
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller, need_role
from crossread.hospitals.model import Role
from crossread.orders import store
from crossread.platform.http import On

router = APIRouter(prefix="/api", tags=["arrivals"])


class StudyArrival(BaseModel):
    """A study as it comes in."""

    study_id: UUID
    hospital_id: str
    hospital_name: str
    study_instance_uid: str
    state: str
    instance_count: int
    series_count: int
    accession_number: str
    description: str
    modalities: list[str]
    first_received_at: datetime
    last_received_at: datetime
    matched: bool
    situation: str  # arriving, unmatched, matched


class Arrivals(BaseModel):
    """What came of late, and what is missing or was refused."""

    studies: list[StudyArrival]
    orders: list[dict[str, Any]]
    quarantine: list[dict[str, Any]]


@router.get("/arrivals")
async def arrivals(on: On, caller: Caller, limit: int = Query(100, ge=1, le=500)) -> Arrivals:
    """What came of late from the caller's hospital, newest first."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        hospital = await hospitals.hospital(db, caller.hospital_id)
        studies = await archive.studies(db, caller.hospital_id, limit)
        matched = await store.matched_among(db, [study.id for study in studies])
        waiting = await store.waiting(db, caller.hospital_id, limit)
        held = await archive.quarantined(db, caller.hospital_id, limit)
        await record(
            db,
            Entry(
                action="list",
                purpose="own_file",
                subject_kind="arrivals",
                subject_id=caller.hospital_id,
                allowed=True,
                reader_id=caller.id,
                reader_hospital_id=caller.hospital_id,
                hospital_id=caller.hospital_id,
                facts={"studies": len(studies), "quarantine": len(held)},
            ),
        )
    shown = []
    for study in studies:
        has_order = study.id in matched
        arriving = study.state is StudyState.ARRIVING
        situation = "arriving" if arriving else ("matched" if has_order else "unmatched")
        shown.append(
            StudyArrival(
                study_id=study.id,
                hospital_id=study.hospital_id,
                hospital_name=hospital.name,
                study_instance_uid=study.study_instance_uid,
                state=study.state,
                instance_count=study.instance_count,
                series_count=study.series_count,
                accession_number=study.accession_number,
                description=study.description,
                modalities=list(study.modalities),
                first_received_at=study.first_received_at,
                last_received_at=study.last_received_at,
                matched=has_order,
                situation=situation,
            )
        )
    return Arrivals(studies=shown, orders=list(waiting), quarantine=list(held))
