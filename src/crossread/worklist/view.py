"""What a screen shows of tasks: the rows of the list, and one task in full."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from crossread.hospitals.model import Form, Reader, Role
from crossread.patients.names import age, for_people
from crossread.platform.database import Row
from crossread.worklist import eligibility, store
from crossread.worklist.model import Task, TaskState

# a planner plans; she needs no names
_SEES_NAMES = frozenset({Role.RADIOLOGIST, Role.RESIDENT, Role.PACS_ADMINISTRATOR})


class PatientOut(BaseModel):
    """Who she is, as the hospital that made the images knows her."""

    name: str
    number: str
    birth_date: date | None
    sex: str
    age: int | None


class HolderOut(BaseModel):
    """Who is at work on a task, and until when."""

    id: UUID
    name: str
    hospital_name: str
    ends_at: datetime


class DeliveriesOut(BaseModel):
    """How far a task's deliveries are."""

    owed: int
    acknowledged: int
    refused: int


class TaskOut(BaseModel):
    """A row of the worklist."""

    id: UUID
    hospital_id: str
    hospital_name: str
    state: str
    urgency: str
    purpose: str
    modality: str
    body_region: str
    procedure_nl: str
    procedure_en: str
    form: str
    patient_id: UUID | None
    patient: PatientOut | None
    accession_number: str
    study_instance_uid: str | None
    study_id: UUID | None
    description: str
    study_at: datetime | None
    series_count: int
    instance_count: int
    images_state: str
    late_images: int
    held_back: list[str]
    held_back_sentences: list[str]
    remedies: list[str]
    offered_to: list[str]
    due_at: datetime | None
    made_at: datetime
    changed_at: datetime
    holder: HolderOut | None
    mine: bool
    may_claim: bool
    why_not: list[str]
    prior_count: int
    deliveries: DeliveriesOut


def row_for(reader: Reader, row: Row, now: datetime) -> TaskOut:
    """One row of the list, as this reader may see it."""
    task = store.task_of_row(row)
    holder = _holder(row, now)
    held_by_other = holder is not None and holder.id != reader.id
    against = eligibility.reasons_against(task, reader)
    why_not = [eligibility.SENTENCES[reason] for reason in against]
    if holder is not None and held_by_other:
        why_not.append(f"{holder.name} is reading this study.")
    sentences = [eligibility.HELD_SENTENCES[reason] for reason in task.held_back]
    return TaskOut(
        id=task.id,
        hospital_id=task.hospital_id,
        hospital_name=row["hospital_name"],
        state=task.state,
        urgency=task.urgency,
        purpose=task.purpose,
        modality=task.modality,
        body_region=task.body_region,
        procedure_nl=task.procedure_nl,
        procedure_en=task.procedure_en,
        form=task.form,
        patient_id=task.patient_id if sees_identity(reader, task) else None,
        patient=_patient(row, now) if sees_identity(reader, task) else None,
        accession_number=row["order_accession"] or row["study_accession"] or "",
        study_instance_uid=row["study_instance_uid"],
        study_id=task.study_id,
        description=row["description"] or row["procedure_text"] or "",
        study_at=row["study_at"],
        series_count=row["series_count"] or 0,
        instance_count=row["instance_count"] or 0,
        images_state=row["images_state"] or "none",
        late_images=task.late_images,
        held_back=[str(reason) for reason in task.held_back],
        held_back_sentences=[sentence for sentence, _ in sentences],
        remedies=[remedy for _, remedy in sentences],
        offered_to=list(task.offered_to),
        due_at=task.due_at,
        made_at=task.made_at,
        changed_at=task.changed_at,
        holder=holder,
        mine=holder is not None and holder.id == reader.id,
        may_claim=not against and not held_by_other,
        why_not=why_not,
        prior_count=row["prior_count"],
        deliveries=DeliveriesOut(
            owed=row["owed"], acknowledged=row["acknowledged"], refused=row["refused"]
        ),
    )


def sees_identity(reader: Reader, task: Task) -> bool:
    """Whether the row may say who the patient is.

    The row follows the same ground as the rule of access: her own hospital's clinical staff, and
    readers to whom the task is offered in identified form.
    """
    if reader.hospital_id == task.hospital_id:
        return bool(reader.roles & _SEES_NAMES)
    offered = reader.hospital_id in task.offered_to and reader.may_report
    return offered and task.form is Form.IDENTIFIED


def may_list(reader: Reader, task: Task) -> bool:
    """Whether the task is on this reader's list at all."""
    return reader.hospital_id == task.hospital_id or reader.hospital_id in task.offered_to


def _holder(row: Row, now: datetime) -> HolderOut | None:
    if row["holder"] is None or row["lease_ends_at"] <= now:
        return None
    return HolderOut(
        id=row["holder"],
        name=row["holder_name"],
        hospital_name=row["holder_hospital"],
        ends_at=row["lease_ends_at"],
    )


def _patient(row: Row, now: datetime) -> PatientOut | None:
    if row["patient_name"] is None:
        return None
    born: date | None = row["birth_date"]
    return PatientOut(
        name=for_people(row["patient_name"]),
        number=row["patient_number"],
        birth_date=born,
        sex=row["sex"],
        age=age(born, now.date()) if born else None,
    )


def image_patient(row: Row) -> dict[str, Any] | None:
    """Who the images say she is; None while there are none."""
    if row["image_name"] is None:
        return None
    return {
        "name": for_people(row["image_name"]),
        "number": row["image_number"],
        "birth_date": row["image_birth_date"],
        "sex": row["image_sex"],
    }


STATES_OF_VIEW: dict[str, tuple[TaskState, ...]] = {
    "open": (
        TaskState.EXPECTED,
        TaskState.INCOMPLETE,
        TaskState.AVAILABLE,
        TaskState.CLAIMED,
        TaskState.DRAFTED,
        TaskState.PRELIMINARY,
    ),
    "mine": (TaskState.CLAIMED, TaskState.DRAFTED, TaskState.PRELIMINARY),
    "done": (TaskState.FINAL, TaskState.DELIVERED, TaskState.CANCELLED),
    "all": tuple(TaskState),
}
