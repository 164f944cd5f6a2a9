"""SQL of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from crossread.archive.model import Instance
from crossread.archive.store.instances import instance_of
from crossread.platform.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Condition:
    """One line of a query: a column of `find`, and what it must be."""

    column: str
    kind: str  # 'in', 'like', 'from', 'to', 'holds'
    value: Any


# what a C-FIND or QIDO may ask about, and where it stands
COLUMNS: dict[str, str] = {
    "PatientID": "st.patient_number",
    "IssuerOfPatientID": "st.issuer",
    "PatientName": "st.patient_name",
    "PatientBirthDate": "st.birth_date",
    "PatientSex": "st.sex",
    "StudyInstanceUID": "st.study_instance_uid",
    "StudyDate": "st.study_at::date",
    "AccessionNumber": "st.accession_number",
    "StudyDescription": "st.description",
    "ModalitiesInStudy": "st.modalities",
    "SeriesInstanceUID": "se.series_instance_uid",
    "Modality": "se.modality",
    "SeriesNumber": "se.number::text",
    "SeriesDescription": "se.description",
    "BodyPartExamined": "se.body_part",
    "SOPInstanceUID": "i.sop_instance_uid",
    "SOPClassUID": "i.sop_class_uid",
    "InstanceNumber": "i.number::text",
}
_FROM = {
    "STUDY": "archive.study st",
    "SERIES": "archive.study st join archive.series se on se.study_id = st.id",
    "IMAGE": """
        archive.study st
        join archive.series se on se.study_id = st.id
        join archive.instance i on i.series_id = se.id
    """,
}
_OPERATORS = {
    "in": "{} = any(%s)",
    "like": "{} ilike %s",
    "from": "{} >= %s",
    "to": "{} <= %s",
    "holds": "{} && %s",
}


async def find(
    db: Connection, hospital_id: str, level: str, conditions: Sequence[Condition], limit: int
) -> list[Row]:
    """What of a hospital fits every condition, at study, series or image level, newest first."""
    fields = {
        "STUDY": "st.*",
        "SERIES": "st.*, se.series_instance_uid, se.modality, se.number as series_number,"
        " se.description as series_description, se.body_part as series_body_part,"
        " se.instance_count as series_instances",
        "IMAGE": "st.*, se.series_instance_uid, se.modality, se.number as series_number,"
        " se.description as series_description, se.body_part as series_body_part,"
        " se.instance_count as series_instances, i.sop_instance_uid, i.sop_class_uid,"
        " i.number as instance_number, i.frames",
    }[level]
    where, values = _where(hospital_id, conditions)
    # columns, tables and operators are our own constants; every value is bound
    query = sql.SQL(
        f"select {fields} from {_FROM[level]} where {where}"
        " order by st.study_at desc nulls last limit %s"
    )
    cursor = await db.execute(query, [*values, limit])
    return await cursor.fetchall()


async def instances_found(
    db: Connection, hospital_id: str, conditions: Sequence[Condition], limit: int
) -> list[Instance]:
    """The instances of a hospital that fit every condition, in order of study and series."""
    where, values = _where(hospital_id, conditions)
    query = sql.SQL(
        f"select i.*, se.series_instance_uid, pa.object_key from {_FROM['IMAGE']}"
        f" left join archive.pack pa on pa.id = i.pack_id where {where}"
        " order by st.id, se.number nulls last, se.id, i.number nulls last limit %s"
    )
    cursor = await db.execute(query, [*values, limit])
    return [instance_of(row) for row in await cursor.fetchall()]


def _where(hospital_id: str, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    lines = ["st.hospital_id = %s"]
    values: list[Any] = [hospital_id]
    for condition in conditions:
        lines.append(_OPERATORS[condition.kind].format(COLUMNS[condition.column]))
        values.append(condition.value)
    return " and ".join(lines), values
