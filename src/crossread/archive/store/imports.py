"""SQL of what people bring on media."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from crossread.platform.database import Connection, Row


async def add(
    db: Connection,
    *,
    import_id: UUID,
    hospital_id: str,
    asked_by: UUID,
    issuer: str,
    object_key: str,
    size: int,
    now: datetime,
) -> None:
    """Write down that something was brought."""
    await db.execute(
        """
        insert into archive.media_import (
            id, hospital_id, asked_by, issuer, object_key, bytes, asked_at
        )
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (import_id, hospital_id, asked_by, issuer, object_key, size, now),
    )


async def get(db: Connection, import_id: UUID) -> Row | None:
    """One import."""
    cursor = await db.execute("select * from archive.media_import where id = %s", (import_id,))
    return await cursor.fetchone()


async def of_hospital(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """A hospital's imports, newest first."""
    cursor = await db.execute(
        """
        select *
        from archive.media_import
        where hospital_id = %s
        order by asked_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()


async def progress(
    db: Connection,
    import_id: UUID,
    counts: dict[str, int],
    refusals: list[dict[str, str]],
    studies: list[UUID],
) -> None:
    """Write down how far an import is."""
    await db.execute(
        """
        update archive.media_import
        set state = 'running', seen = %(seen)s, stored = %(stored)s, repeated = %(repeated)s,
            refused = %(refused)s, others = %(others)s, stored_bytes = %(bytes)s,
            refusals = %(refusals)s, studies = %(studies)s
        where id = %(id)s
        """,
        {"id": import_id, "refusals": Jsonb(refusals), "studies": studies, **counts},
    )


async def end(
    db: Connection, import_id: UUID, state: str, sentence: str, now: datetime
) -> dict[str, Any] | None:
    """An import has ended; its row, unless it had ended before."""
    cursor = await db.execute(
        """
        update archive.media_import
        set state = %s, sentence = %s, ended_at = %s
        where id = %s and ended_at is null
        returning *
        """,
        (state, sentence, now, import_id),
    )
    return await cursor.fetchone()
