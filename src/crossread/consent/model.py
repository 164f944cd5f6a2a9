"""What is known of a patient's permission to share her file of one hospital."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class Decision(StrEnum):
    """What she said; that nothing is known is told by there being no consent at all."""

    PERMIT = "permit"
    DENY = "deny"


class ConsentEvent(StrEnum):
    """What this room announces; the subject is the patient's id."""

    RECORDED = "consent.recorded"  # facts: decision


@dataclass(frozen=True, slots=True)
class Consent:
    """A permission or refusal for one source file (FHIR Consent; brondossier)."""

    id: UUID
    hospital_id: str  # whose file
    patient_id: UUID
    decision: Decision
    source: str  # 'register': filled by hand
    recorded_by: UUID | None
    reason: str
    starts_at: datetime
    ends_at: datetime | None
    recorded_at: datetime
