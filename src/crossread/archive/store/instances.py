"""SQL of instances."""

from collections.abc import Sequence
from uuid import UUID

from crossread.archive.model import Instance
from crossread.platform.database import Connection, Row

_INSTANCE = """
    select i.*, s.series_instance_uid, p.object_key
    from archive.instance i
    join archive.series s on s.id = i.series_id
    left join archive.pack p on p.id = i.pack_id
"""


async def instances_of(
    db: Connection, study_id: UUID, series_instance_uid: str | None = None
) -> list[Instance]:
    """The instances of a study or of one of its series, by series and instance number.

    Without those that a rejection note hides.
    """
    cursor = await db.execute(
        f"""
        {_INSTANCE}
        where s.study_id = %(study)s
          and i.rejection = ''
          and (%(series)s::text is null or s.series_instance_uid = %(series)s)
        order by s.number nulls last, s.series_instance_uid, i.number nulls last,
                 i.sop_instance_uid
        """,
        {"study": study_id, "series": series_instance_uid},
    )
    return [instance_of(row) for row in await cursor.fetchall()]


async def instance(
    db: Connection, hospital_id: str, sop_instance_uid: str, *, hidden: bool = False
) -> Instance | None:
    """One instance of a hospital, by its UID; `hidden`: also if a rejection note hides it."""
    cursor = await db.execute(
        f"""
        {_INSTANCE}
        where i.hospital_id = %s and i.sop_instance_uid = %s and (%s or i.rejection = '')
        """,
        (hospital_id, sop_instance_uid, hidden),
    )
    row = await cursor.fetchone()
    return instance_of(row) if row else None


async def instances_by_id(db: Connection, ids: Sequence[UUID]) -> list[Instance]:
    """These instances, in the order of `ids`."""
    cursor = await db.execute(f"{_INSTANCE} where i.id = any(%s)", (list(ids),))
    found = {row["id"]: instance_of(row) for row in await cursor.fetchall()}
    return [found[one] for one in ids if one in found]


def instance_of(row: Row) -> Instance:
    """An instance of a row that names its columns as the table does, its series and its object."""
    return Instance(
        id=row["id"],
        hospital_id=row["hospital_id"],
        study_id=row["study_id"],
        series_id=row["series_id"],
        series_instance_uid=row["series_instance_uid"],
        sop_instance_uid=row["sop_instance_uid"],
        sop_class_uid=row["sop_class_uid"],
        transfer_syntax_uid=row["transfer_syntax_uid"],
        number=row["number"],
        frames=row["frames"],
        pack_id=row["pack_id"],
        object_key=row["object_key"],
        start=row["start"],
        bytes=row["bytes"],
        digest=row["digest"],
        dataset_offset=row["dataset_offset"],
        header_bytes=row["header_bytes"],
        pixel_offset=row["pixel_offset"],
        pixel_bytes=row["pixel_bytes"],
        frame_bytes=row["frame_bytes"],
        fragments=row["fragments"],
        rejection=row["rejection"],
        pixel_rows=row["pixel_rows"],
        pixel_columns=row["pixel_columns"],
        bits_allocated=row["bits_allocated"],
        content_at=row["content_at"],
    )
