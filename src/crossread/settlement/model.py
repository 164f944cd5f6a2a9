"""What a reading costs the hospital that asked for it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SettlementEvent(StrEnum):
    """What this room announces; the subject is the entry's id."""

    BOOKED = "settlement.booked"  # facts: agreement_id, version, amount_cents


@dataclass(frozen=True, slots=True)
class Entry:
    """One final report, at the tariff of the agreement under which it was read."""

    id: UUID
    report_id: UUID
    source_hospital_id: str  # owes
    reading_hospital_id: str  # is owed
    agreement_id: str
    agreement_version: int
    amount_cents: int
    booked_at: datetime
