"""All SQL of the consent register."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.consent.model import Consent, Decision
from crossread.platform.database import Connection, Row


async def insert(db: Connection, consent: Consent) -> None:
    """Add what was said; earlier entries stay, the latest in force counts."""
    await db.execute(
        """
        insert into consent.consent (
            id, hospital_id, patient_id, decision, source, recorded_by, reason, starts_at,
            ends_at, recorded_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            consent.id,
            consent.hospital_id,
            consent.patient_id,
            consent.decision,
            consent.source,
            consent.recorded_by,
            consent.reason,
            consent.starts_at,
            consent.ends_at,
            consent.recorded_at,
        ),
    )


async def in_force(
    db: Connection, patient_ids: Sequence[UUID], now: datetime
) -> dict[UUID, Consent]:
    """The consent that counts now, for each of these patients of whom anything is known."""
    cursor = await db.execute(
        """
        select distinct on (patient_id) *
        from consent.consent
        where patient_id = any(%(patients)s)
          and starts_at <= %(now)s and (ends_at is null or %(now)s < ends_at)
        order by patient_id, recorded_at desc
        """,
        {"patients": list(patient_ids), "now": now},
    )
    return {row["patient_id"]: _consent(row) for row in await cursor.fetchall()}


def _consent(row: Row) -> Consent:
    return Consent(
        row["id"],
        row["hospital_id"],
        row["patient_id"],
        Decision(row["decision"]),
        row["source"],
        row["recorded_by"],
        row["reason"],
        row["starts_at"],
        row["ends_at"],
        row["recorded_at"],
    )
