"""A match in the DICOM JSON model (PS3.18 Annex F), for QIDO-RS."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword

from crossread.archive.attributes import Level
from crossread.archive.query import Value

# what an answer has without being asked (PS3.18 tables 10.6.3-3, -4 and -5); the URLs, and the
# attributes of the levels above where they were not in the path, are for the gateway to add
USUAL: dict[Level, tuple[str, ...]] = {
    Level.PATIENT: (),
    Level.STUDY: (
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "InstanceAvailability",
        "ModalitiesInStudy",
        "ReferringPhysicianName",
        "TimezoneOffsetFromUTC",
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyInstanceUID",
        "StudyID",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    Level.SERIES: (
        "Modality",
        "TimezoneOffsetFromUTC",
        "SeriesDescription",
        "SeriesInstanceUID",
        "SeriesNumber",
        "NumberOfSeriesRelatedInstances",
        "PerformedProcedureStepStartDate",
        "PerformedProcedureStepStartTime",
        "RequestAttributesSequence",
    ),
    Level.IMAGE: (
        "SOPClassUID",
        "SOPInstanceUID",
        "InstanceAvailability",
        "TimezoneOffsetFromUTC",
        "InstanceNumber",
        "Rows",
        "Columns",
        "BitsAllocated",
        "NumberOfFrames",
    ),
}
_NAMES = ("Alphabetic", "Ideographic", "Phonetic")


def dicom_json(values: Mapping[str, Value]) -> dict[str, Any]:
    """The values of a match by tag; those without a value have their VR only (PS3.18 F.2.5)."""
    return dict(sorted(map(_element, values.items())))


def _element(named: tuple[str, Value]) -> tuple[str, dict[str, Any]]:
    keyword, value = named
    tag, vr = _known(keyword)
    match value:
        case None | "" | []:
            return tag, {"vr": vr}
        case str() if vr == "PN":
            groups = zip(_NAMES, value.split("="), strict=False)
            return tag, {"vr": vr, "Value": [{name: one for name, one in groups if one}]}
        case str() | int():
            return tag, {"vr": vr, "Value": [value]}
        case many:
            items = [dicom_json(one) if isinstance(one, dict) else one for one in many]
            return tag, {"vr": vr, "Value": items}


@cache
def _known(keyword: str) -> tuple[str, str]:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return f"{tag:08X}", dictionary_VR(tag)
