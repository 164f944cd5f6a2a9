"""SQL of the images of transfers."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.archive.model import Instance
from crossread.archive.store import instance_of
from crossread.platform.database import Connection
from crossread.transfers.model import ITEM_TRIES, Failure, Item, Outcome

# what a transfer's counts are: its images', so that they can never drift from them
_COUNT = """
    update transfers.transfer t
    set total = c.total, done = c.done, failed = c.failed, bytes = c.bytes
    from (
        select count(*) as total,
               count(*) filter (where state = 'done') as done,
               count(*) filter (where state = 'failed') as failed,
               coalesce(sum(bytes) filter (where state = 'done'), 0) as bytes
        from transfers.item
        where transfer_id = %(transfer)s
    ) c
    where t.id = %(transfer)s
"""


async def list_kept(db: Connection, transfer_id: UUID, study_id: UUID, series_uid: str) -> int:
    """Take what the archive knows of a study as what is to be sent; how many images."""
    cursor = await db.execute(
        """
        insert into transfers.item
            (transfer_id, sop_instance_uid, sop_class_uid, series_instance_uid, place)
        select %(transfer)s, i.sop_instance_uid, i.sop_class_uid, s.series_instance_uid,
               row_number() over (
                   order by s.number nulls last, s.series_instance_uid, i.number nulls last,
                            i.sop_instance_uid
               )
        from archive.series s
        join archive.instance i on i.series_id = s.id
        where s.study_id = %(study)s
          and (%(series)s = '' or s.series_instance_uid = %(series)s)
          and i.rejection = ''
        on conflict do nothing
        """,
        {"transfer": transfer_id, "study": study_id, "series": series_uid},
    )
    await count(db, transfer_id)
    return cursor.rowcount


async def list_known_missing(
    db: Connection, transfer_id: UUID, study_id: UUID, series_uid: str
) -> None:
    """Add what the archive knows of a study and has given up, or has only damaged."""
    await db.execute(
        """
        insert into transfers.item
            (transfer_id, sop_instance_uid, sop_class_uid, series_instance_uid, place)
        select %(transfer)s, i.sop_instance_uid, i.sop_class_uid, s.series_instance_uid,
               1000000 + coalesce(i.number, 0)
        from archive.series s
        join archive.instance i on i.series_id = s.id
        where s.study_id = %(study)s
          and (
              i.pack_id is null
              or exists (select 1 from archive.damage d where d.instance_id = i.id)
          )
          and (%(series)s = '' or s.series_instance_uid = %(series)s)
        on conflict do nothing
        """,
        {"transfer": transfer_id, "study": study_id, "series": series_uid},
    )


async def add(db: Connection, transfer_id: UUID, items: Sequence[Item]) -> None:
    """Add images that the other side named, in their order."""
    await db.execute(
        """
        insert into transfers.item
            (transfer_id, sop_instance_uid, sop_class_uid, series_instance_uid, place)
        select %s, i.uid, i.class, i.series, i.place
        from unnest(%s::text[], %s::text[], %s::text[]) with ordinality
             as i (uid, class, series, place)
        on conflict do nothing
        """,
        (
            transfer_id,
            [one.sop_instance_uid for one in items],
            [one.sop_class_uid for one in items],
            [one.series_instance_uid for one in items],
        ),
    )


async def mark_listed(db: Connection, transfer_id: UUID) -> None:
    """All images of a transfer that can be known are known."""
    await db.execute("update transfers.transfer set listed = true where id = %s", (transfer_id,))
    await count(db, transfer_id)


async def waiting(
    db: Connection, transfer_id: UUID, besides: Sequence[str], limit: int
) -> list[Item]:
    """The next images that nobody carries yet, in their order."""
    cursor = await db.execute(
        """
        select sop_instance_uid, sop_class_uid, series_instance_uid
        from transfers.item
        where transfer_id = %s and state = 'waiting' and sop_instance_uid <> all(%s)
        order by place, sop_instance_uid
        limit %s
        """,
        (transfer_id, list(besides), limit),
    )
    return [Item(**row) for row in await cursor.fetchall()]


async def series_untouched(db: Connection, transfer_id: UUID, series_uid: str) -> bool:
    """Whether all of a series still waits."""
    cursor = await db.execute(
        """
        select bool_and(state = 'waiting') as untouched
        from transfers.item
        where transfer_id = %s and series_instance_uid = %s
        """,
        (transfer_id, series_uid),
    )
    row = await cursor.fetchone()
    return bool(row and row["untouched"])


async def kept(db: Connection, hospital_id: str, uids: Sequence[str]) -> list[Instance]:
    """Where these images lie in the archive, in the order in which they lie there."""
    cursor = await db.execute(
        """
        select i.*, s.series_instance_uid, p.object_key
        from archive.instance i
        join archive.series s on s.id = i.series_id
        left join archive.pack p on p.id = i.pack_id
        where i.hospital_id = %s and i.sop_instance_uid = any(%s)
        order by i.pack_id, i.start
        """,
        (hospital_id, list(uids)),
    )
    return [instance_of(row) for row in await cursor.fetchall()]


async def settle(db: Connection, transfer_id: UUID, outcomes: Sequence[Outcome]) -> None:
    """Write down what became of images, and count anew."""
    await lock(db, transfer_id)
    await db.execute(
        """
        update transfers.item i
        set state = o.state, bytes = o.bytes, status = o.status, sentence = o.sentence,
            attempts = i.attempts + 1
        from unnest(%s::text[], %s::text[], %s::bigint[], %s::integer[], %s::text[])
             as o (uid, state, bytes, status, sentence)
        where i.transfer_id = %s and i.sop_instance_uid = o.uid
        """,
        (
            [one.sop_instance_uid for one in outcomes],
            [str(one.state) for one in outcomes],
            [one.bytes for one in outcomes],
            [one.status for one in outcomes],
            [one.sentence for one in outcomes],
            transfer_id,
        ),
    )
    await count(db, transfer_id)


async def settle_arrived(db: Connection, transfer_id: UUID, hospital_id: str) -> int:
    """Mark the waiting images of a fetch that are in the archive now; how many."""
    await lock(db, transfer_id)
    cursor = await db.execute(
        """
        update transfers.item i
        set state = 'done', bytes = a.bytes, sentence = ''
        from archive.instance a
        where i.transfer_id = %s and i.state = 'waiting'
          and a.hospital_id = %s and a.sop_instance_uid = i.sop_instance_uid
          and a.pack_id is not null
          and not exists (select 1 from archive.damage d where d.instance_id = a.id)
        """,
        (transfer_id, hospital_id),
    )
    if cursor.rowcount:
        await count(db, transfer_id)
    return cursor.rowcount


async def still_waiting(db: Connection, transfer_id: UUID, uids: Sequence[str]) -> list[str]:
    """Which of these have not arrived."""
    cursor = await db.execute(
        """
        select sop_instance_uid
        from transfers.item
        where transfer_id = %s and state = 'waiting' and sop_instance_uid = any(%s)
        """,
        (transfer_id, list(uids)),
    )
    return [row["sop_instance_uid"] for row in await cursor.fetchall()]


async def try_again_or_fail(
    db: Connection, transfer_id: UUID, uids: Sequence[str], sentence: str, status: int | None
) -> None:
    """These did not come: they are tried again, and fail after `ITEM_TRIES` tries."""
    await lock(db, transfer_id)
    await db.execute(
        """
        update transfers.item
        set attempts = attempts + 1,
            sentence = %(sentence)s,
            status = %(status)s,
            state = case when attempts + 1 >= %(tries)s then 'failed' else 'waiting' end
        where transfer_id = %(transfer)s
          and sop_instance_uid = any(%(uids)s)
          and state <> 'failed'
          and not committed
        """,
        {
            "sentence": sentence,
            "status": status,
            "tries": ITEM_TRIES,
            "transfer": transfer_id,
            "uids": list(uids),
        },
    )
    await count(db, transfer_id)


async def try_all_again(db: Connection, transfer_id: UUID) -> None:
    """What had failed waits once more."""
    await lock(db, transfer_id)
    await db.execute(
        """
        update transfers.item
        set state = 'waiting', attempts = 0, sentence = '', status = null
        where transfer_id = %s and state = 'failed'
        """,
        (transfer_id,),
    )
    await db.execute(
        "update transfers.item set attempts = 0 where transfer_id = %s and state = 'waiting'",
        (transfer_id,),
    )
    await count(db, transfer_id)


async def failures(db: Connection, transfer_id: UUID, limit: int) -> list[Failure]:
    """The images that failed, in their order."""
    cursor = await db.execute(
        """
        select sop_instance_uid, status, sentence
        from transfers.item
        where transfer_id = %s and state = 'failed'
        order by place, sop_instance_uid
        limit %s
        """,
        (transfer_id, limit),
    )
    return [Failure(**row) for row in await cursor.fetchall()]


async def uncommitted(db: Connection, transfer_id: UUID) -> list[Item]:
    """Images that are there, and that the endpoint has not taken responsibility for."""
    cursor = await db.execute(
        """
        select sop_instance_uid, sop_class_uid, series_instance_uid
        from transfers.item
        where transfer_id = %s and state = 'done' and not committed
        order by place, sop_instance_uid
        """,
        (transfer_id,),
    )
    return [Item(**row) for row in await cursor.fetchall()]


async def commit(db: Connection, transfer_id: UUID, uids: Sequence[str]) -> None:
    """The endpoint took responsibility for these."""
    await db.execute(
        """
        update transfers.item
        set committed = true
        where transfer_id = %s and sop_instance_uid = any(%s) and state = 'done'
        """,
        (transfer_id, list(uids)),
    )


async def committed(db: Connection, transfer_id: UUID) -> int:
    """How many images the endpoint took responsibility for."""
    cursor = await db.execute(
        "select count(*) as images from transfers.item where transfer_id = %s and committed",
        (transfer_id,),
    )
    row = await cursor.fetchone()
    return int(row["images"]) if row else 0


async def count(db: Connection, transfer_id: UUID) -> None:
    """Bring a transfer's counts up to its images."""
    await lock(db, transfer_id)
    await db.execute(_COUNT, {"transfer": transfer_id})


async def forget(db: Connection, ended_before: datetime, limit: int) -> int:
    """Forget the images of transfers that were done long ago; how many."""
    cursor = await db.execute(
        """
        delete from transfers.item
        where ctid = any(array(
            select i.ctid
            from transfers.transfer t
            join transfers.item i on i.transfer_id = t.id
            where t.ended_at < %s and t.state = 'done'
            order by t.ended_at
            limit %s
        ))
        """,
        (ended_before, limit),
    )
    return cursor.rowcount


async def lock(db: Connection, transfer_id: UUID) -> None:
    """One writer of a transfer's images at a time.

    Else each of two couriers would count without what the other has not committed yet.
    """
    await db.execute("select id from transfers.transfer where id = %s for update", (transfer_id,))
