"""SQL of transfers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound
from crossread.transfers.model import Direction, Priority, Transfer, TransferState


async def insert(db: Connection, transfer: Transfer) -> None:
    """Write down that somebody asked for a transfer."""
    await db.execute(
        """
        insert into transfers.transfer (
            id, hospital_id, endpoint_id, direction, study_instance_uid, series_instance_uid,
            priority, asked_by, task_id, state, listed, commits, next_try_at, asked_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            transfer.id,
            transfer.hospital_id,
            transfer.endpoint_id,
            transfer.direction,
            transfer.study_instance_uid,
            transfer.series_instance_uid,
            transfer.priority,
            transfer.asked_by,
            transfer.task_id,
            transfer.state,
            transfer.listed,
            transfer.commits,
            transfer.next_try_at,
            transfer.asked_at,
        ),
    )


async def under_way(
    db: Connection,
    hospital_id: str,
    study_instance_uid: str,
    series_instance_uid: str,
    direction: Direction,
    endpoint_id: str | None,
) -> Transfer | None:
    """A transfer of the same, or of the whole study, that has not ended; locked."""
    cursor = await db.execute(
        """
        select *
        from transfers.transfer
        where hospital_id = %(hospital)s
          and study_instance_uid = %(study)s
          and series_instance_uid in ('', %(series)s)
          and direction = %(direction)s
          and state in ('waiting', 'running', 'paused')
          and (%(endpoint)s::text is null or endpoint_id = %(endpoint)s)
        order by sequence
        limit 1
        for update
        """,
        {
            "hospital": hospital_id,
            "study": study_instance_uid,
            "series": series_instance_uid,
            "direction": direction,
            "endpoint": endpoint_id,
        },
    )
    row = await cursor.fetchone()
    return transfer_of(row) if row else None


async def last_fetch(db: Connection, hospital_id: str, study_instance_uid: str) -> Transfer | None:
    """The fetch of a whole study that was asked for last."""
    cursor = await db.execute(
        """
        select *
        from transfers.transfer
        where hospital_id = %s
          and study_instance_uid = %s
          and series_instance_uid = ''
          and direction = 'fetch'
        order by sequence desc
        limit 1
        """,
        (hospital_id, study_instance_uid),
    )
    row = await cursor.fetchone()
    return transfer_of(row) if row else None


async def one(db: Connection, transfer_id: UUID, *, lock: bool = False) -> Transfer:
    """One transfer, perhaps locked until the transaction ends. Raises NotFound."""
    cursor = await db.execute(
        f"select * from transfers.transfer where id = %s {'for update' if lock else ''}",
        (transfer_id,),
    )
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This transfer does not exist.", cause=str(transfer_id))
    return transfer_of(row)


async def by_prefix(db: Connection, text: str) -> Transfer:
    """The one transfer whose id begins like this. Raises NotFound."""
    start = "".join(mark for mark in text.lower() if mark in "0123456789abcdef-")
    cursor = await db.execute(
        "select * from transfers.transfer where id::text like %s limit 2", (f"{start}%",)
    )
    rows = await cursor.fetchall()
    if len(rows) != 1 or start != text.lower() or not start:
        raise NotFound("No transfer, or more than one, has an id that begins like this.")
    return transfer_of(rows[0])


async def of_hospital(
    db: Connection,
    hospital_id: str | None,
    states: Sequence[TransferState],
    limit: int,
    before: int | None = None,
) -> list[Transfer]:
    """Transfers of one hospital or of all in these states, those asked for last first."""
    cursor = await db.execute(
        """
        select *
        from transfers.transfer
        where (%(hospital)s::text is null or hospital_id = %(hospital)s)
          and state = any(%(states)s)
          and (%(before)s::bigint is null or sequence < %(before)s)
        order by sequence desc
        limit %(limit)s
        """,
        {
            "hospital": hospital_id,
            "states": [str(state) for state in states],
            "before": before,
            "limit": limit,
        },
    )
    return [transfer_of(row) for row in await cursor.fetchall()]


async def endpoints_with_open(db: Connection) -> list[str]:
    """Endpoints that there is something to do for."""
    cursor = await db.execute(
        """
        select distinct endpoint_id
        from transfers.transfer
        where state in ('waiting', 'running')
        """
    )
    return [row["endpoint_id"] for row in await cursor.fetchall()]


async def due(
    db: Connection, endpoint_id: str, priorities: Sequence[Priority], now: datetime, limit: int
) -> list[Transfer]:
    """What may run at an endpoint now: urgent first, then in the order of asking."""
    cursor = await db.execute(
        """
        select *
        from transfers.transfer
        where endpoint_id = %s
          and state in ('waiting', 'running')
          and priority = any(%s)
          and next_try_at <= %s
        order by priority desc, sequence
        limit %s
        """,
        (endpoint_id, [str(one) for one in priorities], now, limit),
    )
    return [transfer_of(row) for row in await cursor.fetchall()]


async def next_try(
    db: Connection, endpoint_id: str, priorities: Sequence[Priority], now: datetime
) -> datetime | None:
    """When something of an endpoint that is not due yet will be."""
    cursor = await db.execute(
        """
        select min(next_try_at) as at
        from transfers.transfer
        where endpoint_id = %s
          and state in ('waiting', 'running')
          and priority = any(%s)
          and next_try_at > %s
        """,
        (endpoint_id, [str(one) for one in priorities], now),
    )
    row = await cursor.fetchone()
    return row["at"] if row else None


