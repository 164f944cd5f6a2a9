"""SQL of what an administrator sees of the archive."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection, Row


async def storage(db: Connection, hospital_id: str) -> Row:
    """What is kept of a hospital, and its limits."""
    cursor = await db.execute(
        """
        select h.id as hospital_id, h.name as hospital_name,
               coalesce(u.studies, 0) as studies,
               coalesce(u.instances, 0) as instances,
               coalesce(u.bytes, 0) as bytes,
               q.warn_bytes, q.limit_bytes, r.years as retention_years,
               (select count(*)
                from archive.hold
                where hospital_id = h.id and lifted_at is null) as holds,
               (select count(*)
                from archive.damage
                where hospital_id = h.id) as damaged,
               (select count(*)
                from archive.quarantine
                where hospital_id = h.id and state = 'held') as quarantined
        from hospitals.hospital h
        left join archive.usage u on u.hospital_id = h.id
        left join archive.quota q on q.hospital_id = h.id
        left join archive.retention r on r.hospital_id = h.id
        where h.id = %s
        """,
        (hospital_id,),
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - the caller's own hospital
    return row


async def shown(db: Connection, studies: Sequence[UUID]) -> list[Row]:
    """What a list of studies shows of each, in the order in which they are named."""
    cursor = await db.execute(
        """
        select s.id as study_id, s.study_instance_uid, s.patient_number, s.patient_name,
               s.birth_date, s.sex, s.accession_number, s.study_at, s.description, s.modalities,
               s.series_count, s.instance_count, s.bytes, s.state, s.availability,
               s.last_received_at, s.cache_days, s.evict_at,
               exists (select 1 from archive.correction c where c.study_id = s.id) as corrected,
               exists (select 1 from archive.damage d where d.study_id = s.id) as damaged,
               exists (
                   select 1
                   from archive.hold h
                   where h.lifted_at is null
                     and (h.study_id = s.id
                          or (h.hospital_id = s.hospital_id and h.issuer = s.issuer
                              and h.patient_number = s.patient_number))
               ) as on_hold
        from unnest(%s::uuid[]) with ordinality as one (id, place)
        join archive.study s on s.id = one.id
        order by one.place
        """,
        (list(studies),),
    )
    return await cursor.fetchall()


async def expired(db: Connection, hospital_id: str, now: datetime, limit: int) -> list[UUID]:
    """Studies whose years are over and that nothing holds, oldest first."""
    cursor = await db.execute(
        """
        select s.id
        from archive.study s
        join archive.retention r on r.hospital_id = s.hospital_id
        where s.hospital_id = %(hospital)s
          and s.availability <> 'offline'
          and s.study_at < %(now)s at time zone 'UTC' - make_interval(years => r.years)
          and not exists (
              select 1
              from archive.hold h
              where h.lifted_at is null
                and (h.study_id = s.id
                     or (h.hospital_id = s.hospital_id and h.issuer = s.issuer
                         and h.patient_number = s.patient_number))
          )
        order by s.study_at
        limit %(limit)s
        """,
        {"hospital": hospital_id, "now": now, "limit": limit},
    )
    return [row["id"] for row in await cursor.fetchall()]


async def keep_years(db: Connection, hospital_id: str, years: int | None) -> None:
    """How long a hospital keeps what it has here; None: for good."""
    await db.execute("delete from archive.retention where hospital_id = %s", (hospital_id,))
    if years is not None:
        await db.execute(
            "insert into archive.retention (hospital_id, years) values (%s, %s)",
            (hospital_id, years),
        )


async def limit(
    db: Connection, hospital_id: str, warn_bytes: int | None, limit_bytes: int | None
) -> None:
    """How much is kept of a hospital before it is warned, and before no more is taken in."""
    await db.execute(
        """
        insert into archive.quota (hospital_id, warn_bytes, limit_bytes)
        values (%s, %s, %s)
        on conflict (hospital_id) do update
        set warn_bytes = excluded.warn_bytes,
            limit_bytes = excluded.limit_bytes,
            warned_at = null
        """,
        (hospital_id, warn_bytes, limit_bytes),
    )
