"""Patients as hospitals know them, and the persons they are (PIX, ITI-8/ITI-9)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid5


class PatientEvent(StrEnum):
    """What this room announces."""

    RECOGNISED = "patient.recognised"  # a patient is known to be this person; facts: evidence
    CHANGED = "patient.changed"  # other words or dates than before about a known patient
    MERGED = "patient.merged"  # subject: the number that is gone; facts: surviving_patient_id
    POSSIBLE_LINK = "patient.possible_link"  # alike, not sure


class Evidence(StrEnum):
    """Why we take two patients for one person."""

    ALONE = "alone"  # nobody else is known to be her
    BSN = "bsn"  # same valid BSN, and nothing contradicts it
    BY_HAND = "by_hand"
    MERGED = "merged"  # their hospital says that they are one patient


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient as one hospital knows her."""

    id: UUID
    hospital_id: str
    issuer: str  # namespace of the number
    number: str
    bsn: str | None
    name: str  # DICOM PN: family^given^middle^prefix^suffix
    birth_date: date | None
    sex: str  # DICOM: M, F, O or empty
    updated_at: datetime


def patient_id(hospital_id: str, issuer: str, number: str) -> UUID:
    """The same number of the same issuer at the same hospital is the same patient."""
    return uuid5(NAMESPACE_OID, f"crossread/patient/{hospital_id}/{issuer}/{number}")


def is_bsn(text: str) -> bool:
    """Whether `text` passes the eleven test of the Dutch citizen service number (nine digits)."""
    if len(text) != 9 or not text.isascii() or not text.isdigit() or text == "0" * 9:
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(weight * int(digit) for weight, digit in zip(weights, text, strict=True)) % 11 == 0
