"""Studies, series and instances as the archive keeps them (PS3.3), and what it refuses."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.platform.errors import CrossreadError, Unreachable


class StudyState(StrEnum):
    """Whether more is on its way."""

    ARRIVING = "arriving"  # something came within the quiet time
    AT_REST = "at_rest"  # nothing came for a while: taken as complete


class ArchiveEvent(StrEnum):
    """What the archive announces."""

    STUDY_ARRIVING = "study.arriving"  # first instance, or the first after a rest
    STUDY_RESTED = "study.rested"  # facts: study_instance_uid, instances, rests
    QUARANTINED = "quarantine.held"  # facts: reason, protocol
    DAMAGED = "instance.damaged"  # what is kept is not what came; facts: study_id, sop_instance_uid


class Outcome(StrEnum):
    """What became of one instance that was sent."""

    STORED = "stored"
    REPEATED = "repeated"  # the same bytes were here already: nothing changed


class Reason(StrEnum):
    """Why something was not taken in."""

    NOT_DICOM = "not_dicom"
    TRUNCATED = "truncated"
    MISSING_UID = "missing_uid"
    WRONG_VALUE = "wrong_value"
    OTHER_CLASS = "other_class"  # the SOP class announced is not the one in the data set
    OTHER_CONTENT = "other_content"  # same SOP Instance UID, other bytes
    OTHER_STUDY = "other_study"  # its series or instance UID belongs to another study
    NOT_HL7 = "not_hl7"
    UNSUPPORTED = "unsupported"
    UNKNOWN_CHARACTERS = "unknown_characters"


class NotArchived(CrossreadError):
    """The instance was refused; where something of it could matter, it lies in quarantine."""

    def __init__(self, reason: Reason, sentence: str, *, cause: str = "") -> None:
        super().__init__(sentence, cause=cause)
        self.reason = reason


class NotKept(Unreachable):
    """The object store cannot keep anything now; nothing was archived, and a repeat may succeed."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One instance as a hospital sent it."""

    hospital_id: str
    sender: str  # calling AE title, or the sign-in of a STOW client
    transfer_syntax_uid: str
    dataset: bytes  # encoded data set, without preamble and file meta
    sop_class_uid: str = ""  # as announced by the sender, if it did
    sop_instance_uid: str = ""
    protocol: str = "dimse"  # or "stow"


@dataclass(frozen=True, slots=True)
class Study:
    """A study of one hospital: as its first instance says, and later ones where that was silent."""

    id: UUID
    hospital_id: str
    study_instance_uid: str
    state: StudyState
    accession_number: str
    patient_number: str
    issuer: str
    patient_name: str
    birth_date: date | None
    sex: str
    study_at: datetime | None  # hospital's own time, no zone
    description: str
    modalities: tuple[str, ...]
    body_part: str
    sending_application: str
    series_count: int
    instance_count: int
    bytes: int
    first_received_at: datetime
    last_received_at: datetime
    rests: int


@dataclass(frozen=True, slots=True)
class Series:
    """A series of a study."""

    id: UUID
    study_id: UUID
    series_instance_uid: str
    modality: str
    number: int | None
    description: str
    body_part: str
    instance_count: int


@dataclass(frozen=True, slots=True)
class Instance:
    """Where one instance lies, and how to get at its frames without reading all of it."""

    id: UUID
    hospital_id: str
    study_id: UUID
    series_id: UUID
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    number: int | None
    frames: int
    object_key: str
    bytes: int  # of the kept Part-10 file
    digest: str  # sha-256 of the data set as received, hex
    dataset_offset: int  # where the data set starts in the kept file
    pixel_offset: int | None  # where native PixelData starts in the kept file
    pixel_bytes: int | None
    metadata: dict[str, Any]  # DICOM JSON model (PS3.18 Annex F) without bulk data


def study_id(hospital_id: str, study_instance_uid: str) -> UUID:
    """The same hospital's same study is the same row, whoever computes it."""
    return uuid5(NAMESPACE_OID, f"crossread/study/{hospital_id}/{study_instance_uid}")
