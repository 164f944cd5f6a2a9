"""Try to deliver what is next for an endpoint."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from crossread.delivery import store
from crossread.delivery.model import Delivery, DeliveryEvent, DeliveryKind, pause_after
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint
from crossread.platform import events
from crossread.platform.clock import Clock
from crossread.platform.database import Connection, Database
from crossread.platform.errors import CrossreadError, Refused
from crossread.platform.objects import Objects
from crossread.platform.telemetry import delivery_tried

Sender = Callable[[Endpoint, bytes], Awaitable[str]]
Senders = Mapping[DeliveryKind, Sender]
BUSY_ELSEWHERE = timedelta(seconds=2)  # when to look again while another worker delivers

log = structlog.get_logger(__name__)


async def attempt_next(
    database: Database, objects: Objects, endpoint_id: str, senders: Senders, clock: Clock
) -> datetime | None:
    """Try the first thing owed to this endpoint, if it is due; when to look again, or None.

    Later ones wait for it: a hospital gets things in the order in which they happened. A crash
    between sending and marking sends it again, with the same message id.
    """
    async with _alone(database, endpoint_id) as alone:
        if not alone:
            return clock() + BUSY_ELSEWHERE
        async with database.transaction() as db:
            delivery = await store.first_owed(db, endpoint_id)
            endpoint = await hospitals.endpoint(db, endpoint_id)
        if delivery is None:
            return None
        if clock() < delivery.next_attempt_at:
            return delivery.next_attempt_at
        return await _attempt(database, objects, delivery, endpoint, senders, clock)


async def _attempt(
    database: Database,
    objects: Objects,
    delivery: Delivery,
    endpoint: Endpoint,
    senders: Senders,
    clock: Clock,
) -> datetime:
    try:
        content = await objects.get(delivery.object_key)
        acknowledgement = await senders[delivery.kind](endpoint, content)
    except Refused as refusal:
        async with database.transaction() as db:
            await store.refuse(db, delivery.id, refusal.sentence)
            await _announce(db, DeliveryEvent.REFUSED, delivery)
        delivery_tried(delivery.kind, "refused")
        return clock()
    except CrossreadError as error:
        return await _again(database, delivery, error.sentence, clock)
    except Exception as error:  # a sender that fails in a new way must not stop the outbox
        log.exception("delivery.failed", endpoint=endpoint.id, error=type(error).__name__)
        return await _again(database, delivery, "Sending failed; the log says how.", clock)
    async with database.transaction() as db:
        if await store.acknowledge(db, delivery.id, acknowledgement, clock()):
            await _announce(db, DeliveryEvent.ACKNOWLEDGED, delivery)
    delivery_tried(delivery.kind, "acknowledged")
    return clock()


async def _again(database: Database, delivery: Delivery, sentence: str, clock: Clock) -> datetime:
    """Note the failure; when to try again."""
    at = clock() + pause_after(delivery.attempts + 1)
    async with database.transaction() as db:
        await store.fail(db, delivery.id, sentence, at)
        await _announce(db, DeliveryEvent.FAILED, delivery)
    delivery_tried(delivery.kind, "failed")
    return at


@asynccontextmanager
async def _alone(database: Database, endpoint_id: str) -> AsyncIterator[bool]:
    """Whether we are the only ones to deliver to this endpoint, for as long as the block lasts.

    A lock of the session, not of a transaction: sending may take long, and an open transaction
    would hold back the stream of events and the cleaning of dead rows. It ends with its
    connection, so a worker that dies lets go.
    """
    async with database.session() as connection:
        cursor = await connection.execute(
            "select pg_try_advisory_lock(hashtextextended('delivery/' || %s, 0)) as taken",
            (endpoint_id,),
        )
        row = await cursor.fetchone()
        taken = bool(row and row["taken"])
        try:
            yield taken
        finally:
            if taken and not connection.closed:
                await connection.execute(
                    "select pg_advisory_unlock(hashtextextended('delivery/' || %s, 0))",
                    (endpoint_id,),
                )


async def _announce(db: Connection, event: DeliveryEvent, delivery: Delivery) -> None:
    await events.append(
        db,
        event,
        delivery.id,
        hospital_id=delivery.hospital_id,
        facts={
            "kind": delivery.kind,
            "task_id": str(delivery.task_id) if delivery.task_id else None,
            "attempts": delivery.attempts + 1,
        },
    )
