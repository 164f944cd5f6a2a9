"""SQL of the one statement that every image which comes in costs."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from crossread.archive.model import Instance
from crossread.platform.database import Connection

# Any number of instances of studies, series and packs that are known, counted in one go. It does
# nothing for a study that has come to rest, for an instance that is known or for a pack that was
# sealed: those take the way that announces and explains.
ADMIT = """
    with arrived as materialized (
        select *
        from jsonb_to_recordset(%s::jsonb) as a (
            id uuid, series_id uuid, study_id uuid, hospital_id text, sop_instance_uid text,
            sop_class_uid text, transfer_syntax_uid text, number integer, frames integer,
            pack_id uuid, start bigint, bytes bigint, digest text, dataset_offset integer,
            header_bytes integer, pixel_offset bigint, pixel_bytes bigint, frame_bytes integer,
            fragments text, pixel_rows integer, pixel_columns integer, bits_allocated integer,
            content_at timestamp, received_at timestamptz
        )
    ),
    -- in the order of their ids, so that two receivers never wait for each other
    locked as materialized (
        select id, state
        from archive.study
        where id in (select study_id from arrived)
        order by id
        for update
    ),
    -- a pack that was sealed takes nothing more: what lay behind its last image was cut off
    open as materialized (
        select id
        from archive.pack
        where id in (select pack_id from arrived) and sealed_at is null
        order by id
        for key share
    ),
    kept as (
        insert into archive.instance (
            id, series_id, study_id, hospital_id, sop_instance_uid, sop_class_uid,
            transfer_syntax_uid, number, frames, pack_id, start, bytes, digest, dataset_offset,
            header_bytes, pixel_offset, pixel_bytes, frame_bytes, fragments, pixel_rows,
            pixel_columns, bits_allocated, content_at, received_at
        )
        select a.id, a.series_id, a.study_id, a.hospital_id, a.sop_instance_uid, a.sop_class_uid,
               a.transfer_syntax_uid, a.number, a.frames, a.pack_id, a.start, a.bytes, a.digest,
               a.dataset_offset, a.header_bytes, a.pixel_offset, a.pixel_bytes, a.frame_bytes,
               decode(a.fragments, 'hex'), a.pixel_rows, a.pixel_columns, a.bits_allocated,
               a.content_at, a.received_at
        from arrived a
        join locked l on l.id = a.study_id and l.state = 'arriving'
        join open o on o.id = a.pack_id
        on conflict do nothing
        returning id, series_id, study_id, bytes, received_at
    ),
    counted as (
        update archive.series s
        set instance_count = s.instance_count + k.instances,
            bytes = s.bytes + k.bytes
        from (
            select series_id, count(*) as instances, sum(bytes) as bytes
            from kept
            group by series_id
        ) k
        where s.id = k.series_id
    ),
    counted_too as (
        update archive.study s
        set instance_count = s.instance_count + k.instances,
            bytes = s.bytes + k.bytes,
            last_received_at = greatest(s.last_received_at, k.received_at)
        from (
            select study_id, count(*) as instances, sum(bytes) as bytes,
                   max(received_at) as received_at
            from kept
            group by study_id
        ) k
        where s.id = k.study_id
    )
    select id from kept
"""


def admit(
    connection: psycopg.Connection, instances: Sequence[tuple[Instance, datetime]]
) -> set[UUID]:
    """Add instances of known series of arriving studies; which of them were added."""
    rows = json.dumps([_row(instance, now) for instance, now in instances])
    cursor = connection.execute(ADMIT, (rows,), prepare=True)
    return {row[0] for row in cursor.fetchall()}


async def admit_one(db: Connection, instance: Instance, now: datetime) -> bool:
    """Add one instance; False when it is known, or its pack is sealed."""
    rows = json.dumps([_row(instance, now)])
    cursor = await db.execute(ADMIT, (rows,))
    return cursor.rowcount == 1


async def put_back(db: Connection, instance: Instance) -> bool:
    """Give a known instance whose bytes are not here a place.

    False when it has one already, or when the pack is sealed.
    """
    cursor = await db.execute(
        """
        with open as materialized (
            select id
            from archive.pack
            where id = %s and sealed_at is null
            for key share
        )
        update archive.instance
        set pack_id = %s, start = %s, bytes = %s, digest = %s, transfer_syntax_uid = %s,
            frames = %s, dataset_offset = %s, header_bytes = %s, pixel_offset = %s,
            pixel_bytes = %s, frame_bytes = %s, fragments = %s
        where id = %s and pack_id is null and exists (select from open)
        """,
        (
            instance.pack_id,
            instance.pack_id,
            instance.start,
            instance.bytes,
            instance.digest,
            instance.transfer_syntax_uid,
            instance.frames,
            instance.dataset_offset,
            instance.header_bytes,
            instance.pixel_offset,
            instance.pixel_bytes,
            instance.frame_bytes,
            instance.fragments,
            instance.id,
        ),
    )
    return cursor.rowcount == 1


async def bring_online(db: Connection, study_id: UUID) -> bool:
    """Say that a study is here again, if all of it is; whether that was news."""
    cursor = await db.execute(
        """
        update archive.study
        set availability = 'online'
        where id = %(study)s
          and availability = 'nearline'
          and not exists (
              select
              from archive.instance i
              where i.study_id = %(study)s and i.pack_id is null and i.rejection = ''
          )
        """,
        {"study": study_id},
    )
    return cursor.rowcount == 1


def _row(instance: Instance, now: datetime) -> dict[str, object]:
    return {
        "id": str(instance.id),
        "series_id": str(instance.series_id),
        "study_id": str(instance.study_id),
        "hospital_id": instance.hospital_id,
        "sop_instance_uid": instance.sop_instance_uid,
        "sop_class_uid": instance.sop_class_uid,
        "transfer_syntax_uid": instance.transfer_syntax_uid,
        "number": instance.number,
        "frames": instance.frames,
        "pack_id": str(instance.pack_id),
        "start": instance.start,
        "bytes": instance.bytes,
        "digest": instance.digest,
        "dataset_offset": instance.dataset_offset,
        "header_bytes": instance.header_bytes,
        "pixel_offset": instance.pixel_offset,
        "pixel_bytes": instance.pixel_bytes,
        "frame_bytes": instance.frame_bytes,
        "fragments": instance.fragments.hex() if instance.fragments is not None else None,
        "pixel_rows": instance.pixel_rows,
        "pixel_columns": instance.pixel_columns,
        "bits_allocated": instance.bits_allocated,
        "content_at": instance.content_at.isoformat() if instance.content_at else None,
        "received_at": now.isoformat(),
    }
