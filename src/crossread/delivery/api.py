"""HTTP routes of the outbox: what is owed, and how far it is."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.delivery import store
from crossread.delivery.model import Delivery, DeliveryKind, DeliveryState
from crossread.delivery.owe import retry
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller, need_role
from crossread.hospitals.model import Role
from crossread.platform.errors import NotFound
from crossread.platform.http import On
from crossread.worklist.api import visible

router = APIRouter(prefix="/api", tags=["delivery"])


class Show(StrEnum):
    """Which deliveries."""

    OWED = "owed"
    REFUSED = "refused"
    ACKNOWLEDGED = "acknowledged"
    ALL = "all"


class DeliveryOut(BaseModel):
    """One thing that must reach one endpoint."""

    id: UUID
    kind: DeliveryKind
    label: str
    endpoint_id: str
    hospital_id: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_error: str
    acknowledgement: str
    owed_at: datetime
    acknowledged_at: datetime | None
    task_id: UUID | None
    message_id: str


class DeliveryRow(DeliveryOut):
    """A delivery as the administrator's list shows it."""

    procedure_nl: str
    hospital_name: str


@router.get("/tasks/{task_id}/deliveries")
async def deliveries_of_task(on: On, caller: Caller, task_id: UUID) -> list[DeliveryOut]:
    """What the hospital that made the images is owed for this task, in order."""
    async with on.database.transaction() as db:
        await visible(db, caller, task_id)
        found = await store.of_task(db, task_id)
    return [_out(one) for one in found]


@router.get("/deliveries")
async def deliveries(
    on: On,
    caller: Caller,
    show: Show = Query(Show.ALL, alias="state"),
    limit: int = Query(200, ge=1, le=1000),
) -> list[DeliveryRow]:
    """What the caller's hospital is owed, newest first."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    states = list(DeliveryState) if show is Show.ALL else [DeliveryState(show)]
    async with on.database.transaction() as db:
        hospital = await hospitals.hospital(db, caller.hospital_id)
        found = await store.of_hospital(db, caller.hospital_id, states, limit)
    return [
        DeliveryRow(**_out(one).model_dump(), procedure_nl=procedure, hospital_name=hospital.name)
        for one, procedure in found
    ]


@router.post("/deliveries/{delivery_id}/retry", status_code=204)
async def try_again(on: On, caller: Caller, delivery_id: UUID) -> None:
    """Try a refused or waiting delivery of the caller's hospital at once."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        delivery = await store.delivery(db, delivery_id)
        if delivery.hospital_id != caller.hospital_id:
            raise NotFound("This delivery does not exist.", cause=str(delivery_id))
        await retry(db, delivery_id, on.clock())
        await record(
            db,
            Entry(
                action="retry",
                purpose="administration",
                subject_kind="delivery",
                subject_id=str(delivery_id),
                allowed=True,
                reader_id=caller.id,
                reader_hospital_id=caller.hospital_id,
                hospital_id=delivery.hospital_id,
                task_id=delivery.task_id,
            ),
        )


def _out(delivery: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=delivery.id,
        kind=delivery.kind,
        label=delivery.label,
        endpoint_id=delivery.endpoint_id,
        hospital_id=delivery.hospital_id,
        state=delivery.state,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
        last_error=delivery.last_error,
        acknowledgement=delivery.acknowledgement,
        owed_at=delivery.owed_at,
        acknowledged_at=delivery.acknowledged_at,
        task_id=delivery.task_id,
        message_id=delivery.message_id,
    )
