"""What queries may ask of a study and its series beyond what identifies them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crossread.archive.attributes import ITEMS
from crossread.archive.read import Header, moment

ITEMS_AT_MOST = 16  # of a sequence in the index; the file keeps all of them

Items = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Details:
    """Of the study first, then of the series; empty where the header is silent."""

    study_number: str
    referring_physician: str
    other_patient_numbers: list[str]
    timezone: str
    procedure_codes: Items
    referenced_studies: Items
    series_at: datetime | None
    step_started_at: datetime | None
    step_number: str
    protocol: str
    manufacturer: str
    model: str
    station: str
    institution: str
    laterality: str
    requests: Items


def details(header: Header) -> Details:
    """What a header says. It is asked once a series: the first image speaks for all."""
    return Details(
        study_number=header.text("StudyID"),
        referring_physician=header.text("ReferringPhysicianName"),
        other_patient_numbers=_other_numbers(header),
        timezone=header.text("TimezoneOffsetFromUTC"),
        procedure_codes=_items(header, "ProcedureCodeSequence"),
        referenced_studies=_items(header, "ReferencedStudySequence"),
        series_at=moment(header.text("SeriesDate"), header.text("SeriesTime")),
        step_started_at=moment(
            header.text("PerformedProcedureStepStartDate"),
            header.text("PerformedProcedureStepStartTime"),
        ),
        step_number=header.text("PerformedProcedureStepID"),
        protocol=header.text("ProtocolName"),
        manufacturer=header.text("Manufacturer"),
        model=header.text("ManufacturerModelName"),
        station=header.text("StationName"),
        institution=header.text("InstitutionName"),
        laterality=header.text("Laterality"),
        requests=_items(header, "RequestAttributesSequence"),
    )


def _items(header: Header, keyword: str) -> Items:
    """Each item's attributes that can be asked for, by keyword."""
    found = []
    for item in header.items(keyword)[:ITEMS_AT_MOST]:
        named = {inner: item.text(inner) for inner in ITEMS[keyword]}
        found.append({inner: value for inner, value in named.items() if value})
    return found


def _other_numbers(header: Header) -> list[str]:
    """Other numbers of the patient, as the retired attribute and its successor name them."""
    items = header.items("OtherPatientIDsSequence")[:ITEMS_AT_MOST]
    listed = header.text("OtherPatientIDs").split("\\")
    return _once([*listed, *(item.text("PatientID") for item in items)])[:ITEMS_AT_MOST]


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value.strip() for value in values if value.strip()))
