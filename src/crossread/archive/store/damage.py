"""SQL of what is damaged, and of images that come in again."""

from datetime import datetime
from uuid import UUID

from crossread.archive.model import Instance
from crossread.platform.database import Connection, Row


async def note_damage(db: Connection, instance: Instance) -> bool:
    """Write down that an instance is damaged; False when that was known, or it lies elsewhere."""
    cursor = await db.execute(
        """
        insert into archive.damage (instance_id, hospital_id, study_id, sop_instance_uid, found_at)
        select id, hospital_id, study_id, sop_instance_uid, now()
        from archive.instance
        where id = %s and pack_id = %s and start = %s
        on conflict do nothing
        """,
        (instance.id, instance.pack_id, instance.start),
    )
    return cursor.rowcount == 1


async def mended(db: Connection, instances: list[UUID]) -> list[UUID]:
    """These are whole; which of them were not before."""
    cursor = await db.execute(
        "delete from archive.damage where instance_id = any(%s) returning instance_id",
        (instances,),
    )
    return [row["instance_id"] for row in await cursor.fetchall()]


async def damaged(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """What of a hospital is damaged, last found first."""
    cursor = await db.execute(
        """
        select d.study_id, s.study_instance_uid, d.sop_instance_uid, d.found_at
        from archive.damage d
        join archive.study s on s.id = d.study_id
        where d.hospital_id = %s
        order by d.found_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()


async def let_go(db: Connection, instance_id: UUID) -> bool:
    """The bytes of a damaged instance are not counted on any more; False when they were not."""
    cursor = await db.execute(
        """
        with hole as (
            update archive.pack p
            set holes = p.holes + i.bytes
            from archive.instance i
            where i.id = %(id)s and p.id = i.pack_id
        ),
        away as (
            update archive.instance set pack_id = null where id = %(id)s
        )
        delete from archive.damage where instance_id = %(id)s
        """,
        {"id": instance_id},
    )
    return cursor.rowcount == 1


async def is_damaged(db: Connection, instance_id: UUID) -> bool:
    """Whether an instance is known to be damaged."""
    cursor = await db.execute("select 1 from archive.damage where instance_id = %s", (instance_id,))
    return await cursor.fetchone() is not None


async def count_again(db: Connection, study_id: UUID, now: datetime) -> None:
    """An evicted study is here again: its hospital keeps so much more, for so many days."""
    await db.execute(
        """
        with back as (
            update archive.study s
            set counted_bytes = s.bytes,
                evict_at = %(now)s + make_interval(days => s.cache_days)
            from (select id, counted_bytes from archive.study where id = %(study)s) before
            where s.id = before.id
            returning s.hospital_id, s.bytes - before.counted_bytes as bytes
        )
        update archive.usage u
        set bytes = u.bytes + b.bytes
        from back b
        where u.hospital_id = b.hospital_id
        """,
        {"study": study_id, "now": now},
    )
