"""HTTP routes of the consent register, for the privacy officer of a hospital."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.consent import register, store
from crossread.consent.model import Consent, Decision
from crossread.hospitals.caller import Caller, need_role
from crossread.hospitals.model import Role
from crossread.patients import store as patients
from crossread.patients.names import for_people
from crossread.platform.errors import NotFound
from crossread.platform.http import On

router = APIRouter(prefix="/api", tags=["consent"])


class ConsentOut(BaseModel):
    """What is known of a patient's permission."""

    decision: Decision
    source: str
    reason: str
    since: datetime


class PatientConsent(BaseModel):
    """A patient of the hospital, with her permission if anything is known of it."""

    patient_id: UUID
    number: str
    name: str
    birth_date: date | None
    consent: ConsentOut | None


class ConsentIn(BaseModel):
    """What she said."""

    decision: Decision
    reason: str = ""


@router.get("/patients")
async def patients_with_consent(
    on: On, caller: Caller, limit: int = Query(200, ge=1, le=1000)
) -> list[PatientConsent]:
    """The patients of the caller's hospital, last changed first, and what they permitted."""
    need_role(caller, Role.PRIVACY_OFFICER)
    async with on.database.transaction() as db:
        found = await patients.patients(db, caller.hospital_id, limit)
        known = await store.in_force(db, [one.id for one in found], on.clock())
        await record(
            db,
            Entry(
                action="list",
                purpose="administration",
                subject_kind="patients",
                subject_id=caller.hospital_id,
                allowed=True,
                reader_id=caller.id,
                reader_hospital_id=caller.hospital_id,
                hospital_id=caller.hospital_id,
                facts={"rows": len(found)},
            ),
        )
    return [
        PatientConsent(
            patient_id=one.id,
            number=one.number,
            name=for_people(one.name),
            birth_date=one.birth_date,
            consent=_shown(known.get(one.id)),
        )
        for one in found
    ]


@router.put("/patients/{patient_id}/consent")
async def record_consent(on: On, caller: Caller, patient_id: UUID, said: ConsentIn) -> ConsentOut:
    """Write down what a patient of the caller's hospital permitted or refused."""
    need_role(caller, Role.PRIVACY_OFFICER)
    async with on.database.transaction() as db:
        patient = await patients.patient(db, patient_id)
        if patient.hospital_id != caller.hospital_id:
            raise NotFound("Your hospital has no such patient.", cause=str(patient_id))
        consent = await register.record(
            db,
            hospital_id=patient.hospital_id,
            patient_id=patient_id,
            decision=said.decision,
            reason=said.reason,
            recorded_by=caller.id,
            now=on.clock(),
        )
        await record(
            db,
            Entry(
                action="consent",
                purpose="administration",
                subject_kind="patient",
                subject_id=str(patient_id),
                allowed=True,
                reader_id=caller.id,
                reader_hospital_id=caller.hospital_id,
                patient_id=patient_id,
                hospital_id=patient.hospital_id,
                facts={"decision": said.decision},
            ),
        )
    return ConsentOut(
        decision=consent.decision,
        source=consent.source,
        reason=consent.reason,
        since=consent.starts_at,
    )


def _shown(consent: Consent | None) -> ConsentOut | None:
    if consent is None:
        return None
    return ConsentOut(
        decision=consent.decision,
        source=consent.source,
        reason=consent.reason,
        since=consent.starts_at,
    )