async def open_of(db: Connection, endpoint_id: str) -> set[UUID]:
    """Transfers of an endpoint that may go on."""
    cursor = await db.execute(
        """
        select id
        from transfers.transfer
        where endpoint_id = %s and state in ('waiting', 'running')
        """,
        (endpoint_id,),
    )
    return {row["id"] for row in await cursor.fetchall()}


async def start(db: Connection, transfer_id: UUID, now: datetime) -> bool:
    """It runs from now on; False when it ran already, or may not."""
    cursor = await db.execute(
        """
        update transfers.transfer
        set state = 'running', started_at = coalesce(started_at, %s)
        where id = %s and state = 'waiting'
        """,
        (now, transfer_id),
    )
    return cursor.rowcount == 1


async def end(
    db: Connection, transfer_id: UUID, state: TransferState, sentence: str, now: datetime
) -> bool:
    """It is done, or failed; False when a person stopped it in the meantime."""
    cursor = await db.execute(
        """
        update transfers.transfer
        set state = %s, last_error = %s, ended_at = %s
        where id = %s and state in ('waiting', 'running')
        """,
        (state, sentence, now, transfer_id),
    )
    return cursor.rowcount == 1


async def move(
    db: Connection, transfer_id: UUID, state: TransferState, now: datetime, *, again: bool
) -> None:
    """Put it in another state, by a person's wish; `again` has it tried at once."""
    ended = now if state is TransferState.CANCELLED else None
    await db.execute(
        """
        update transfers.transfer
        set state = %(state)s,
            ended_at = %(ended)s,
            next_try_at = case when %(again)s then %(now)s else next_try_at end,
            attempts = case when %(again)s then 0 else attempts end,
            -- what a hospital did not have it may have now
            listed = listed and (direction = 'send' or total > 0),
            last_error = case when %(again)s then '' else last_error end
        where id = %(id)s
        """,
        {"state": state, "ended": ended, "again": again, "now": now, "id": transfer_id},
    )


async def make_urgent(db: Connection, transfer_id: UUID, now: datetime) -> None:
    """Somebody waits for it after all; one that was paused goes on."""
    await db.execute(
        """
        update transfers.transfer
        set priority = 'urgent',
            next_try_at = least(next_try_at, %s),
            state = case when state = 'paused' then 'waiting' else state end
        where id = %s
        """,
        (now, transfer_id),
    )


async def hold_back(
    db: Connection, transfer_id: UUID, sentence: str, at: datetime, now: datetime
) -> bool:
    """A try failed: again then; False when it was held back already, by another of its couriers."""
    cursor = await db.execute(
        """
        update transfers.transfer
        set attempts = attempts + 1, last_error = %s, next_try_at = %s
        where id = %s and next_try_at <= %s and state in ('waiting', 'running')
        """,
        (sentence, at, transfer_id, now),
    )
    return cursor.rowcount == 1


async def hold_others_back(db: Connection, endpoint_id: str, at: datetime) -> None:
    """An endpoint does not answer: none of its transfers is tried before then."""
    await db.execute(
        """
        update transfers.transfer
        set next_try_at = %s
        where endpoint_id = %s and state in ('waiting', 'running') and next_try_at < %s
        """,
        (at, endpoint_id, at),
    )


async def went_well(db: Connection, transfer_id: UUID) -> None:
    """Something of it arrived: earlier failures count no more."""
    await db.execute(
        """
        update transfers.transfer
        set attempts = 0, last_error = ''
        where id = %s and attempts > 0
        """,
        (transfer_id,),
    )


async def wait_until(db: Connection, transfer_id: UUID, at: datetime) -> None:
    """Look at it again then."""
    await db.execute(
        "update transfers.transfer set next_try_at = %s where id = %s", (at, transfer_id)
    )


async def save_transaction(db: Connection, transfer_id: UUID, transaction_uid: str) -> None:
    """Remember under which Transaction UID commitment is asked for."""
    await db.execute(
        "update transfers.transfer set transaction_uid = %s where id = %s",
        (transaction_uid, transfer_id),
    )


async def by_transaction(db: Connection, hospital_id: str, transaction_uid: str) -> Transfer | None:
    """The transfer of a hospital whose commitment was asked for under this UID; locked."""
    cursor = await db.execute(
        """
        select *
        from transfers.transfer
        where transaction_uid = %s and hospital_id = %s
        for update
        """,
        (transaction_uid, hospital_id),
    )
    row = await cursor.fetchone()
    return transfer_of(row) if row else None


def transfer_of(row: Row) -> Transfer:
    """A transfer of its row."""
    return Transfer(
        id=row["id"],
        sequence=row["sequence"],
        hospital_id=row["hospital_id"],
        endpoint_id=row["endpoint_id"],
        direction=Direction(row["direction"]),
        study_instance_uid=row["study_instance_uid"],
        series_instance_uid=row["series_instance_uid"],
        priority=Priority(row["priority"]),
        asked_by=row["asked_by"],
        task_id=row["task_id"],
        state=TransferState(row["state"]),
        listed=row["listed"],
        commits=row["commits"],
        transaction_uid=row["transaction_uid"],
        total=row["total"],
        done=row["done"],
        failed=row["failed"],
        bytes=row["bytes"],
        attempts=row["attempts"],
        last_error=row["last_error"],
        next_try_at=row["next_try_at"],
        asked_at=row["asked_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
