"""SQL of the quarantine."""

from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection, Row


async def hold(
    db: Connection,
    *,
    quarantine_id: UUID,
    hospital_id: str | None,
    sender: str,
    protocol: str,
    reason: str,
    sentence: str,
    object_key: str,
    size: int,
    digest: str,
    uid: str,
    transfer_syntax_uid: str,
    now: datetime,
) -> bool:
    """Add to the quarantine; False when the same lay there already."""
    cursor = await db.execute(
        """
        insert into archive.quarantine (
            id, hospital_id, sender, protocol, reason, sentence, object_key, bytes, digest, uid,
            transfer_syntax_uid, received_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (
            quarantine_id,
            hospital_id,
            sender,
            protocol,
            reason,
            sentence,
            object_key,
            size,
            digest,
            uid,
            transfer_syntax_uid,
            now,
        ),
    )
    return cursor.rowcount == 1


async def quarantined(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """What of this hospital lies in quarantine, newest first."""
    cursor = await db.execute(
        """
        select id, hospital_id, sender, protocol, reason, sentence, bytes, uid, received_at, state
        from archive.quarantine
        where hospital_id = %s
        order by received_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()
