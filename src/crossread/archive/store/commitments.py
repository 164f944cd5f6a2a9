"""SQL of requests to answer for instances."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from crossread.archive.commitment import Answered, Commitment, Failure, Reference, Told
from crossread.archive.model import Instance
from crossread.archive.store.instances import instance_of
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


async def ask(db: Connection, asked: Commitment) -> None:
    """Add a request; one that was answered before is to be answered again."""
    await db.execute(
        """
        insert into archive.commitment
            (id, hospital_id, endpoint_id, transaction_uid, asked, first_asked_at, asked_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (id) do update
        set asked_at = excluded.asked_at, told = 'owed', told_at = null, answer = null,
            answered_at = null
        """,
        (
            asked.id,
            asked.hospital_id,
            asked.endpoint_id,
            asked.transaction_uid,
            Jsonb([[one.sop_class_uid, one.sop_instance_uid] for one in asked.asked]),
            asked.asked_at,
            asked.asked_at,
        ),
    )


async def commitment(db: Connection, commitment_id: UUID) -> Commitment:
    """One request. Raises NotFound."""
    cursor = await db.execute("select * from archive.commitment where id = %s", (commitment_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("Nobody asked for this commitment.", cause=str(commitment_id))
    return _commitment(row)


async def is_used(db: Connection, asked: Commitment) -> bool:
    """Whether the same asker used the transaction UID for other instances before."""
    cursor = await db.execute(
        """
        select 1
        from archive.commitment mine
        join archive.commitment other
          on other.endpoint_id = mine.endpoint_id
         and other.transaction_uid = mine.transaction_uid
         and (other.first_asked_at, other.id) < (mine.first_asked_at, mine.id)
        where mine.id = %s
        limit 1
        """,
        (asked.id,),
    )
    return await cursor.fetchone() is not None


async def instances_named(
    db: Connection, hospital_id: str, sop_instance_uids: Sequence[str]
) -> dict[str, Instance]:
    """A hospital's instances with these UIDs, by UID."""
    cursor = await db.execute(
        """
        select i.*, s.series_instance_uid, p.object_key
        from archive.instance i
        join archive.series s on s.id = i.series_id
        left join archive.pack p on p.id = i.pack_id
        where i.hospital_id = %s and i.sop_instance_uid = any(%s)
        """,
        (hospital_id, list(sop_instance_uids)),
    )
    return {row["sop_instance_uid"]: instance_of(row) for row in await cursor.fetchall()}


async def keep_answer(
    db: Connection, commitment_id: UUID, answer: Sequence[Answered], now: datetime
) -> None:
    """Write down what we say of each instance."""
    await db.execute(
        "update archive.commitment set answer = %s, answered_at = %s where id = %s",
        (
            Jsonb(
                [
                    [
                        one.reference.sop_class_uid,
                        one.reference.sop_instance_uid,
                        None if one.failure is None else int(one.failure),
                    ]
                    for one in answer
                ]
            ),
            now,
            commitment_id,
        ),
    )


async def tell(db: Connection, commitment_id: UUID, how: Told, now: datetime) -> bool:
    """Say how the asker hears the answer; False when somebody has said so already."""
    cursor = await db.execute(
        """
        update archive.commitment
        set told = %s, told_at = %s
        where id = %s and told = 'owed'
        """,
        (how, now, commitment_id),
    )
    return cursor.rowcount == 1


async def recent(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """What a hospital asked us to answer for, newest first."""
    cursor = await db.execute(
        """
        select id, endpoint_id, transaction_uid, jsonb_array_length(asked) as instances, asked_at,
               answered_at, told, told_at
        from archive.commitment
        where hospital_id = %s
        order by asked_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()


def _commitment(row: Row) -> Commitment:
    answer = row["answer"]
    return Commitment(
        id=row["id"],
        hospital_id=row["hospital_id"],
        endpoint_id=row["endpoint_id"],
        transaction_uid=row["transaction_uid"],
        asked=tuple(Reference(*one) for one in row["asked"]),
        answer=None
        if answer is None
        else tuple(
            Answered(Reference(*names), None if failure is None else Failure(failure))
            for *names, failure in answer
        ),
        asked_at=row["asked_at"],
        told=Told(row["told"]),
    )
