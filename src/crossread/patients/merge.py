"""One patient of two numbers: her hospital found out that both are hers."""

from collections.abc import Sequence
from datetime import date, datetime

from crossread.archive.correct import follow_merge
from crossread.archive.store import holds
from crossread.hospitals import store as hospitals
from crossread.patients import store
from crossread.patients.model import Evidence, Patient, PatientEvent, patient_id
from crossread.patients.recognise import recognise
from crossread.platform import events
from crossread.platform.database import Connection


async def merge(
    db: Connection,
    *,
    hospital_id: str,
    issuer: str,
    number: str,
    bsn: str | None,
    name: str,
    birth_date: date | None,
    sex: str,
    gone: Sequence[tuple[str, str]],
    now: datetime,
) -> Patient:
    """The numbers in `gone` (issuer, number) are this patient's now, also for what comes later.

    Her studies under them say so in what is found and in what goes out; their bytes stay as they
    came. Legal holds follow. Saying it again changes nothing.

    Source: HL7 v2.5.1 3.3.40 (A40), 3.6.2 (what a merge means); IHE PIX (ITI-8), PAM (ITI-30).
    """
    own = await hospitals.own_issuer(db, hospital_id)
    await store.stand_alone(db, patient_id(hospital_id, issuer or own, number))
    survivor = await recognise(
        db,
        hospital_id=hospital_id,
        issuer=issuer,
        number=number,
        bsn=bsn,
        name=name,
        birth_date=birth_date,
        sex=sex,
        now=now,
    )
    for their_issuer, their_number in gone:
        old = await _known(db, hospital_id, their_issuer or own, their_number, now)
        if old.id == survivor.id:
            continue
        before = await store.surviving(db, old.id)
        if before is not None and before.id == survivor.id:
            continue
        await _merge(db, old, survivor, now)
    return survivor


async def _known(
    db: Connection, hospital_id: str, issuer: str, number: str, now: datetime
) -> Patient:
    """The patient of an old number; made where nothing came of her yet, since it still may."""
    key = patient_id(hospital_id, issuer, number)
    await store.lock(db, key)
    found = await store.found(db, key)
    if found is None:
        found = Patient(key, hospital_id, issuer, number, None, "", None, "", now)
        await store.save(db, found)
    return found


async def _merge(db: Connection, gone: Patient, survivor: Patient, now: datetime) -> None:
    await store.merge(db, gone.id, survivor.id)
    person = await store.person_of(db, survivor.id)
    if person is not None:
        await store.link(db, gone.id, person, Evidence.MERGED, now)
    await follow_merge(db, gone, survivor, now)
    await holds.move(
        db,
        gone.hospital_id,
        (gone.issuer, gone.number),
        (survivor.issuer, survivor.number),
    )
    await events.append(
        db,
        PatientEvent.MERGED,
        gone.id,
        hospital_id=gone.hospital_id,
        facts={"surviving_patient_id": str(survivor.id)},
    )
