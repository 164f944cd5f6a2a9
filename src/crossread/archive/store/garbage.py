"""SQL of objects that no row speaks of any more."""

from collections.abc import Sequence
from datetime import datetime

from crossread.platform.database import Connection


async def discard(db: Connection, keys: Sequence[str], now: datetime) -> None:
    """These objects are to be deleted, once nobody can be reading them."""
    await db.execute(
        """
        insert into archive.garbage (object_key, since)
        select key, %s
        from unnest(%s::text[]) as key
        on conflict do nothing
        """,
        (now, list(keys)),
    )


async def discarded(db: Connection, before: datetime, limit: int) -> list[str]:
    """What was discarded before then, oldest first."""
    cursor = await db.execute(
        """
        select object_key
        from archive.garbage
        where since <= %s
        order by since
        limit %s
        """,
        (before, limit),
    )
    return [row["object_key"] for row in await cursor.fetchall()]


async def collected(db: Connection, keys: Sequence[str]) -> None:
    """These are deleted now."""
    await db.execute("delete from archive.garbage where object_key = any(%s)", (list(keys),))


async def unknown(db: Connection, keys: Sequence[str]) -> set[str]:
    """Which of these objects no row speaks of, of whatever kind they are."""
    cursor = await db.execute(
        """
        select key
        from unnest(%s::text[]) as key
        where not exists (select 1 from archive.pack where object_key = key)
          and not exists (select 1 from archive.quarantine where object_key = key)
          and not exists (select 1 from archive.series where metadata_key = key)
          and not exists (select 1 from archive.copy where object_key = key)
          and not exists (select 1 from archive.media_import where object_key = key)
          and not exists (select 1 from archive.garbage where object_key = key)
        """,
        (list(keys),),
    )
    return {row["key"] for row in await cursor.fetchall()}
