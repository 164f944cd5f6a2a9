"""All SQL of the outbox."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.delivery.model import Delivery, DeliveryKind, DeliveryState
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


async def insert(db: Connection, delivery: Delivery) -> bool:
    """Owe something; False when it was owed already."""
    cursor = await db.execute(
        """
        insert into delivery.delivery (
            id, hospital_id, endpoint_id, kind, task_id, report_id, message_id, label, object_key,
            state, next_attempt_at, owed_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (endpoint_id, message_id) do nothing
        """,
        (
            delivery.id,
            delivery.hospital_id,
            delivery.endpoint_id,
            delivery.kind,
            delivery.task_id,
            delivery.report_id,
            delivery.message_id,
            delivery.label,
            delivery.object_key,
            delivery.state,
            delivery.next_attempt_at,
            delivery.owed_at,
        ),
    )
    return cursor.rowcount == 1


async def known(db: Connection, endpoint_id: str, message_id: str) -> bool:
    """Whether this is or was owed to this endpoint."""
    cursor = await db.execute(
        "select 1 from delivery.delivery where endpoint_id = %s and message_id = %s",
        (endpoint_id, message_id),
    )
    return await cursor.fetchone() is not None


async def first_owed(db: Connection, endpoint_id: str) -> Delivery | None:
    """What is next for this endpoint, due or not: order is kept."""
    cursor = await db.execute(
        """
        select *
        from delivery.delivery
        where endpoint_id = %s and state = 'owed'
        order by sequence
        limit 1
        """,
        (endpoint_id,),
    )
    row = await cursor.fetchone()
    return _delivery(row) if row else None


async def endpoints_with_owed(db: Connection) -> list[str]:
    """Endpoints that something is owed to."""
    cursor = await db.execute(
        "select distinct endpoint_id from delivery.delivery where state = 'owed'"
    )
    return [row["endpoint_id"] for row in await cursor.fetchall()]


async def acknowledge(
    db: Connection, delivery_id: UUID, acknowledgement: str, now: datetime
) -> bool:
    """Mark as acknowledged; False when it was not owed any more."""
    cursor = await db.execute(
        """
        update delivery.delivery
        set state = 'acknowledged', acknowledgement = %s, acknowledged_at = %s,
            attempts = attempts + 1, last_error = ''
        where id = %s and state = 'owed'
        """,
        (acknowledgement, now, delivery_id),
    )
    return cursor.rowcount == 1


async def fail(db: Connection, delivery_id: UUID, sentence: str, next_attempt_at: datetime) -> None:
    """Note a failed attempt, and when to try again."""
    await db.execute(
        """
        update delivery.delivery
        set attempts = attempts + 1, last_error = %s, next_attempt_at = %s
        where id = %s and state = 'owed'
        """,
        (sentence, next_attempt_at, delivery_id),
    )


async def refuse(db: Connection, delivery_id: UUID, sentence: str) -> None:
    """Note that the other side said no for good."""
    await db.execute(
        """
        update delivery.delivery
        set state = 'refused', attempts = attempts + 1, last_error = %s
        where id = %s and state = 'owed'
        """,
        (sentence, delivery_id),
    )


async def owe_again(db: Connection, delivery_id: UUID, now: datetime) -> None:
    """Try a refused or waiting delivery now."""
    await db.execute(
        """
        update delivery.delivery
        set state = 'owed', next_attempt_at = %s
        where id = %s and state in ('owed', 'refused')
        """,
        (now, delivery_id),
    )


async def delivery(db: Connection, delivery_id: UUID) -> Delivery:
    """One delivery. Raises NotFound."""
    cursor = await db.execute("select * from delivery.delivery where id = %s", (delivery_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This delivery does not exist.", cause=str(delivery_id))
    return _delivery(row)


async def of_task(db: Connection, task_id: UUID) -> list[Delivery]:
    """Everything owed for a task, in order."""
    cursor = await db.execute(
        "select * from delivery.delivery where task_id = %s order by sequence", (task_id,)
    )
    return [_delivery(row) for row in await cursor.fetchall()]


async def of_hospital(
    db: Connection, hospital_id: str, states: Sequence[DeliveryState], limit: int
) -> list[tuple[Delivery, str]]:
    """A hospital's deliveries in these states, newest first, each with its procedure's name."""
    cursor = await db.execute(
        """
        select d.*, coalesce(t.procedure_nl, '') as procedure_nl
        from delivery.delivery d
        left join worklist.task t on t.id = d.task_id
        where d.hospital_id = %s and d.state = any(%s)
        order by d.owed_at desc, d.sequence desc
        limit %s
        """,
        (hospital_id, [str(state) for state in states], limit),
    )
    return [(_delivery(row), row["procedure_nl"]) for row in await cursor.fetchall()]


async def all_acknowledged(db: Connection, task_id: UUID, report_id: UUID) -> bool:
    """Whether this report was owed, and nothing of its task is open any more."""
    cursor = await db.execute(
        """
        select count(*) filter (where state in ('owed', 'refused')) as open,
               count(*) filter (where report_id = %s) as of_report
        from delivery.delivery
        where task_id = %s
        """,
        (report_id, task_id),
    )
    row = await cursor.fetchone()
    return row is not None and row["open"] == 0 and row["of_report"] > 0


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        sequence=row["sequence"],
        hospital_id=row["hospital_id"],
        endpoint_id=row["endpoint_id"],
        kind=DeliveryKind(row["kind"]),
        task_id=row["task_id"],
        report_id=row["report_id"],
        message_id=row["message_id"],
        label=row["label"],
        object_key=row["object_key"],
        state=DeliveryState(row["state"]),
        attempts=row["attempts"],
        next_attempt_at=row["next_attempt_at"],
        last_error=row["last_error"],
        acknowledgement=row["acknowledgement"],
        owed_at=row["owed_at"],
        acknowledged_at=row["acknowledged_at"],
    )
