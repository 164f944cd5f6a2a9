"""SQL of rejection notes, and of counts anew after instances were hidden or taken out."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection, Row


async def reject(
    db: Connection,
    hospital_id: str,
    uids: Sequence[str],
    note_uid: str,
    code: str,
    now: datetime,
) -> None:
    """These instances are rejected by a note, whether they are here or come later."""
    await db.execute(
        """
        insert into archive.rejected (hospital_id, sop_instance_uid, note_uid, code, noted_at)
        select %s, uid, %s, %s, %s
        from unnest(%s::text[]) as uid
        on conflict do nothing
        """,
        (hospital_id, note_uid, code, now, list(uids)),
    )


async def revoke(db: Connection, hospital_id: str, note_uids: Sequence[str]) -> list[str]:
    """Some of these are notes, and count no more; the instances that they had rejected."""
    cursor = await db.execute(
        """
        delete from archive.rejected
        where hospital_id = %s and note_uid = any(%s)
        returning sop_instance_uid
        """,
        (hospital_id, list(note_uids)),
    )
    return [row["sop_instance_uid"] for row in await cursor.fetchall()]


async def apply(db: Connection, hospital_id: str, uids: Sequence[str]) -> list[Row]:
    """Hide and show these as the notes say now; those that changed: study_id, rejection."""
    cursor = await db.execute(
        """
        with verdict as (
            select uid,
                   coalesce(
                       (select r.code
                        from archive.rejected r
                        where r.hospital_id = %(hospital)s and r.sop_instance_uid = uid
                        order by r.noted_at desc, r.code
                        limit 1),
                       ''
                   ) as code
            from unnest(%(uids)s::text[]) as uid
        )
        update archive.instance i
        set rejection = v.code
        from verdict v
        where i.hospital_id = %(hospital)s
          and i.sop_instance_uid = v.uid
          and i.rejection <> v.code
        returning i.id, i.study_id, i.rejection
        """,
        {"hospital": hospital_id, "uids": list(uids)},
    )
    return await cursor.fetchall()


async def awaited(db: Connection, study_id: UUID) -> list[str]:
    """Instances of a study that came after the note that rejects them."""
    cursor = await db.execute(
        """
        select i.sop_instance_uid
        from archive.series s
        join archive.instance i on i.series_id = s.id
        join archive.rejected r
          on r.hospital_id = i.hospital_id and r.sop_instance_uid = i.sop_instance_uid
        where s.study_id = %s and i.rejection = ''
        """,
        (study_id,),
    )
    return [row["sop_instance_uid"] for row in await cursor.fetchall()]


async def recount(db: Connection, study_id: UUID) -> None:
    """Count a study and its series anew: what is hidden is not counted, but its bytes are.

    The study is locked by the caller. A series in which nothing is left to see has no modality in
    its study either.
    """
    await db.execute(
        """
        update archive.series s
        set instance_count = c.shown,
            bytes = c.bytes
        from (
            select se.id,
                   count(i.id) filter (where i.rejection = '') as shown,
                   coalesce(sum(i.bytes), 0) as bytes
            from archive.series se
            left join archive.instance i on i.series_id = se.id
            where se.study_id = %(study)s
            group by se.id
        ) c
        where s.id = c.id
        """,
        {"study": study_id},
    )
    await db.execute(
        """
        update archive.study s
        set instance_count = c.shown,
            series_count = c.series,
            bytes = c.bytes,
            -- in the order in which they came: the first says what is read
            modalities = array(
                select m.modality
                from unnest(c.modalities) as m (modality)
                order by array_position(s.modalities, m.modality) nulls last, m.modality
            )
        from (
            select coalesce(sum(instance_count), 0) as shown,
                   count(*) filter (where instance_count > 0) as series,
                   coalesce(sum(bytes), 0) as bytes,
                   array_agg(distinct modality) filter (
                       where instance_count > 0 and modality <> ''
                   ) as modalities
            from archive.series
            where study_id = %(study)s
        ) c
        where s.id = %(study)s
        """,
        {"study": study_id},
    )


async def hidden_by(db: Connection, hospital_id: str, uids: Sequence[str], code: str) -> list[Row]:
    """Which of these a note with this title hides: id, study_id."""
    cursor = await db.execute(
        """
        select id, study_id
        from archive.instance
        where hospital_id = %s and sop_instance_uid = any(%s) and rejection = %s
        """,
        (hospital_id, list(uids), code),
    )
    return await cursor.fetchall()


async def studies_of(db: Connection, hospital_id: str, uids: Sequence[str]) -> list[UUID]:
    """The studies that these instances belong to, in the order in which they are locked."""
    cursor = await db.execute(
        """
        select distinct study_id
        from archive.instance
        where hospital_id = %s and sop_instance_uid = any(%s)
        order by study_id
        """,
        (hospital_id, list(uids)),
    )
    return [row["study_id"] for row in await cursor.fetchall()]


async def is_revoked(db: Connection, hospital_id: str, note_uid: str) -> bool:
    """Whether another note rejects this one."""
    cursor = await db.execute(
        """
        select 1
        from archive.rejected
        where hospital_id = %(hospital)s
          and sop_instance_uid = %(note)s
          and note_uid <> %(note)s
        """,
        {"hospital": hospital_id, "note": note_uid},
    )
    return await cursor.fetchone() is not None


async def forget(db: Connection, hospital_id: str, uids: Sequence[str]) -> None:
    """These are not rejected any more, should they come again."""
    await db.execute(
        "delete from archive.rejected where hospital_id = %s and sop_instance_uid = any(%s)",
        (hospital_id, list(uids)),
    )


async def in_turn(db: Connection, hospital_id: str) -> None:
    """One note of a hospital at a time, until the transaction ends."""
    await db.execute(
        "select pg_advisory_xact_lock(hashtextextended('rejection/' || %s, 0))", (hospital_id,)
    )
