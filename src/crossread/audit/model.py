"""One entry of the audit trail."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to whose file, for which purpose, and whether it was allowed (NEN 7513 § 6)."""

    action: str  # 'read', 'claim', 'sign', 'query', 'retrieve', 'sign_in' ...
    purpose: str  # a hospitals.Purpose, or 'own_file', 'administration'
    subject_kind: str  # 'study', 'task', 'report', 'patient', 'query'
    subject_id: str
    allowed: bool
    reader_id: UUID | None = None  # None: a hospital's own system
    reader_hospital_id: str | None = None
    patient_id: UUID | None = None
    hospital_id: str | None = None  # whose file
    task_id: UUID | None = None
    form: str | None = None
    reasons: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)  # counts, AE titles; never patient data
