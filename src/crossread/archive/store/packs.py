"""SQL of packs."""

from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection, Row


async def open_pack(
    db: Connection, pack_id: UUID, hospital_id: str, object_key: str, now: datetime
) -> None:
    """Write down that a pack is about to be, before its first byte."""
    await db.execute(
        """
        insert into archive.pack (id, hospital_id, object_key, opened_at)
        values (%s, %s, %s, %s)
        """,
        (pack_id, hospital_id, object_key, now),
    )


async def fill_pack(db: Connection, pack_id: UUID, study_id: UUID) -> None:
    """Say whose study a pack holds."""
    await db.execute(
        "update archive.pack set study_id = %s where id = %s and study_id is null",
        (study_id, pack_id),
    )


async def seal_packs(db: Connection, packs: list[UUID], now: datetime) -> None:
    """Nobody writes to these any more; those that nothing was put into are forgotten."""
    await db.execute("delete from archive.pack where id = any(%s) and study_id is null", (packs,))
    await db.execute(
        "update archive.pack set sealed_at = %s where id = any(%s) and sealed_at is null",
        (now, packs),
    )


async def open_packs(db: Connection, opened_before: datetime, limit: int) -> list[Row]:
    """Packs that were not sealed, oldest first: id, object_key, and the end of what is kept."""
    cursor = await db.execute(
        """
        select p.id, p.object_key,
               coalesce(
                   (select max(i.start + i.bytes) from archive.instance i where i.pack_id = p.id), 0
               )::bigint as kept
        from archive.pack p
        where p.sealed_at is null and p.opened_at < %s
        order by p.opened_at
        limit %s
        """,
        (opened_before, limit),
    )
    return await cursor.fetchall()
