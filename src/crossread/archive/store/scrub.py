"""SQL of the scrub: which pack is read again next, and how far it has come."""

from datetime import datetime
from uuid import UUID

from crossread.archive.model import Instance
from crossread.archive.store.instances import instance_of
from crossread.platform.database import Connection, Row


async def state(db: Connection) -> Row:
    """The one row that says how far it is."""
    row = await (await db.execute("select * from archive.scrub")).fetchone()
    assert row is not None  # noqa: S101 - the migration makes it
    return row


async def progress(db: Connection, began_at: datetime) -> tuple[int, int]:
    """How many sealed packs have been read since a round began, and how many there are."""
    cursor = await db.execute(
        """
        select count(*) filter (where scrubbed_at >= %s) as read, count(*) as packs
        from archive.pack
        where sealed_at is not null
        """,
        (began_at,),
    )
    row = await cursor.fetchone()
    return (int(row["read"]), int(row["packs"])) if row else (0, 0)


async def pause(db: Connection, paused: bool) -> None:
    """Stop reading, or go on."""
    await db.execute("update archive.scrub set paused = %s", (paused,))


async def ask(db: Connection, now: datetime) -> None:
    """Have a round begin now."""
    await db.execute("update archive.scrub set asked_at = %s, paused = false", (now,))


async def begin(db: Connection, now: datetime) -> None:
    """A round begins."""
    await db.execute(
        "update archive.scrub set began_at = %s, packs = 0, bytes = 0, damaged = 0", (now,)
    )


async def end(db: Connection, now: datetime) -> None:
    """Everything that was sealed when the round began has been read."""
    await db.execute("update archive.scrub set ended_at = %s", (now,))


async def next_pack(db: Connection, began_at: datetime) -> UUID | None:
    """The sealed pack that was not read in this round and is longest unread."""
    cursor = await db.execute(
        """
        select id
        from archive.pack
        where (scrubbed_at is null or scrubbed_at < %(began)s)
          and sealed_at < %(began)s
        order by scrubbed_at nulls first, id
        limit 1
        """,
        {"began": began_at},
    )
    row = await cursor.fetchone()
    return row["id"] if row else None


async def in_pack(db: Connection, pack_id: UUID) -> list[Instance]:
    """What lies in a pack, in its order."""
    cursor = await db.execute(
        """
        select i.*, s.series_instance_uid, p.object_key
        from archive.instance i
        join archive.series s on s.id = i.series_id
        join archive.pack p on p.id = i.pack_id
        where i.pack_id = %s
        order by i.start
        """,
        (pack_id,),
    )
    return [instance_of(row) for row in await cursor.fetchall()]


async def read(db: Connection, pack_id: UUID, size: int, damaged: int, now: datetime) -> None:
    """All of a pack was read, whole or not: what is damaged stands in a table of its own."""
    await db.execute("update archive.pack set scrubbed_at = %s where id = %s", (now, pack_id))
    await db.execute(
        """
        update archive.scrub
        set packs = packs + 1, bytes = bytes + %s, damaged = damaged + %s
        """,
        (size, damaged),
    )
