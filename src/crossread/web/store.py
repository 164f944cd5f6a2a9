"""All SQL of sessions."""

from datetime import datetime
from uuid import UUID

from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Reader
from crossread.platform.database import Connection


async def insert_session(
    db: Connection,
    token_digest: bytes,
    reader_id: UUID,
    kind: str,
    now: datetime,
    ends_at: datetime,
    label: str = "",
) -> None:
    """Add a session or a token."""
    await db.execute(
        """
        insert into web.session (token_digest, reader_id, kind, label, made_at, seen_at, ends_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (token_digest, reader_id, kind, label, now, now, ends_at),
    )


async def session_owner(db: Connection, token_digest: bytes, now: datetime) -> Reader | None:
    """Whose secret this is, if it still counts."""
    cursor = await db.execute(
        """
        select s.reader_id
        from web.session s
        join hospitals.reader r on r.id = s.reader_id
        where s.token_digest = %s and %s < s.ends_at and r.active
        """,
        (token_digest, now),
    )
    row = await cursor.fetchone()
    return await hospitals.reader(db, row["reader_id"]) if row else None


async def delete_session(db: Connection, token_digest: bytes) -> None:
    """End a session."""
    await db.execute("delete from web.session where token_digest = %s", (token_digest,))
