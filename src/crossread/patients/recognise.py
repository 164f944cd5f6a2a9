"""Know a patient of a hospital, and the person she is over all hospitals."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4

from crossread.archive.correct import follow_patient
from crossread.hospitals import store as hospitals
from crossread.patients import store
from crossread.patients.model import Evidence, Patient, PatientEvent, is_bsn, patient_id
from crossread.platform import events
from crossread.platform.database import Connection


async def recognise(
    db: Connection,
    *,
    hospital_id: str,
    issuer: str,
    number: str,
    bsn: str | None,
    name: str,
    birth_date: date | None,
    sex: str,
    now: datetime,
) -> Patient:
    """Write what a hospital's message says of its patient, and link her to a person.

    An empty field never overwrites a known one, and a BSN that fails the eleven test is not used.
    The same BSN links two patients only while nothing else contradicts it; otherwise a possible
    link is noted for people to look at, and nothing is joined. A link that what is told now
    contradicts, as when a wrong BSN is mended, is undone; one that a person made is left to people.
    Her studies follow what is told now, where they said what was known before. A number that was
    merged into another is that patient.

    Source: IHE PIX (ITI-8, ITI-30); Wabvpz (BSN as the identifier between care providers).
    """
    namespace = issuer or await hospitals.own_issuer(db, hospital_id)
    key = patient_id(hospital_id, namespace, number)
    await store.lock(db, key)
    known = await store.found(db, key)
    now_hers = await store.surviving(db, key)
    if now_hers is not None:  # what is said of a number that is gone changes nothing of hers
        return now_hers
    told = Patient(
        id=key,
        hospital_id=hospital_id,
        issuer=namespace,
        number=number,
        bsn=bsn if bsn and is_bsn(bsn) else None,
        name=name,
        birth_date=birth_date,
        sex=sex,
        updated_at=now,
    )
    patient = _merged(known, told)
    if known is not None and replace(patient, updated_at=known.updated_at) == known:
        return known
    await store.save(db, patient)
    if known is not None:
        await follow_patient(db, known, patient, now)
        await events.append(db, PatientEvent.CHANGED, key, hospital_id=hospital_id)
    await _link(db, patient, now)
    return patient


def contradict(one: Patient, other: Patient) -> bool:
    """Whether what is known of two patients cannot be of one person."""
    other_birth = bool(one.birth_date and other.birth_date and one.birth_date != other.birth_date)
    other_sex = bool(one.sex and other.sex and one.sex != other.sex)
    return other_birth or other_sex


def _merged(known: Patient | None, told: Patient) -> Patient:
    if known is None:
        return told
    return replace(
        told,
        bsn=told.bsn or known.bsn,
        name=told.name or known.name,
        birth_date=told.birth_date or known.birth_date,
        sex=told.sex or known.sex,
    )


async def _link(db: Connection, patient: Patient, now: datetime) -> None:
    """Link a patient to the person who has her BSN, or to a person of her own."""
    if patient.bsn is not None:
        await store.lock_bsn(db, patient.bsn)
    own = await _own_person(db, patient, now)
    if patient.bsn is None:
        return
    for other in await store.with_bsn(db, patient.bsn, patient.id):
        theirs = await store.person_of(db, other.id)
        if theirs is None or theirs == own:
            continue
        company = await store.of_person(db, theirs)
        if any(contradict(patient, one) for one in company) or await store.size_of(db, own) > 1:
            # two persons who each have a history are never made one without somebody looking
            await _note_possible(db, patient, other, now)
            continue
        await store.link(db, patient.id, theirs, Evidence.BSN, now)
        await _announce(db, patient, Evidence.BSN)
        own = theirs


async def _own_person(db: Connection, patient: Patient, now: datetime) -> UUID:
    """The person she is so far: a new one for a new patient, or one whom she cannot be any more."""
    own = await store.person_of(db, patient.id)
    if own is not None:
        others = [one for one in await store.of_person(db, own) if one.id != patient.id]
        against = [one for one in others if contradict(patient, one) or _other_bsn(patient, one)]
        if not against or await store.linked_by_hand(db, own):
            return own
        for other in against:
            if not _other_bsn(patient, other):
                await _note_possible(db, patient, other, now)
    person = uuid4()
    await store.make_person(db, person, now)
    await store.link(db, patient.id, person, Evidence.ALONE, now)
    await _announce(db, patient, Evidence.ALONE)
    return person


def _other_bsn(one: Patient, other: Patient) -> bool:
    return bool(one.bsn and other.bsn and one.bsn != other.bsn)


async def _note_possible(db: Connection, patient: Patient, other: Patient, now: datetime) -> None:
    """Write down, and tell once, that these two may be one person and it is not sure."""
    if await store.note_possible_link(db, patient.id, other.id, "bsn", now):
        await events.append(
            db,
            PatientEvent.POSSIBLE_LINK,
            patient.id,
            hospital_id=patient.hospital_id,
            facts={"other_patient_id": str(other.id)},
        )


async def _announce(db: Connection, patient: Patient, evidence: Evidence) -> None:
    await events.append(
        db,
        PatientEvent.RECOGNISED,
        patient.id,
        hospital_id=patient.hospital_id,
        facts={"evidence": evidence},
    )
