"""SQL that takes instances and studies out of the index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from crossread.archive.model import Study
from crossread.archive.store import copies
from crossread.archive.store.garbage import discard
from crossread.platform import clock
from crossread.platform.database import Connection, Row


async def give_up_packs(db: Connection, study_id: UUID, now: datetime) -> int:
    """The bytes of a study are here no more, its rows are; how many bytes that were."""
    await copies.forget(db, study_id, now)
    cursor = await db.execute(
        """
        with away as (
            update archive.instance i
            set pack_id = null
            from archive.series s
            where s.study_id = %(study)s and i.series_id = s.id and i.pack_id is not null
            returning i.bytes
        )
        select coalesce(sum(bytes), 0)::bigint as bytes from away
        """,
        {"study": study_id},
    )
    row = await cursor.fetchone()
    cursor = await db.execute(
        "delete from archive.pack where study_id = %s returning object_key", (study_id,)
    )
    await discard(db, [one["object_key"] for one in await cursor.fetchall()], now)
    return int(row["bytes"]) if row else 0


async def take_out(db: Connection, instances: Sequence[UUID]) -> list[Row]:
    """Forget these instances; their packs have a hole each. Which they were: SOP Instance UIDs."""
    await copies.forget_with(db, instances, clock.now())
    cursor = await db.execute(
        """
        with gone as (
            delete from archive.instance
            where id = any(%s)
            returning pack_id, bytes, sop_instance_uid
        ),
        holes as (
            update archive.pack p
            set holes = p.holes + g.bytes
            from (select pack_id, sum(bytes) as bytes from gone group by pack_id) g
            where p.id = g.pack_id
        )
        select sop_instance_uid from gone
        """,
        (list(instances),),
    )
    return await cursor.fetchall()


async def uids_of(db: Connection, study_id: UUID) -> list[Row]:
    """The UIDs of every instance of a study, with its series and size."""
    cursor = await db.execute(
        """
        select s.series_instance_uid, i.sop_instance_uid, i.bytes
        from archive.series s
        join archive.instance i on i.series_id = s.id
        where s.study_id = %s
        order by s.series_instance_uid, i.sop_instance_uid
        """,
        (study_id,),
    )
    return await cursor.fetchall()


async def forget_study(db: Connection, study_id: UUID, erasure_id: UUID, now: datetime) -> None:
    """Take every row of a study out, and its objects with them.

    Where a task or a report speaks of the study its row stays, without a word of whose it was.
    """
    await give_up_packs(db, study_id, now)
    cursor = await db.execute(
        """
        select metadata_key
        from archive.series
        where study_id = %s and metadata_key is not null
        """,
        (study_id,),
    )
    await discard(db, [row["metadata_key"] for row in await cursor.fetchall()], now)
    values: dict[str, Any] = {"study": study_id, "erasure": erasure_id}
    await db.execute(
        """
        with series as (select id from archive.series where study_id = %(study)s)
        delete from archive.instance
        where series_id in (select id from series)
        """,
        values,
    )
    await db.execute("delete from archive.series where study_id = %(study)s", values)
    await db.execute("delete from archive.correction where study_id = %(study)s", values)
    await db.execute("delete from archive.damage where study_id = %(study)s", values)
    await db.execute(
        """
        insert into archive.erased (study_id, hospital_id, erasure_id)
        select id, hospital_id, %(erasure)s
        from archive.study
        where id = %(study)s
        on conflict do nothing
        """,
        values,
    )
    await db.execute(
        """
        update archive.usage u
        set studies = u.studies - (s.rests > 0)::integer,
            instances = u.instances - s.counted_instances,
            bytes = u.bytes - s.counted_bytes
        from archive.study s
        where s.id = %(study)s and u.hospital_id = s.hospital_id
        """,
        values,
    )
    try:
        async with db.transaction():
            await db.execute("delete from archive.study where id = %(study)s", values)
    except psycopg.errors.ForeignKeyViolation:
        await _blank(db, study_id)


async def _blank(db: Connection, study_id: UUID) -> None:
    await db.execute(
        """
        update archive.study
        set state = 'at_rest',
            availability = 'offline',
            study_instance_uid = 'erased/' || id,
            accession_number = '', patient_number = '', issuer = '', patient_name = '',
            birth_date = null, sex = '', study_at = null, description = '', modalities = '{}',
            body_part = '', sending_application = '', series_count = 0, instance_count = 0,
            bytes = 0, counted_instances = 0, counted_bytes = 0, evict_at = null
        where id = %s
        """,
        (study_id,),
    )


async def is_erased(db: Connection, study_id: UUID) -> bool:
    """Whether a study was erased, and so is not taken in again."""
    cursor = await db.execute("select 1 from archive.erased where study_id = %s", (study_id,))
    return await cursor.fetchone() is not None


async def allow_again(db: Connection, study_id: UUID) -> bool:
    """A study that was erased may come in again; False when it was not."""
    cursor = await db.execute("delete from archive.erased where study_id = %s", (study_id,))
    return cursor.rowcount == 1


async def revive(db: Connection, study: Study) -> None:
    """A study whose row was left without a word may say again what it is."""
    await db.execute(
        """
        update archive.study
        set study_instance_uid = %s, sending_application = %s, availability = 'online'
        where id = %s and availability = 'offline'
        """,
        (study.study_instance_uid, study.sending_application, study.id),
    )


async def add_erasure(
    db: Connection,
    *,
    erasure_id: UUID,
    hospital_id: str,
    ground: str,
    reason: str,
    erased_by: UUID | None,
    certificate: dict[str, Any],
    seal: str,
    now: datetime,
) -> None:
    """Keep the certificate of an erasure."""
    await db.execute(
        """
        insert into archive.erasure (
            id, hospital_id, ground, reason, erased_by, erased_at, certificate, seal
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (erasure_id, hospital_id, ground, reason, erased_by, now, Jsonb(certificate), seal),
    )


async def erasures(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """What was erased of a hospital, last first."""
    cursor = await db.execute(
        """
        select id, ground, reason, erased_at, certificate, seal
        from archive.erasure
        where hospital_id = %s
        order by erased_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()
