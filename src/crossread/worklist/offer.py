"""Whether a study goes on offer, and to whom: order, identity, agreement, consent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crossread.archive.model import Study, StudyState
from crossread.consent.model import Consent, Decision
from crossread.hospitals.model import Agreement
from crossread.orders.model import Order
from crossread.patients.model import Patient, patient_id
from crossread.platform.database import Connection
from crossread.worklist import transition
from crossread.worklist.model import HeldBack, Move, Task, TaskState

_BLOCKING = frozenset(
    {HeldBack.NO_ORDER, HeldBack.ARRIVING, HeldBack.PATIENT_MISMATCH, HeldBack.REJECTED}
)


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that decides whether a task goes on offer."""

    study: Study
    order: Order | None
    patient: Patient  # as the hospital's own messages name her
    agreements: Sequence[Agreement]  # in force, of the hospital that made the images
    consent: Consent | None


def mismatch(study: Study, order: Order | None, patient: Patient) -> tuple[str, ...]:
    """In what the images name another patient than the order and the hospital's own messages."""
    differs = []
    in_images = patient_id(study.hospital_id, study.issuer, study.patient_number)
    if order is not None and order.patient_id != in_images:
        differs.append("number")
    if study.birth_date and patient.birth_date and study.birth_date != patient.birth_date:
        differs.append("birth_date")
    if study.sex and patient.sex and study.sex != patient.sex:
        differs.append("sex")
    return tuple(differs)


def held_back(task: Task, situation: Situation, agreement: Agreement | None) -> list[HeldBack]:
    """Every reason why the task is not offered, or not offered to other hospitals."""
    reasons = []
    if situation.order is None:
        reasons.append(HeldBack.NO_ORDER)
    if situation.study.state is StudyState.ARRIVING and task.state is not TaskState.AVAILABLE:
        reasons.append(HeldBack.ARRIVING)
    if mismatch(situation.study, situation.order, situation.patient):
        reasons.append(HeldBack.PATIENT_MISMATCH)
    if situation.study.bytes and not situation.study.instance_count:
        reasons.append(HeldBack.REJECTED)
    if agreement is None:
        reasons.append(HeldBack.NO_AGREEMENT)
    match situation.consent:
        case Consent(decision=Decision.DENY):
            reasons.append(HeldBack.CONSENT_DENIED)
        case None if agreement is None or agreement.needs_consent:
            reasons.append(HeldBack.NO_CONSENT)
        case _:
            pass
    return reasons


async def offer(db: Connection, task: Task, situation: Situation, now: datetime) -> Task:
    """Offer a locked task to whom it may be offered, or hold it back with each reason.

    What keeps it from being read at all (no order, other patient) holds it back; what only keeps
    it from being shared (agreement, consent) leaves it to the readers of its own hospital.
    Repeating it changes nothing. A task that somebody is reading keeps its state.
    """
    agreement = next(
        (
            one
            for one in situation.agreements
            if one.covers(purpose=task.purpose, modality=task.modality, at=now)
        ),
        None,
    )
    reasons = held_back(task, situation, agreement)
    shared = agreement is not None and not reasons
    settled = replace(
        task,
        held_back=tuple(reasons),
        agreement_id=agreement.id if agreement else None,
        agreement_version=agreement.version if agreement else None,
        form=agreement.form if agreement else task.form,
        offered_to=agreement.reading_hospital_ids if agreement and shared else (),
        due_at=task.due_at or (agreement.due(task.urgency, now) if agreement else None),
    )
    blocked = any(reason in _BLOCKING for reason in reasons)
    match task.state:
        case TaskState.EXPECTED | TaskState.INCOMPLETE if not blocked:
            settled = replace(settled, offered_images=situation.study.instance_count)
            return await transition.move(db, settled, Move.OFFER, now, actor=None)
        case TaskState.EXPECTED | TaskState.AVAILABLE if blocked:
            why = ", ".join(reasons)
            return await transition.move(db, settled, Move.HOLD, now, actor=None, reason=why)
        case _ if settled != task:
            return await transition.touch(db, settled, now)
        case _:
            return task
