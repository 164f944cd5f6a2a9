"""Our own consent register, filled by hand."""

from datetime import datetime
from uuid import UUID, uuid4

from crossread.consent import store
from crossread.consent.model import Consent, ConsentEvent, Decision
from crossread.platform import events
from crossread.platform.database import Connection


async def record(
    db: Connection,
    *,
    hospital_id: str,
    patient_id: UUID,
    decision: Decision,
    reason: str,
    recorded_by: UUID | None,
    now: datetime,
    ends_at: datetime | None = None,
) -> Consent:
    """Write down what a patient of `hospital_id` said of sharing her file there.

    Source: Wegiz; Wabvpz art. 15a (explicit permission, per source file, until withdrawn).
    """
    consent = Consent(
        uuid4(),
        hospital_id,
        patient_id,
        decision,
        "register",
        recorded_by,
        reason,
        now,
        ends_at,
        now,
    )
    await store.insert(db, consent)
    await events.append(
        db,
        ConsentEvent.RECORDED,
        patient_id,
        hospital_id=hospital_id,
        facts={"decision": decision},
    )
    return consent


async def carry(
    db: Connection, gone: UUID, survivor: UUID, hospital_id: str, now: datetime
) -> Consent | None:
    """Two numbers are one patient's: what she said under the old one counts, a refusal before all.

    None where what is known under the new number says as much already.
    """
    known = await store.in_force(db, [gone, survivor], now)
    old, new = known.get(gone), known.get(survivor)
    if old is None or (new is not None and (new.decision is Decision.DENY or new == old)):
        return None
    if new is not None and old.decision is Decision.PERMIT:
        return None
    return await record(
        db,
        hospital_id=hospital_id,
        patient_id=survivor,
        decision=old.decision,
        reason=old.reason,
        recorded_by=old.recorded_by,
        now=now,
        ends_at=old.ends_at,
    )
