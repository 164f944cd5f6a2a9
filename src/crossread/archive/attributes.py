"""What can be asked about studies, and at which level it stands (PS3.4 C.6.1.1, C.6.2.1)."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache


class Level(StrEnum):
    """What a query is about (PS3.4 C.6), from the whole to its parts."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def depth(self) -> int:
        """How far from the patient."""
        return _DEPTHS[self]


_DEPTHS = {level: depth for depth, level in enumerate(Level)}


class Kind(StrEnum):
    """How the values of an attribute are compared (PS3.4 C.2.2.2)."""

    UID = "uid"  # single value, or a list of which one fits
    TEXT = "text"  # single value or wildcard; capitals matter
    NAME = "name"  # the same for a person; neither case nor accents matter
    DATE = "date"  # single value or range
    TIME = "time"
    NUMBER = "number"  # single value
    TEXTS = "texts"  # several values, of which one has to fit
    SEQUENCE = "sequence"  # all keys of an item have to fit one item
    FIGURE = "figure"  # given back, never compared


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that the index holds."""

    keyword: str
    level: Level
    kind: Kind


def _at(level: Level, **kinds: Kind) -> dict[str, Attribute]:
    return {keyword: Attribute(keyword, level, kind) for keyword, kind in kinds.items()}


ATTRIBUTES: dict[str, Attribute] = {
    **_at(
        Level.PATIENT,
        PatientID=Kind.TEXT,
        IssuerOfPatientID=Kind.TEXT,
        OtherPatientIDs=Kind.TEXTS,
        PatientName=Kind.NAME,
        PatientBirthDate=Kind.DATE,
        PatientSex=Kind.TEXT,
        NumberOfPatientRelatedStudies=Kind.FIGURE,
        NumberOfPatientRelatedSeries=Kind.FIGURE,
        NumberOfPatientRelatedInstances=Kind.FIGURE,
    ),
    **_at(
        Level.STUDY,
        StudyInstanceUID=Kind.UID,
        StudyDate=Kind.DATE,
        StudyTime=Kind.TIME,
        AccessionNumber=Kind.TEXT,
        StudyID=Kind.TEXT,
        ReferringPhysicianName=Kind.NAME,
        StudyDescription=Kind.TEXT,
        ModalitiesInStudy=Kind.TEXTS,
        SOPClassesInStudy=Kind.TEXTS,
        NumberOfStudyRelatedSeries=Kind.NUMBER,
        NumberOfStudyRelatedInstances=Kind.NUMBER,
        InstanceAvailability=Kind.FIGURE,
        StudyStatusID=Kind.FIGURE,
        TimezoneOffsetFromUTC=Kind.FIGURE,
        ProcedureCodeSequence=Kind.SEQUENCE,
        ReferencedStudySequence=Kind.SEQUENCE,
    ),
    **_at(
        Level.SERIES,
        SeriesInstanceUID=Kind.UID,
        Modality=Kind.TEXT,
        SeriesNumber=Kind.NUMBER,
        SeriesDescription=Kind.TEXT,
        SeriesDate=Kind.DATE,
        SeriesTime=Kind.TIME,
        BodyPartExamined=Kind.TEXT,
        Laterality=Kind.TEXT,
        ProtocolName=Kind.TEXT,
        Manufacturer=Kind.TEXT,
        ManufacturerModelName=Kind.TEXT,
        StationName=Kind.TEXT,
        InstitutionName=Kind.TEXT,
        PerformedProcedureStepStartDate=Kind.DATE,
        PerformedProcedureStepStartTime=Kind.TIME,
        PerformedProcedureStepID=Kind.TEXT,
        NumberOfSeriesRelatedInstances=Kind.NUMBER,
        RequestAttributesSequence=Kind.SEQUENCE,
    ),
    **_at(
        Level.IMAGE,
        SOPInstanceUID=Kind.UID,
        SOPClassUID=Kind.UID,
        AvailableTransferSyntaxUID=Kind.UID,
        InstanceNumber=Kind.NUMBER,
        NumberOfFrames=Kind.NUMBER,
        Rows=Kind.NUMBER,
        Columns=Kind.NUMBER,
        BitsAllocated=Kind.NUMBER,
        ContentDate=Kind.DATE,
        ContentTime=Kind.TIME,
    ),
}

# what the items of a sequence may be asked about
ITEMS: dict[str, dict[str, Kind]] = {
    "ProcedureCodeSequence": {
        "CodeValue": Kind.TEXT,
        "CodingSchemeDesignator": Kind.TEXT,
        "CodeMeaning": Kind.TEXT,
    },
    "ReferencedStudySequence": {
        "ReferencedSOPClassUID": Kind.UID,
        "ReferencedSOPInstanceUID": Kind.UID,
    },
    "RequestAttributesSequence": {
        "AccessionNumber": Kind.TEXT,
        "RequestedProcedureID": Kind.TEXT,
        "RequestedProcedureDescription": Kind.TEXT,
        "ScheduledProcedureStepID": Kind.TEXT,
        "ScheduledProcedureStepDescription": Kind.TEXT,
    },
}

UNIQUE = {
    Level.PATIENT: "PatientID",
    Level.STUDY: "StudyInstanceUID",
    Level.SERIES: "SeriesInstanceUID",
    Level.IMAGE: "SOPInstanceUID",
}

# a day and the time on it, which combined matching takes as one moment (PS3.4 C.2.2.2.5.4)
MOMENTS = {
    "StudyDate": "StudyTime",
    "SeriesDate": "SeriesTime",
    "PerformedProcedureStepStartDate": "PerformedProcedureStepStartTime",
    "ContentDate": "ContentTime",
}


@cache
def known(level: Level) -> tuple[str, ...]:
    """Every attribute that a query at this level may ask for: of this level and those above."""
    return tuple(one.keyword for one in ATTRIBUTES.values() if one.level.depth <= level.depth)
