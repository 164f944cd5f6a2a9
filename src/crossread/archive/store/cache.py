"""SQL of the cache: what may go, and what a hospital has too much of."""

from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection, Row

_HELD = """
    exists (
        select 1
        from archive.hold h
        where h.lifted_at is null
          and (h.study_id = s.id
               or (h.hospital_id = s.hospital_id and h.issuer = s.issuer
                   and h.patient_number = s.patient_number))
    )
"""
# at rest, whole in sealed packs, and held by no law
_FREE = f"""
    s.availability = 'online'
    and s.state = 'at_rest'
    and s.evict_at is not null
    and not exists (
        select 1 from archive.pack p where p.study_id = s.id and p.sealed_at is null
    )
    and not {_HELD}
"""


async def keep_days(db: Connection, study_id: UUID, days: int, until: datetime) -> None:
    """Keep a study as a cache does: until then."""
    await db.execute(
        "update archive.study set cache_days = %s, evict_at = %s where id = %s",
        (days, until, study_id),
    )


async def keep_on(db: Connection, study_id: UUID) -> None:
    """A study is wanted again: it stays until somebody says that it may go."""
    await db.execute("update archive.study set evict_at = null where id = %s", (study_id,))


async def due(db: Connection, now: datetime) -> UUID | None:
    """The study that has been due to go for the longest, locked until the transaction ends."""
    cursor = await db.execute(
        f"""
        select s.id
        from archive.study s
        where s.evict_at <= %s and {_FREE}
        order by s.evict_at
        limit 1
        for update of s skip locked
        """,
        (now,),
    )
    row = await cursor.fetchone()
    return row["id"] if row else None


async def first_of(db: Connection, hospital_id: str) -> UUID | None:
    """The cached study of a hospital that is due first, whether it is time or not; locked."""
    cursor = await db.execute(
        f"""
        select s.id
        from archive.study s
        where s.hospital_id = %s and {_FREE}
        order by s.evict_at
        limit 1
        for update of s skip locked
        """,
        (hospital_id,),
    )
    row = await cursor.fetchone()
    return row["id"] if row else None


async def set_nearline(db: Connection, study_id: UUID) -> None:
    """The images of a study are not here any more; its hospital keeps so much less."""
    await db.execute(
        """
        with gone as (
            update archive.study s
            set availability = 'nearline', evict_at = null, counted_bytes = 0
            from (
                select id, counted_bytes from archive.study where id = %s
            ) before
            where s.id = before.id
            returning s.hospital_id, before.counted_bytes as bytes
        )
        update archive.usage u
        set bytes = u.bytes - g.bytes
        from gone g
        where u.hospital_id = g.hospital_id
        """,
        (study_id,),
    )


async def over_limit(db: Connection) -> list[str]:
    """Hospitals of which more is kept than they may have."""
    cursor = await db.execute(
        """
        select q.hospital_id
        from archive.quota q
        join archive.usage u on u.hospital_id = q.hospital_id
        where u.bytes >= q.limit_bytes
        """
    )
    return [row["hospital_id"] for row in await cursor.fetchall()]


async def is_full(db: Connection, hospital_id: str) -> bool:
    """Whether a hospital is at its limit, and nothing in the cache can make room."""
    cursor = await db.execute(
        f"""
        select 1
        from archive.quota q
        join archive.usage u on u.hospital_id = q.hospital_id
        where q.hospital_id = %(hospital)s
          and u.bytes >= q.limit_bytes
          and not exists (
              select 1 from archive.study s where s.hospital_id = %(hospital)s and {_FREE}
          )
        """,
        {"hospital": hospital_id},
    )
    return await cursor.fetchone() is not None


async def newly_near(db: Connection, now: datetime) -> list[Row]:
    """Hospitals that came above what they want to be warned of: hospital_id, bytes, warn_bytes."""
    await db.execute(
        """
        update archive.quota q
        set warned_at = null
        from archive.usage u
        where u.hospital_id = q.hospital_id
          and q.warned_at is not null
          and u.bytes < q.warn_bytes
        """
    )
    cursor = await db.execute(
        """
        update archive.quota q
        set warned_at = %s
        from archive.usage u
        where u.hospital_id = q.hospital_id
          and q.warned_at is null
          and u.bytes >= q.warn_bytes
        returning q.hospital_id, u.bytes, q.warn_bytes
        """,
        (now,),
    )
    return await cursor.fetchall()
