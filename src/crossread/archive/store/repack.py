"""SQL of packs that become fewer, or lose their holes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.archive.model import Instance
from crossread.archive.store.garbage import discard
from crossread.archive.store.instances import instance_of
from crossread.platform.database import Connection, Row


async def sealed(db: Connection, study_id: UUID) -> list[Row]:
    """The sealed packs of a study that is at rest and here: id, holes, instances, bytes."""
    cursor = await db.execute(
        """
        select p.id, p.holes, count(i.id) as instances, coalesce(sum(i.bytes), 0)::bigint as bytes
        from archive.study s
        join archive.pack p on p.study_id = s.id
        left join archive.instance i on i.pack_id = p.id
        where s.id = %s
          and s.state = 'at_rest'
          and s.availability = 'online'
          and p.sealed_at is not null
        group by p.id
        order by p.id
        """,
        (study_id,),
    )
    return await cursor.fetchall()


async def inside(db: Connection, packs: Sequence[UUID]) -> list[Instance]:
    """What lies in these packs, in the order in which it is read: by series and number."""
    cursor = await db.execute(
        """
        select i.*, s.series_instance_uid, p.object_key
        from archive.instance i
        join archive.series s on s.id = i.series_id
        join archive.pack p on p.id = i.pack_id
        where i.pack_id = any(%s)
        order by s.number nulls last, s.id, i.number nulls last, i.id
        """,
        (list(packs),),
    )
    return [instance_of(row) for row in await cursor.fetchall()]


async def lock_new(db: Connection, pack_id: UUID) -> bool:
    """Let nobody sweep a new pack until the transaction ends; False: it was swept before."""
    cursor = await db.execute(
        "select 1 from archive.pack where id = %s and sealed_at is null for update", (pack_id,)
    )
    return await cursor.fetchone() is not None


async def move(db: Connection, pack_id: UUID, moved: Sequence[tuple[Instance, int]]) -> int:
    """Instances lie in another pack now, each from its offset; how many were where we thought."""
    cursor = await db.execute(
        """
        update archive.instance i
        set pack_id = %s, start = m.start
        from unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[])
            as m (id, old_pack, old_start, start)
        where i.id = m.id and i.pack_id = m.old_pack and i.start = m.old_start
        """,
        (
            pack_id,
            [one.id for one, _ in moved],
            [one.pack_id for one, _ in moved],
            [one.start for one, _ in moved],
            [start for _, start in moved],
        ),
    )
    return cursor.rowcount


async def drop_empty(db: Connection, packs: Sequence[UUID], now: datetime) -> int:
    """Forget those of these packs in which nothing lies any more; how many."""
    cursor = await db.execute(
        """
        delete from archive.pack p
        where p.id = any(%s)
          and p.sealed_at is not null
          and not exists (select 1 from archive.instance i where i.pack_id = p.id)
        returning p.object_key
        """,
        (list(packs),),
    )
    keys = [row["object_key"] for row in await cursor.fetchall()]
    await discard(db, keys, now)
    return len(keys)


async def with_holes(db: Connection, share: float, limit: int) -> list[UUID]:
    """Studies with packs of which holes are more than this share of what still lies there."""
    cursor = await db.execute(
        """
        select distinct p.study_id
        from archive.pack p
        join archive.study s on s.id = p.study_id
        where p.holes > 0
          and p.holes > %s * (
              select coalesce(sum(i.bytes), 0) from archive.instance i where i.pack_id = p.id
          )
          and p.sealed_at is not null
          and s.state = 'at_rest'
          and s.availability = 'online'
        limit %s
        """,
        (share, limit),
    )
    return [row["study_id"] for row in await cursor.fetchall()]
