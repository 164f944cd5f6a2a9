"""SQL of conditions: each type of matching as a line of `where`."""

from datetime import date, datetime, time
from typing import Any

from crossread.archive.attributes import ATTRIBUTES, Kind
from crossread.archive.matching import (
    Condition,
    Item,
    Name,
    Numbers,
    Texts,
    Within,
    Without,
    Words,
    is_pattern,
)

# where each attribute stands; a moment holds both a date and a time
COLUMNS: dict[str, str] = {
    "PatientID": "st.patient_number",
    "IssuerOfPatientID": "st.issuer",
    "OtherPatientIDs": "st.other_patient_numbers",
    "PatientName": "st.patient_name",
    "PatientBirthDate": "st.birth_date",
    "PatientSex": "st.sex",
    "NumberOfPatientRelatedStudies": "related.studies",
    "NumberOfPatientRelatedSeries": "related.series",
    "NumberOfPatientRelatedInstances": "related.instances",
    "StudyInstanceUID": "st.study_instance_uid",
    "StudyDate": "st.study_at",
    "StudyTime": "st.study_at",
    "AccessionNumber": "st.accession_number",
    "StudyID": "st.study_number",
    "ReferringPhysicianName": "st.referring_physician",
    "StudyDescription": "st.description",
    "ModalitiesInStudy": "st.modalities",
    "SOPClassesInStudy": "st.sop_classes",
    "NumberOfStudyRelatedSeries": "st.series_count",
    "NumberOfStudyRelatedInstances": "st.instance_count",
    "InstanceAvailability": "upper(st.availability)",
    "StudyStatusID": "case st.state when 'at_rest' then 'COMPLETE' else '' end",
    "TimezoneOffsetFromUTC": "st.timezone",
    "ProcedureCodeSequence": "st.procedure_codes",
    "ReferencedStudySequence": "st.referenced_studies",
    "SeriesInstanceUID": "se.series_instance_uid",
    "Modality": "se.modality",
    "SeriesNumber": "se.number",
    "SeriesDescription": "se.description",
    "SeriesDate": "se.series_at",
    "SeriesTime": "se.series_at",
    "BodyPartExamined": "se.body_part",
    "Laterality": "se.laterality",
    "ProtocolName": "se.protocol",
    "Manufacturer": "se.manufacturer",
    "ManufacturerModelName": "se.model",
    "StationName": "se.station",
    "InstitutionName": "se.institution",
    "PerformedProcedureStepStartDate": "se.step_started_at",
    "PerformedProcedureStepStartTime": "se.step_started_at",
    "PerformedProcedureStepID": "se.step_number",
    "NumberOfSeriesRelatedInstances": "se.instance_count",
    "RequestAttributesSequence": "se.requests",
    "SOPInstanceUID": "i.sop_instance_uid",
    "SOPClassUID": "i.sop_class_uid",
    "AvailableTransferSyntaxUID": "i.transfer_syntax_uid",
    "InstanceNumber": "i.number",
    "NumberOfFrames": "nullif(i.frames, 0)",
    "Rows": "i.pixel_rows",
    "Columns": "i.pixel_columns",
    "BitsAllocated": "i.bits_allocated",
    "ContentDate": "i.content_at",
    "ContentTime": "i.content_at",
}
# where what is compared is not what is given back
_COMPARED = {"StudyDate": "st.sorted_at", "ModalitiesInStudy": "st.modality_codes"}
_NAMES = {"PatientName": ("st.name_key", "st.ideographic_key", "st.phonetic_key")}
_BEFORE_ALL = date(1, 1, 2)  # later than what stands for a study without a date


