"""Owe something to an endpoint."""

from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.delivery import store
from crossread.delivery.model import Delivery, DeliveryEvent, DeliveryKind, DeliveryState
from crossread.hospitals.model import Endpoint
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.platform.objects import Objects


async def owe(
    db: Connection,
    objects: Objects,
    *,
    endpoint: Endpoint,
    kind: DeliveryKind,
    message_id: str,
    label: str,
    content: bytes,
    task_id: UUID | None,
    report_id: UUID | None,
    now: datetime,
) -> UUID:
    """Owe `content` to `endpoint`; the same message id a second time changes nothing.

    The exact bytes are kept, so that a repeat is the same to the receiver.
    """
    key = uuid5(NAMESPACE_OID, f"crossread/delivery/{endpoint.id}/{message_id}")
    if await store.known(db, endpoint.id, message_id):
        return key
    object_key = f"deliveries/{key}"
    await objects.put(object_key, content)
    delivery = Delivery(
        id=key,
        sequence=0,
        hospital_id=endpoint.hospital_id,
        endpoint_id=endpoint.id,
        kind=kind,
        task_id=task_id,
        report_id=report_id,
        message_id=message_id,
        label=label,
        object_key=object_key,
        state=DeliveryState.OWED,
        attempts=0,
        next_attempt_at=now,
        last_error="",
        acknowledgement="",
        owed_at=now,
        acknowledged_at=None,
    )
    if await store.insert(db, delivery):
        await _announce(db, delivery)
    return key


async def retry(db: Connection, delivery_id: UUID, now: datetime) -> None:
    """Try a refused or waiting delivery at once. Raises NotFound."""
    delivery = await store.delivery(db, delivery_id)
    await store.owe_again(db, delivery_id, now)
    await _announce(db, delivery)


async def _announce(db: Connection, delivery: Delivery) -> None:
    await events.append(
        db,
        DeliveryEvent.OWED,
        delivery.id,
        hospital_id=delivery.hospital_id,
        facts={
            "kind": delivery.kind,
            "task_id": str(delivery.task_id) if delivery.task_id else None,
        },
    )
