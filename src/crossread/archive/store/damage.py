"""SQL of what is damaged, and of images that come in again."""

from datetime import datetime
from uuid import UUID

from crossread.archive.model import Instance
from crossread.platform.database import Connection, Row


async def note_damage(db: Connection, instance: Instance, now: datetime) -> bool:
    """Write down that an instance is damaged; False when that was known."""
    cursor = await db.execute(
        """
        insert into archive.damage (instance_id, hospital_id, study_id, sop_instance_uid, found_at)
        values (%s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (instance.id, instance.hospital_id, instance.study_id, instance.sop_instance_uid, now),
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


async def put_back(db: Connection, new: Instance) -> bool:
    """An instance whose bytes were given up, or are damaged, has come again: they lie here now.

    The study is locked by the caller. Whether it was damaged.
    """
    cursor = await db.execute(
        """
        with before as (
            select id, series_id, study_id, pack_id, bytes
            from archive.instance
            where id = %(id)s
        ),
        hole as (
            update archive.pack p
            set holes = p.holes + b.bytes
            from before b
            where p.id = b.pack_id
        ),
        grown as (
            update archive.series s
            set bytes = s.bytes + %(bytes)s - b.bytes
            from before b
            where s.id = b.series_id
        ),
        grown_too as (
            update archive.study s
            set bytes = s.bytes + %(bytes)s - b.bytes
            from before b
            where s.id = b.study_id
        ),
        placed as (
            update archive.instance
            set pack_id = %(pack_id)s, start = %(start)s, bytes = %(bytes)s, digest = %(digest)s,
                transfer_syntax_uid = %(transfer_syntax_uid)s, frames = %(frames)s,
                dataset_offset = %(dataset_offset)s, header_bytes = %(header_bytes)s,
                pixel_offset = %(pixel_offset)s, pixel_bytes = %(pixel_bytes)s,
                frame_bytes = %(frame_bytes)s, fragments = %(fragments)s
            where id = %(id)s
        )
        delete from archive.damage where instance_id = %(id)s
        """,
        {
            "id": new.id,
            "pack_id": new.pack_id,
            "start": new.start,
            "bytes": new.bytes,
            "digest": new.digest,
            "transfer_syntax_uid": new.transfer_syntax_uid,
            "frames": new.frames,
            "dataset_offset": new.dataset_offset,
            "header_bytes": new.header_bytes,
            "pixel_offset": new.pixel_offset,
            "pixel_bytes": new.pixel_bytes,
            "frame_bytes": new.frame_bytes,
            "fragments": new.fragments,
        },
    )
    return cursor.rowcount == 1


async def is_damaged(db: Connection, instance_id: UUID) -> bool:
    """Whether an instance is known to be damaged."""
    cursor = await db.execute("select 1 from archive.damage where instance_id = %s", (instance_id,))
    return await cursor.fetchone() is not None


async def come_online(db: Connection, study_id: UUID, now: datetime) -> bool:
    """An evicted study is here again when nothing of it is away; whether it came back now."""
    cursor = await db.execute(
        """
        with back as (
            update archive.study s
            set availability = 'online',
                counted_bytes = s.bytes,
                evict_at = %(now)s + make_interval(days => s.cache_days)
            from (select id, counted_bytes from archive.study where id = %(study)s) before
            where s.id = before.id
              and s.availability = 'nearline'
              and not exists (
                  select 1
                  from archive.instance i
                  where i.study_id = s.id and i.pack_id is null and i.rejection = ''
              )
            returning s.hospital_id, s.bytes - before.counted_bytes as bytes
        )
        update archive.usage u
        set bytes = u.bytes + b.bytes
        from back b
        where u.hospital_id = b.hospital_id
        """,
        {"study": study_id, "now": now},
    )
    return cursor.rowcount == 1
