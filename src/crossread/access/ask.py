"""Ask the rule of access about real studies: gather what it looks at, decide, audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crossread.access.model import AccessDenied, Decision, Ground, Known, Sight, decide
from crossread.archive.model import Study
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.consent import store as consents
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Agreement, Form, Reader
from crossread.patients import store as patients
from crossread.patients.model import patient_id
from crossread.platform.database import Connection
from crossread.worklist import eligibility
from crossread.worklist import store as tasks
from crossread.worklist.model import Task


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, around which task, and for how much."""

    reader: Reader
    task: Task | None
    sight: Sight
    action: str  # for the audit: 'list', 'timeline', 'images', 'report'


async def decisions(
    db: Connection, asked: Asked, studies: Sequence[Study], now: datetime
) -> dict[UUID, Decision]:
    """The answer for each study, by its id, in a fixed number of queries; none is audited yet."""
    patient_of = {study.id: _patient(study) for study in studies}
    known_consents = await consents.in_force(db, list(patient_of.values()), now)
    agreements = await hospitals.agreements_of(db, sorted({s.hospital_id for s in studies}), now)
    ground = await _ground(db, asked, now)
    persons = await _person(db, asked.task)
    answers = {}
    for study in studies:
        agreement = _agreement(agreements, asked, study)
        consent = known_consents.get(patient_of[study.id])
        answers[study.id] = decide(
            Known(
                roles=asked.reader.roles,
                sight=asked.sight,
                ground=_ground_for(asked, study, ground, patient_of[study.id] in persons),
                agreed=agreement is not None,
                needs_consent=agreement is None or agreement.needs_consent,
                consent=consent.decision if consent else None,
                form=agreement.form if agreement else Form.IDENTIFIED,
            )
        )
    return answers


async def require(db: Connection, asked: Asked, study: Study, now: datetime) -> Decision:
    """The answer for one study, audited; a no is for the caller to raise after its commit."""
    decision = (await decisions(db, asked, [study], now))[study.id]
    await audit(db, asked, study, decision)
    return decision


def enforce(decision: Decision) -> Decision:
    """The decision if it is a yes; raises AccessDenied if it is a no."""
    if not decision.allowed:
        raise AccessDenied(decision)
    return decision


async def audit(db: Connection, asked: Asked, study: Study, decision: Decision) -> None:
    """Write down who asked for which study, and the answer."""
    await record(
        db,
        Entry(
            action=asked.action,
            purpose=asked.task.purpose if asked.task else "own_file",
            subject_kind="study",
            subject_id=str(study.id),
            allowed=decision.allowed,
            reader_id=asked.reader.id,
            reader_hospital_id=asked.reader.hospital_id,
            patient_id=_patient(study),
            hospital_id=study.hospital_id,
            task_id=asked.task.id if asked.task else None,
            form=decision.form,
            reasons=(decision.reason,) if decision.reason else (),
            facts={"rule": decision.rule},
        ),
    )


async def _ground(db: Connection, asked: Asked, now: datetime) -> Ground:
    """What she has to do with the task itself."""
    if asked.task is None:
        return Ground.NONE
    lease = await tasks.lease(db, asked.task.id)
    if lease is not None and lease.holder == asked.reader.id and now < lease.ends_at:
        return Ground.TASK
    if not eligibility.reasons_against(asked.task, asked.reader):
        return Ground.OFFERED
    if await tasks.was_signed_by(db, asked.task.id, asked.reader.id):
        return Ground.READ
    return Ground.NONE


async def _person(db: Connection, task: Task | None) -> frozenset[UUID]:
    """Every patient that the task's patient certainly is."""
    if task is None or task.patient_id is None:
        return frozenset()
    return frozenset(p.id for p in await patients.patients_of_person(db, task.patient_id))


def _ground_for(asked: Asked, study: Study, ground: Ground, same_person: bool) -> Ground:
    if study.hospital_id == asked.reader.hospital_id:
        return Ground.OWN_FILE
    if asked.task is None or ground is Ground.NONE:
        return Ground.NONE
    if study.id == asked.task.study_id:
        return ground
    return Ground.PRIOR if same_person else Ground.NONE


def _agreement(agreements: Sequence[Agreement], asked: Asked, study: Study) -> Agreement | None:
    """The agreement under which her hospital may see this study.

    For the task's own study it must cover its kind of reading; a prior follows any agreement in
    force between the two hospitals, since what matters of it is not its modality.
    """
    between = [
        agreement
        for agreement in agreements
        if agreement.source_hospital_id == study.hospital_id
        and asked.reader.hospital_id in agreement.reading_hospital_ids
    ]
    task = asked.task
    if task is not None and study.id == task.study_id:
        between = [
            agreement
            for agreement in between
            if task.purpose in agreement.purposes
            and (not agreement.modalities or task.modality in agreement.modalities)
        ]
    return between[0] if between else None


def _patient(study: Study) -> UUID:
    return patient_id(study.hospital_id, study.issuer, study.patient_number)
