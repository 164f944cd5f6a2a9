"""HTTP routes of the worklist: the list, one task, and the lease on it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from crossread.archive import store as archive
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.consent import store as consents
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller
from crossread.hospitals.model import Reader
from crossread.orders import store as orders
from crossread.patients import store as patients
from crossread.patients.names import for_people
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound
from crossread.platform.http import On
from crossread.worklist import lease, offer, store, view
from crossread.worklist.model import Lease, Task
from crossread.worklist.view import TaskOut

router = APIRouter(prefix="/api", tags=["worklist"])


class View(StrEnum):
    """Which part of the list."""

    OPEN = "open"
    MINE = "mine"
    DONE = "done"
    ALL = "all"


class Worklist(BaseModel):
    """The list, and the place in the feed from which to keep it up to date."""

    tasks: list[TaskOut]
    position: str


class LeaseOut(BaseModel):
    """The right to work on a task, for as long as it is renewed."""

    token: UUID
    fence: int
    ends_at: datetime


class LeaseIn(BaseModel):
    """What proves that the lease is hers."""

    token: UUID
    fence: int


class Release(LeaseIn):
    """Why a task goes back to the pool."""

    reason: str = ""


class OrderOut(BaseModel):
    """What was asked."""

    question: str
    referrer: str
    procedure_text: str
    procedure_code: str
    requested_at: datetime | None
    accession_number: str
    patient: dict[str, Any] | None


class TaskDetail(TaskOut):
    """One task in full."""

    order: OrderOut | None
    image_patient: dict[str, Any] | None
    mismatch: list[str]
    lease: LeaseOut | None
    consent: dict[str, Any] | None
    agreement: dict[str, Any] | None


class HistoryOut(BaseModel):
    """One transition of a task."""

    at: datetime
    what: str
    actor: str | None
    from_state: str | None
    to_state: str
    reason: str


@router.get("/worklist")
async def worklist(
    on: On, caller: Caller, show: View = Query(View.OPEN, alias="view"), limit: int = 500
) -> Worklist:
    """The tasks that this reader may know of, urgent first, then what is due first."""
    now = on.clock()
    async with on.database.transaction() as db:
        position = await events.latest(db)
        ids = await _listed(db, caller, show, min(limit, 2000))
        rows = [view.row_for(caller, row, now) for row in await store.rows(db, ids)]
        if show is View.MINE:
            rows = [row for row in rows if row.mine]
        await _audit(db, caller, "list", "worklist", show, facts={"rows": len(rows)})
    return Worklist(tasks=rows, position=str(position))


@router.get("/tasks/{task_id}")
async def task(on: On, caller: Caller, task_id: UUID) -> TaskDetail:
    """One task in full."""
    async with on.database.transaction() as db:
        found = await visible(db, caller, task_id)
        detail = await _detail(db, caller, found, on.clock())
        await _audit(db, caller, "open", "task", str(task_id), task=found)
    return detail


@router.post("/tasks/{task_id}/claim")
async def claim(on: On, caller: Caller, task_id: UUID) -> LeaseOut:
    """Take the task (PS3.4 CC.2.1: to IN PROGRESS)."""
    async with on.database.transaction() as db:
        found = await visible(db, caller, task_id)
        given = await lease.claim(db, task_id, caller, on.clock())
        await _audit(db, caller, "claim", "task", str(task_id), task=found)
    return _lease(given)


@router.post("/tasks/{task_id}/renew")
async def renew(on: On, caller: Caller, task_id: UUID, held: LeaseIn) -> LeaseOut:
    """Stay at work on the task."""
    async with on.database.transaction() as db:
        await visible(db, caller, task_id)
        return _lease(await lease.renew(db, task_id, held.token, held.fence, on.clock()))


@router.post("/tasks/{task_id}/release", status_code=204)
async def release(on: On, caller: Caller, task_id: UUID, back: Release) -> None:
    """Give the task back; its draft stays with it."""
    async with on.database.transaction() as db:
        found = await visible(db, caller, task_id)
        await lease.release(
            db, task_id, back.token, back.fence, on.clock(), reason=back.reason or "given back"
        )
        await _audit(db, caller, "release", "task", str(task_id), task=found)


@router.get("/tasks/{task_id}/history")
async def history(on: On, caller: Caller, task_id: UUID) -> list[HistoryOut]:
    """Every transition of the task, oldest first."""
    async with on.database.transaction() as db:
        await visible(db, caller, task_id)
        rows = await store.history(db, task_id)
    return [HistoryOut(what=f"task.{row['to_state']}", **row) for row in rows]


async def _listed(db: Connection, caller: Reader, show: View, limit: int) -> list[UUID]:
    """What is open by urgency; what is done, or everything, newest first."""
    states = view.STATES_OF_VIEW[show]
    match show:
        case View.OPEN | View.MINE:
            return await store.listed(
                db,
                hospital_id=caller.hospital_id,
                reader_id=caller.id,
                states=states,
                limit=limit,
            )
        case View.DONE | View.ALL:
            return await store.listed_newest(
                db, hospital_id=caller.hospital_id, states=states, limit=limit
            )


async def visible(db: Connection, caller: Reader, task_id: UUID) -> Task:
    """The task, if this reader may know of it. Raises NotFound, for both kinds of no."""
    found = await store.task(db, task_id)
    if view.may_list(caller, found) or await store.was_signed_by(db, task_id, caller.id):
        return found
    held = await store.lease(db, task_id)
    if held is not None and held.holder == caller.id:
        return found
    raise NotFound("This task does not exist.", cause=str(task_id))


async def _detail(db: Connection, caller: Reader, found: Task, now: datetime) -> TaskDetail:
    [row] = await store.rows(db, [found.id])
    shown = view.row_for(caller, row, now)
    identified = view.sees_identity(caller, found)
    return TaskDetail(
        **shown.model_dump(),
        order=await _order(db, found, identified=identified),
        image_patient=view.image_patient(row) if identified else None,
        mismatch=await _mismatch(db, found),
        lease=await _own_lease(db, caller, found, now),
        consent=await _consent(db, found, now),
        agreement=await _agreement(db, found),
    )


async def _order(db: Connection, found: Task, *, identified: bool) -> OrderOut | None:
    if found.order_id is None:
        return None
    order = await orders.order(db, found.order_id)
    patient = await patients.patient(db, order.patient_id)
    ordered_for = {
        "name": for_people(patient.name),
        "number": patient.number,
        "birth_date": patient.birth_date,
        "sex": patient.sex,
    }
    return OrderOut(
        question=order.question,
        referrer=for_people(order.referrer),
        procedure_text=order.procedure_text,
        procedure_code=order.procedure_code,
        requested_at=order.requested_at,
        accession_number=order.accession_number,
        patient=ordered_for if identified else None,
    )


async def _mismatch(db: Connection, found: Task) -> list[str]:
    if found.study_id is None or found.patient_id is None:
        return []
    study = await archive.study(db, found.study_id)
    order = await orders.order(db, found.order_id) if found.order_id else None
    patient = await patients.patient(db, found.patient_id)
    return list(offer.mismatch(study, order, patient))


async def _own_lease(db: Connection, caller: Reader, found: Task, now: datetime) -> LeaseOut | None:
    held = await store.lease(db, found.id)
    mine = held is not None and held.holder == caller.id and now < held.ends_at
    return _lease(held) if held is not None and mine else None


async def _consent(db: Connection, found: Task, now: datetime) -> dict[str, Any] | None:
    if found.patient_id is None:
        return None
    consent = (await consents.in_force(db, [found.patient_id], now)).get(found.patient_id)
    if consent is None:
        return None
    return {"decision": consent.decision, "source": consent.source, "since": consent.starts_at}


async def _agreement(db: Connection, found: Task) -> dict[str, Any] | None:
    if found.agreement_id is None or found.agreement_version is None:
        return None
    one = await hospitals.agreement(db, found.agreement_id, found.agreement_version)
    return {"id": one.id, "version": one.version, "tariff_cents": one.tariff_cents}


def _lease(held: Lease) -> LeaseOut:
    return LeaseOut(token=held.token, fence=held.fence, ends_at=held.ends_at)


async def _audit(
    db: Connection,
    caller: Reader,
    action: str,
    subject_kind: str,
    subject_id: str,
    *,
    task: Task | None = None,
    facts: dict[str, Any] | None = None,
) -> None:
    await record(
        db,
        Entry(
            action=action,
            purpose=task.purpose if task else "worklist",
            subject_kind=subject_kind,
            subject_id=subject_id,
            allowed=True,
            reader_id=caller.id,
            reader_hospital_id=caller.hospital_id,
            patient_id=task.patient_id if task else None,
            hospital_id=task.hospital_id if task else caller.hospital_id,
            task_id=task.id if task else None,
            facts=facts or {},
        ),
    )
