"""Studies, series and instances as the archive keeps them (PS3.3), and what it refuses."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.platform.errors import CrossreadError, Unreachable

Content = bytes | bytearray | memoryview  # encoded, in memory or mapped from a file

_SPAN = struct.Struct("<QI")  # offset and length of one frame


class StudyState(StrEnum):
    """Whether more is on its way."""

    ARRIVING = "arriving"  # something came within the quiet time
    AT_REST = "at_rest"  # nothing came for a while: taken as complete


class ArchiveEvent(StrEnum):
    """What the archive announces."""

    STUDY_ARRIVING = "study.arriving"  # first instance, or the first after a rest
    STUDY_RESTED = "study.rested"  # facts: study_instance_uid, instances, rests
    STUDY_ONLINE = "study.online"  # all that the cache had given up is here again
    QUARANTINED = "quarantine.held"  # facts: reason, protocol
    CHANGED = "instance.changed"  # fetched again, it is not what it was; facts: as of the next
    DAMAGED = "instance.damaged"  # what is kept is not what came; facts: study_id, sop_instance_uid
    MENDED = "instance.mended"  # it came again, and is whole; facts as above
    NOTED = "instance.noted"  # a Key Object Selection came: it may reject others; facts: study_id
    REJECTED = "study.rejected"  # facts: code, instances
    UNREJECTED = "study.unrejected"  # a note was revoked; facts: instances
    REASSIGNED = "study.reassigned"  # by hand: it is another patient's, or answers another order
    CORRECTED = "study.corrected"  # facts: source, corrected (keywords)
    EVICTED = "study.evicted"  # the cache let go of its images; facts: bytes
    ERASED = "study.erased"  # facts: erasure_id, instances
    READMITTED = "quarantine.readmitted"  # facts: outcome
    DISCARDED = "quarantine.discarded"
    IMPORT_ASKED = "import.asked"  # somebody brought a medium
    IMPORT_PROGRESSED = "import.progressed"  # facts: state, instances
    IMPORT_ENDED = "import.ended"  # facts: state, instances
    QUOTA_NEAR = "quota.near"  # more is kept of a hospital than it wants to be warned of


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
    REPLACED = "replaced"  # was kept, until an administrator took other content in its place
    ERASED = "erased"  # of a study that was erased; the only refusal of which nothing is kept


class NotArchived(CrossreadError):
    """The instance was refused; where something of it could matter, it lies in quarantine."""

    def __init__(self, reason: Reason, sentence: str, *, cause: str = "") -> None:
        super().__init__(sentence, cause=cause)
        self.reason = reason


class NotKept(Unreachable):
    """The archive cannot keep anything now; nothing was archived, and a repeat may succeed."""


class NotHere(Unreachable):
    """The image was given up by the cache; its hospital has it, and it can be fetched again."""


@dataclass(frozen=True, slots=True)
class Announced:
    """What a sender says of an instance before its bytes come."""

    hospital_id: str
    sender: str  # calling AE title, or the sign-in of a STOW client
    transfer_syntax_uid: str
    sop_class_uid: str = ""  # empty: not said
    sop_instance_uid: str = ""
    protocol: str = "dimse"  # or "stow", "media"
    study_instance_uid: str = ""  # the only study that it may belong to; empty: any
    held: bool = False  # it lies in quarantine already
    issuer: str = ""  # of patient numbers where the image names none; empty: the hospital


@dataclass(frozen=True, slots=True)
class Arrival:
    """One small instance, whole in memory."""

    announced: Announced
    dataset: bytes  # encoded data set, without preamble and file meta


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
    availability: str = "online"


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
    """Where one instance lies, and how to get at its frames without reading all of it.

    Its file (PS3.10: our file meta, then the data set as received) is a part of a pack; offsets
    within the file count from the file's own start.
    """

    id: UUID
    hospital_id: str
    study_id: UUID
    series_id: UUID
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    number: int | None
    frames: int  # 0: no pixels
    pack_id: UUID | None  # None: its bytes are not here now
    object_key: str | None  # of the pack
    start: int  # of the file in the pack
    fragments: bytes | None  # encapsulated: see `frame_spans`; None: not looked up
    bytes: int  # of the file
    digest: str  # of the data set as received: see `checksum`
    dataset_offset: int  # where the data set starts in the file
    header_bytes: int | None  # of the data set before its pixel data; None: not looked up
    pixel_offset: int | None  # where native PixelData starts in the file
    pixel_bytes: int | None
    frame_bytes: int | None  # of one native frame
    rejection: str = ""  # code of the rejection note that hides it (CID 7011)
    pixel_rows: int | None = None
    pixel_columns: int | None = None
    bits_allocated: int | None = None
    content_at: datetime | None = None  # ContentDate and ContentTime, hospital's own time

    @property
    def frame_spans(self) -> list[tuple[int, int]]:
        """Offset in the file and length of each encapsulated frame, its items' headers included."""
        return unpacked(self.fragments or b"")


def study_id(hospital_id: str, study_instance_uid: str) -> UUID:
    """The same hospital's same study is the same row, whoever computes it."""
    return uuid5(NAMESPACE_OID, f"crossread/study/{hospital_id}/{study_instance_uid}")


def spans(frames: Iterable[tuple[int, int]]) -> bytes:
    """`Instance.fragments` of these offsets and lengths."""
    return b"".join(_SPAN.pack(offset, length) for offset, length in frames)


def unpacked(packed: bytes) -> list[tuple[int, int]]:
    """The offsets and lengths that `spans` packed."""
    return list(_SPAN.iter_unpack(packed))
