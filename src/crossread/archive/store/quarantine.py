"""SQL of the quarantine."""

from collections.abc import Sequence
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


async def held(db: Connection, hospital_id: str | None, state: str | None, limit: int) -> list[Row]:
    """What lies, or lay, in quarantine, newest first; of every hospital where none is named."""
    cursor = await db.execute(
        """
        select q.id, q.hospital_id, q.sender, q.protocol, q.reason, q.sentence, q.bytes, q.uid,
               q.received_at, q.state, q.resolved_at, q.resolution, r.name as resolved_by
        from archive.quarantine q
        left join hospitals.reader r on r.id = q.resolved_by
        where (%(hospital)s::text is null or q.hospital_id = %(hospital)s)
          and (%(state)s::text is null or q.state = %(state)s)
        order by q.received_at desc
        limit %(limit)s
        """,
        {"hospital": hospital_id, "state": state, "limit": limit},
    )
    return await cursor.fetchall()


async def one(db: Connection, quarantine_id: UUID) -> Row | None:
    """One thing in quarantine."""
    cursor = await db.execute("select * from archive.quarantine where id = %s", (quarantine_id,))
    return await cursor.fetchone()


async def resolve(
    db: Connection,
    quarantine_id: UUID,
    state: str,
    resolution: str,
    by: UUID | None,
    now: datetime,
) -> bool:
    """What is held is let in, or thrown away; False when that was done before."""
    cursor = await db.execute(
        """
        update archive.quarantine
        set state = %s, resolution = %s, resolved_by = %s, resolved_at = %s
        where id = %s and state = 'held'
        """,
        (state, resolution, by, now, quarantine_id),
    )
    return cursor.rowcount == 1


async def discard_instances(
    db: Connection, hospital_id: str, uids: Sequence[str], now: datetime
) -> list[str]:
    """Throw away what is held under these SOP Instance UIDs; its objects' keys."""
    cursor = await db.execute(
        """
        update archive.quarantine
        set state = 'discarded', resolution = 'erased', resolved_at = %s
        where hospital_id = %s and uid = any(%s) and protocol <> 'mllp' and state <> 'discarded'
        returning object_key
        """,
        (now, hospital_id, list(uids)),
    )
    return [row["object_key"] for row in await cursor.fetchall()]
