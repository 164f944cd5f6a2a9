"""What cannot be taken in but could matter is kept aside, with the reason."""

import hashlib
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.archive import store
from crossread.archive.model import ArchiveEvent, Reason
from crossread.platform import events
from crossread.platform.database import Database
from crossread.platform.objects import Objects


async def hold(
    database: Database,
    objects: Objects,
    *,
    hospital_id: str | None,
    sender: str,
    protocol: str,
    reason: Reason,
    sentence: str,
    content: bytes | memoryview,
    uid: str = "",
    transfer_syntax_uid: str = "",
    now: datetime,
) -> UUID:
    """Keep `content` aside, durable when this returns; the same a second time changes nothing."""
    digest = hashlib.sha256(content).hexdigest()
    key = uuid5(NAMESPACE_OID, f"crossread/quarantine/{protocol}/{sender}/{reason}/{digest}")
    object_key = f"quarantine/{key}"
    await objects.put(object_key, content)
    async with database.transaction() as db:
        new = await store.hold(
            db,
            quarantine_id=key,
            hospital_id=hospital_id,
            sender=sender[:64],
            protocol=protocol,
            reason=reason,
            sentence=sentence,
            object_key=object_key,
            size=len(content),
            digest=digest,
            uid=uid[:64],
            transfer_syntax_uid=transfer_syntax_uid,
            now=now,
        )
        if new:
            await events.append(
                db,
                ArchiveEvent.QUARANTINED,
                key,
                hospital_id=hospital_id,
                facts={"reason": reason, "protocol": protocol},
            )
    return key
