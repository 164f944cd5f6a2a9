"""A task for each order and study: made when the first of them is known, one for both."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from crossread.archive.model import Study
from crossread.assistance.model import ProcedureName
from crossread.hospitals.model import Form, Purpose, Urgency
from crossread.orders.model import Order, OrderState
from crossread.platform.database import Connection
from crossread.worklist import store, transition
from crossread.worklist.model import HeldBack, Move, Task, TaskState


@dataclass(frozen=True, slots=True)
class Subject:
    """What a task is about, as far as it is known."""

    hospital_id: str
    patient_id: UUID
    order: Order | None
    study: Study | None
    name: ProcedureName


async def expect(db: Connection, subject: Subject, now: datetime) -> None:
    """See that an order has its task, which may still have to wait for images."""
    assert subject.order is not None  # noqa: S101 - by its caller
    tasks = await store.tasks_of_order(db, subject.order.id)
    cancelled = subject.order.state is OrderState.CANCELLED
    if not tasks and not cancelled:
        await _begin(db, subject, TaskState.EXPECTED, (HeldBack.NO_IMAGES,), now, reason="ordered")
    for task in tasks:
        if cancelled and task.state in _UNREAD:
            reason = "order cancelled"
            await transition.move(db, task, Move.CANCEL, now, actor=None, reason=reason)
        elif not cancelled:
            await _know(db, task, subject, now)


async def take_up(db: Connection, subject: Subject, now: datetime) -> Task:
    """See that there is one task for a study, and for the order that it answers if there is one."""
    assert subject.study is not None  # noqa: S101 - by its caller
    purpose = Purpose.PRIMARY_READ
    task = await store.task_of_study(db, subject.study.id, purpose)
    waiting = await store.expected_task(db, subject.order.id, purpose) if subject.order else None
    if task is not None and waiting is not None:
        # images came first, and the order made a task of its own meanwhile: one is enough
        await store.delete_unread(db, waiting.id)
    task = task or waiting
    if task is None:
        missing = () if subject.order else (HeldBack.NO_ORDER,)
        return await _begin(db, subject, TaskState.INCOMPLETE, missing, now, reason="images came")
    return await _know(db, task, subject, now)


async def _begin(
    db: Connection,
    subject: Subject,
    state: TaskState,
    held_back: tuple[HeldBack, ...],
    now: datetime,
    *,
    reason: str,
) -> Task:
    task = Task(
        id=uuid4(),
        hospital_id=subject.hospital_id,
        study_id=subject.study.id if subject.study else None,
        order_id=subject.order.id if subject.order else None,
        patient_id=subject.patient_id,
        purpose=Purpose.PRIMARY_READ,
        state=state,
        urgency=subject.order.urgency if subject.order else Urgency.ROUTINE,
        modality=_modality(subject),
        body_region=subject.name.body_region,
        procedure_en=subject.name.name_en,
        procedure_nl=subject.name.name_nl,
        agreement_id=None,
        agreement_version=None,
        form=Form.IDENTIFIED,
        offered_to=(),
        held_back=held_back,
        offered_images=0,
        late_images=0,
        due_at=None,
        fence=0,
        made_at=now,
        changed_at=now,
    )
    await transition.begin(db, task, now, reason)
    return task


async def _know(db: Connection, task: Task, subject: Subject, now: datetime) -> Task:
    """Write into the task what has become known; tell only if that changed anything."""
    known = replace(
        task,
        study_id=subject.study.id if subject.study else task.study_id,
        order_id=subject.order.id if subject.order else task.order_id,
        patient_id=subject.patient_id,
        urgency=subject.order.urgency if subject.order else task.urgency,
        modality=_modality(subject) or task.modality,
        body_region=subject.name.body_region,
        procedure_en=subject.name.name_en,
        procedure_nl=subject.name.name_nl,
        late_images=_late(task, subject.study),
    )
    return task if known == task else await transition.touch(db, known, now)


def _late(task: Task, study: Study | None) -> int:
    if study is None or not task.offered_images:
        return task.late_images
    return max(0, study.instance_count - task.offered_images)


def _modality(subject: Subject) -> str:
    if subject.order and subject.order.modality:
        return subject.order.modality
    if subject.study:
        images = [m for m in subject.study.modalities if m not in _NOT_IMAGES]
        return images[0] if images else ""
    return subject.name.modality


_NOT_IMAGES = frozenset({"SR", "PR", "KO", "DOC", "REG"})
# what is being read or has been read is not cancelled by a message, but by a person
_UNREAD = frozenset({TaskState.EXPECTED, TaskState.INCOMPLETE, TaskState.AVAILABLE})
