"""SQL of metadata that is prepared once for a series."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crossread.archive.store.garbage import discard
from crossread.platform.database import Connection


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is prepared of a series."""

    series_id: UUID
    series_instance_uid: str
    object_key: str | None  # None: nothing
    instances: int  # that it speaks of
    instance_count: int  # of the series
    hidden: bool  # a rejection note hides some of them

    @property
    def whole(self) -> bool:
        """Whether it speaks of all of the series."""
        return self.object_key is not None and self.instances == self.instance_count


async def of_study(
    db: Connection, study_id: UUID, series_instance_uid: str | None = None
) -> list[Prepared]:
    """What is prepared of each series of a study, or of one, in the order of their numbers."""
    cursor = await db.execute(
        """
        select s.id as series_id, s.series_instance_uid, s.metadata_key as object_key,
               s.metadata_instances as instances, s.instance_count,
               exists (
                   select 1
                   from archive.instance i
                   where i.series_id = s.id and i.rejection <> ''
               ) as hidden
        from archive.series s
        where s.study_id = %(study)s
          and (%(series)s::text is null or s.series_instance_uid = %(series)s)
        order by s.number nulls last, s.series_instance_uid
        """,
        {"study": study_id, "series": series_instance_uid},
    )
    return [Prepared(**row) for row in await cursor.fetchall()]


async def keep(db: Connection, series: Prepared, key: str, instances: int, now: datetime) -> None:
    """Take what lies under `key` as the metadata of the series; what was before is discarded."""
    cursor = await db.execute(
        """
        update archive.series
        set metadata_key = %(key)s, metadata_instances = %(instances)s
        where id = %(series)s and metadata_key is not distinct from %(before)s
        """,
        {
            "key": key,
            "instances": instances,
            "series": series.series_id,
            "before": series.object_key,
        },
    )
    old = series.object_key if cursor.rowcount == 1 else key  # else another was faster
    if old is not None:
        await discard(db, [old], now)