class Bound:
    """The values of a statement, each under a name of its own."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def __call__(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s"


def line(keyword: str, wanted: Condition, bound: Bound) -> str:  # noqa: PLR0911 - one for each kind
    """One condition as a line of `where`."""
    kind, column = ATTRIBUTES[keyword].kind, _COMPARED.get(keyword, COLUMNS[keyword])
    match wanted:
        case Name():
            return _name(_NAMES.get(keyword), column, wanted, bound)
        case Words():
            return _words(column, wanted, bound)
        case Texts() if kind is Kind.TEXTS:
            return _of_several(column, wanted, bound)
        case Texts():
            return _texts(column, wanted, bound)
        case Numbers():
            return f"{column} = any({bound(list(wanted.values))})"
        case Within():
            return within(column, wanted, bound, by_day=kind is Kind.DATE)
        case Without():
            return _without(kind, COLUMNS[keyword])
        case Item():
            return _item(column, wanted, bound)


def _texts(column: str, wanted: Texts, bound: Bound) -> str:
    lines = []
    match wanted.values:
        case ():
            pass
        case (one,):
            lines.append(f"{column} = {bound(one)}")
        case many:
            lines.append(f"{column} = any({bound(list(many))})")
    lines += [f"{column} like {bound(_pattern(one))}" for one in wanted.patterns]
    return _any_of(lines)


def _of_several(column: str, wanted: Texts, bound: Bound) -> str:
    lines = [f"{column} && {bound(list(wanted.values))}::text[]"] if wanted.values else []
    for one in wanted.patterns:
        pattern = bound(_pattern(one))
        lines.append(f"exists (select from unnest({column}) one where one like {pattern})")
    return _any_of(lines)


def _name(keys: tuple[str, str, str] | None, column: str, wanted: Name, bound: Bound) -> str:
    if keys is None:
        parts = (f"split_part({column}, '=', {n})" for n in (1, 2, 3))
        first, second, third = (f"archive.name_key({part})" for part in parts)
        keys = (first, second, third)
    if len(wanted.groups) > 1:
        lines = [
            _text(key, group, bound)
            for key, group in zip(keys, wanted.groups, strict=False)
            if group
        ]
        return " and ".join(lines)
    [group] = wanted.groups
    if group.isascii():  # after folding, that is the alphabetic representation
        return _text(keys[0], group, bound)
    return _any_of(
        [_text(keys[0], group, bound)]
        + [f"({key} <> '' and {_text(key, group, bound)})" for key in keys[1:]]
    )


def _text(column: str, wanted: str, bound: Bound) -> str:
    if is_pattern(wanted):
        return f"{column} like {bound(_pattern(wanted))}"
    return f"{column} = {bound(wanted)}"


def _words(column: str, wanted: Words, bound: Bound) -> str:
    spaced = f"translate('^' || archive.folded({column}), E' \\t\\r\\n=,.''’-', '^^^^^^^^^^')"
    return " and ".join(f"{spaced} like {bound('%^' + escaped(one) + '%')}" for one in wanted.words)


def within(column: str, wanted: Within, bound: Bound, *, by_day: bool) -> str:
    lines = []
    if not by_day:
        column = f"{column}::time"
    first, last = wanted.first, wanted.last
    if first is None and column.endswith(".sorted_at"):
        first = _BEFORE_ALL
    if first is not None:
        lines.append(f"{column} >= {bound(first)}::{_type(first)}")
    match last:
        case datetime() | time():
            lines.append(f"{column} <= {bound(last)}::{_type(last)}")
        case date():
            lines.append(f"{column} < {bound(last)}::date + 1")
        case None:
            pass
    return " and ".join(lines)


def _type(value: date | time) -> str:
    match value:
        case datetime():
            return "timestamp"
        case time():
            return "time"
        case _:
            return "date"


def _without(kind: Kind, column: str) -> str:
    match kind:
        case Kind.TEXTS:
            return f"{column} = '{{}}'"
        case Kind.SEQUENCE:
            return f"{column} = '[]'"
        case Kind.DATE | Kind.TIME | Kind.NUMBER:
            return f"{column} is null"
        case _:
            return f"{column} = ''"


def _item(column: str, wanted: Item, bound: Bound) -> str:
    lines = []
    for keyword, condition in wanted.keys:
        inner = f"coalesce(item ->> '{keyword}', '')"
        match condition:
            case Texts():
                lines.append(_texts(inner, condition, bound))
            case Without():
                lines.append(f"{inner} = ''")
            case _:
                raise AssertionError("items have texts only")
    return f"exists (select from jsonb_array_elements({column}) item where {' and '.join(lines)})"


def _any_of(lines: list[str]) -> str:
    return lines[0] if len(lines) == 1 else f"({' or '.join(lines)})"


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _pattern(value: str) -> str:
    """DICOM wildcards as SQL's."""
    return escaped(value).replace("*", "%").replace("?", "_")
