"""All SQL of the settlement."""

from crossread.platform.database import Connection
from crossread.settlement.model import Entry


async def insert(db: Connection, entry: Entry) -> bool:
    """Book an entry; False when this report was booked already."""
    cursor = await db.execute(
        """
        insert into settlement.entry (
            id, report_id, source_hospital_id, reading_hospital_id, agreement_id,
            agreement_version, amount_cents, booked_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (report_id) do nothing
        """,
        (
            entry.id,
            entry.report_id,
            entry.source_hospital_id,
            entry.reading_hospital_id,
            entry.agreement_id,
            entry.agreement_version,
            entry.amount_cents,
            entry.booked_at,
        ),
    )
    return cursor.rowcount == 1
