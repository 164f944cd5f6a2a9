"""SQL of packs."""

from datetime import UTC, datetime
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
    await db.execute(
        """
        delete from archive.pack p
        where p.id = any(%s)
          and not exists (select 1 from archive.instance i where i.pack_id = p.id)
        """,
        (packs,),
    )
    # what was refused between images that were kept has left a hole
    await db.execute(
        """
        update archive.pack p
        set sealed_at = %s, holes = greatest(p.holes, inside.ends - inside.bytes)
        from (
            select pack_id, max(start + bytes) as ends, sum(bytes) as bytes
            from archive.instance
            where pack_id = any(%s)
            group by pack_id
        ) inside
        where p.id = inside.pack_id and p.sealed_at is null
        """,
        (now, packs),
    )


async def open_packs(
    db: Connection, opened_before: datetime, after: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Packs that were not sealed, oldest first, those behind `after`: id, object_key, opened_at."""
    since = after or (datetime.min.replace(tzinfo=UTC), UUID(int=0))
    cursor = await db.execute(
        """
        select id, object_key, opened_at
        from archive.pack
        where sealed_at is null
          and opened_at < %s
          and (opened_at, id) > (%s, %s)
        order by opened_at, id
        limit %s
        """,
        (opened_before, *since, limit),
    )
    return await cursor.fetchall()


async def lock_open_pack(db: Connection, pack_id: UUID) -> int | None:
    """Let nothing more into an open pack until the transaction ends; where what is kept ends.

    None when it is sealed, or when something is on its way into it at this moment.
    """
    locked = await db.execute(
        """
        select id
        from archive.pack
        where id = %s and sealed_at is null
        for update skip locked
        """,
        (pack_id,),
    )
    if locked.rowcount == 0:
        return None
    # a statement of its own, so that it sees what was committed before the lock was had
    cursor = await db.execute(
        """
        select coalesce(max(start + bytes), 0)::bigint as kept
        from archive.instance
        where pack_id = %s
        """,
        (pack_id,),
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return int(row["kept"])
