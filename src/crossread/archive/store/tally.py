"""SQL of what came in by the minute, and of what is kept of a hospital."""

from collections.abc import Sequence
from datetime import datetime

from crossread.platform.database import Connection, Row


async def add(db: Connection, rows: Sequence[tuple[str, datetime, str, int, int]]) -> None:
    """Count more: hospital, minute, receiver, instances, bytes."""
    async with db.cursor() as cursor:
        await cursor.executemany(
            """
            insert into archive.intake as i (hospital_id, minute, receiver, instances, bytes)
            values (%s, %s, %s, %s, %s)
            on conflict (hospital_id, minute, receiver) do update
            set instances = i.instances + excluded.instances, bytes = i.bytes + excluded.bytes
            """,
            rows,
        )


async def by_minute(db: Connection, hospital_id: str, since: datetime) -> list[Row]:
    """What came of a hospital in each minute in which something came, oldest first."""
    cursor = await db.execute(
        """
        select minute, sum(instances)::bigint as instances, sum(bytes)::bigint as bytes
        from archive.intake
        where hospital_id = %s and minute >= %s
        group by minute
        order by minute
        """,
        (hospital_id, since),
    )
    return await cursor.fetchall()


async def forget(db: Connection, before: datetime) -> None:
    """Nobody looks at minutes so long ago."""
    await db.execute("delete from archive.intake where minute < %s", (before,))
