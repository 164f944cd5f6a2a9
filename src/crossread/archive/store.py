"""All SQL of the archive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from crossread.archive.model import Instance, Series, Study, StudyState
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


async def lock_study(db: Connection, study: Study) -> tuple[Study, bool]:
    """The study, locked until the transaction ends, and whether it was made now."""
    cursor = await db.execute(
        """
        insert into archive.study (
            id, hospital_id, study_instance_uid, state, accession_number, patient_number, issuer,
            patient_name, birth_date, sex, study_at, description, body_part, sending_application,
            first_received_at, last_received_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (
            study.id,
            study.hospital_id,
            study.study_instance_uid,
            study.state,
            study.accession_number,
            study.patient_number,
            study.issuer,
            study.patient_name,
            study.birth_date,
            study.sex,
            study.study_at,
            study.description,
            study.body_part,
            study.sending_application,
            study.first_received_at,
            study.last_received_at,
        ),
    )
    made = cursor.rowcount == 1
    row = await (
        await db.execute("select * from archive.study where id = %s for update", (study.id,))
    ).fetchone()
    assert row is not None  # noqa: S101 - written by the statement above, if not before
    return _study(row), made


async def ensure_series(db: Connection, series: Series, hospital_id: str) -> bool:
    """Add a series if it is not there; whether it was made now."""
    cursor = await db.execute(
        """
        insert into archive.series (
            id, study_id, hospital_id, series_instance_uid, modality, number, description, body_part
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (
            series.id,
            series.study_id,
            hospital_id,
            series.series_instance_uid,
            series.modality,
            series.number,
            series.description,
            series.body_part,
        ),
    )
    return cursor.rowcount == 1


async def series_study(db: Connection, hospital_id: str, series_instance_uid: str) -> UUID | None:
    """In which study of this hospital this series lies."""
    cursor = await db.execute(
        "select study_id from archive.series where hospital_id = %s and series_instance_uid = %s",
        (hospital_id, series_instance_uid),
    )
    row = await cursor.fetchone()
    return row["study_id"] if row else None


async def insert_instance(db: Connection, instance: Instance, now: datetime) -> None:
    """Add an instance."""
    await db.execute(
        """
        insert into archive.instance (
            id, series_id, study_id, hospital_id, sop_instance_uid, sop_class_uid,
            transfer_syntax_uid, number, frames, object_key, bytes, digest, dataset_offset,
            pixel_offset, pixel_bytes, metadata, received_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            instance.id,
            instance.series_id,
            instance.study_id,
            instance.hospital_id,
            instance.sop_instance_uid,
            instance.sop_class_uid,
            instance.transfer_syntax_uid,
            instance.number,
            instance.frames,
            instance.object_key,
            instance.bytes,
            instance.digest,
            instance.dataset_offset,
            instance.pixel_offset,
            instance.pixel_bytes,
            Jsonb(instance.metadata),
            now,
        ),
    )


async def count_instance(
    db: Connection, instance: Instance, modality: str, *, new_series: bool, now: datetime
) -> None:
    """Add an instance to the counts of its series and study."""
    await db.execute(
        "update archive.series set instance_count = instance_count + 1 where id = %s",
        (instance.series_id,),
    )
    await db.execute(
        """
        update archive.study
        set state = 'arriving',
            instance_count = instance_count + 1,
            series_count = series_count + %(new_series)s,
            bytes = bytes + %(bytes)s,
            modalities = case
                when %(modality)s = '' or %(modality)s = any(modalities) then modalities
                else modalities || %(modality)s::text
            end,
            last_received_at = greatest(last_received_at, %(now)s)
        where id = %(study)s
        """,
        {
            "new_series": int(new_series),
            "bytes": instance.bytes,
            "modality": modality,
            "now": now,
            "study": instance.study_id,
        },
    )


async def fill_blanks(db: Connection, study: Study) -> None:
    """Take from a later instance what the first one of its study left empty."""
    await db.execute(
        """
        update archive.study
        set accession_number = coalesce(nullif(accession_number, ''), %(accession_number)s),
            issuer = case when patient_number = '' then %(issuer)s else issuer end,
            patient_number = coalesce(nullif(patient_number, ''), %(patient_number)s),
            patient_name = coalesce(nullif(patient_name, ''), %(patient_name)s),
            birth_date = coalesce(birth_date, %(birth_date)s),
            sex = coalesce(nullif(sex, ''), %(sex)s),
            study_at = coalesce(study_at, %(study_at)s),
            description = coalesce(nullif(description, ''), %(description)s),
            body_part = coalesce(nullif(body_part, ''), %(body_part)s)
        where id = %(id)s
        """,
        {
            "accession_number": study.accession_number,
            "issuer": study.issuer,
            "patient_number": study.patient_number,
            "patient_name": study.patient_name,
            "birth_date": study.birth_date,
            "sex": study.sex,
            "study_at": study.study_at,
            "description": study.description,
            "body_part": study.body_part,
            "id": study.id,
        },
    )


async def rest(db: Connection, study_id: UUID, now: datetime) -> None:
    """Take the study as complete."""
    await db.execute(
        """
        update archive.study
        set state = 'at_rest', rests = rests + 1, rested_at = %s
        where id = %s
        """,
        (now, study_id),
    )


async def study(db: Connection, study_id: UUID) -> Study:
    """One study. Raises NotFound."""
    cursor = await db.execute("select * from archive.study where id = %s", (study_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This study is not in the archive.", cause=str(study_id))
    return _study(row)


async def locked_study(db: Connection, study_id: UUID) -> Study:
    """One study, locked until the transaction ends. Raises NotFound."""
    cursor = await db.execute("select * from archive.study where id = %s for update", (study_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This study is not in the archive.", cause=str(study_id))
    return _study(row)


async def study_by_uid(db: Connection, hospital_id: str, study_instance_uid: str) -> Study | None:
    """A hospital's study with this UID."""
    cursor = await db.execute(
        "select * from archive.study where hospital_id = %s and study_instance_uid = %s",
        (hospital_id, study_instance_uid),
    )
    row = await cursor.fetchone()
    return _study(row) if row else None


async def arriving(db: Connection) -> list[Study]:
    """Every study that has not come to rest, the one that waits longest first."""
    cursor = await db.execute(
        "select * from archive.study where state = 'arriving' order by last_received_at"
    )
    return [_study(row) for row in await cursor.fetchall()]


async def studies_with_uid(db: Connection, study_instance_uid: str) -> list[Study]:
    """Every hospital's study with this UID."""
    cursor = await db.execute(
        "select * from archive.study where study_instance_uid = %s order by first_received_at",
        (study_instance_uid,),
    )
    return [_study(row) for row in await cursor.fetchall()]


async def studies(db: Connection, hospital_id: str, limit: int) -> list[Study]:
    """A hospital's studies, last received first."""
    cursor = await db.execute(
        """
        select *
        from archive.study
        where hospital_id = %s
        order by last_received_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return [_study(row) for row in await cursor.fetchall()]


async def studies_of_patients(
    db: Connection, patients: Sequence[tuple[str, str, str]]
) -> list[Study]:
    """All studies of these patients (hospital, issuer, number), newest first."""
    cursor = await db.execute(
        """
        select s.*
        from unnest(%s::text[], %s::text[], %s::text[]) as p (hospital_id, issuer, number)
        join archive.study s
          on s.hospital_id = p.hospital_id and s.issuer = p.issuer
         and s.patient_number = p.number
        order by s.study_at desc nulls last, s.first_received_at desc
        """,
        (
            [patient[0] for patient in patients],
            [patient[1] for patient in patients],
            [patient[2] for patient in patients],
        ),
    )
    return [_study(row) for row in await cursor.fetchall()]


async def series_of(db: Connection, study_id: UUID) -> list[Series]:
    """The series of a study, by number."""
    cursor = await db.execute(
        """
        select id, study_id, series_instance_uid, modality, number, description, body_part,
               instance_count
        from archive.series
        where study_id = %s
        order by number nulls last, series_instance_uid
        """,
        (study_id,),
    )
    return [Series(**row) for row in await cursor.fetchall()]


async def instances_of(
    db: Connection, study_id: UUID, series_instance_uid: str | None = None
) -> list[Instance]:
    """The instances of a study or of one of its series, by series and instance number."""
    cursor = await db.execute(
        f"""
        {_INSTANCE}
        where i.study_id = %(study)s
          and (%(series)s::text is null or s.series_instance_uid = %(series)s)
        order by s.number nulls last, s.series_instance_uid, i.number nulls last,
                 i.sop_instance_uid
        """,
        {"study": study_id, "series": series_instance_uid},
    )
    return [_instance(row) for row in await cursor.fetchall()]


async def series_metadata(
    db: Connection, study_id: UUID, series_instance_uid: str
) -> list[dict[str, Any]]:
    """The DICOM JSON of each instance of a series (PS3.18 10.4), by instance number."""
    cursor = await db.execute(
        """
        select i.metadata
        from archive.instance i
        join archive.series s on s.id = i.series_id
        where s.study_id = %s and s.series_instance_uid = %s
        order by i.number nulls last, i.sop_instance_uid
        """,
        (study_id, series_instance_uid),
    )
    return [row["metadata"] for row in await cursor.fetchall()]


async def instance(db: Connection, hospital_id: str, sop_instance_uid: str) -> Instance | None:
    """One instance of a hospital, by its UID."""
    cursor = await db.execute(
        f"{_INSTANCE} where i.hospital_id = %s and i.sop_instance_uid = %s",
        (hospital_id, sop_instance_uid),
    )
    row = await cursor.fetchone()
    return _instance(row) if row else None


async def hold(
    db: Connection,
    *,
    quarantine_id: UUID,
    hospital_id: str | None,
    sender: str,
    protocol: str,
    reason: str,
    sentence: str,
    object_key: str,
    size: int,
    digest: str,
    uid: str,
    now: datetime,
) -> bool:
    """Add to the quarantine; False when the same lay there already."""
    cursor = await db.execute(
        """
        insert into archive.quarantine (
            id, hospital_id, sender, protocol, reason, sentence, object_key, bytes, digest, uid,
            received_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (
            quarantine_id,
            hospital_id,
            sender,
            protocol,
            reason,
            sentence,
            object_key,
            size,
            digest,
            uid,
            now,
        ),
    )
    return cursor.rowcount == 1


async def quarantined(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """What of this hospital lies in quarantine, newest first."""
    cursor = await db.execute(
        """
        select id, hospital_id, sender, protocol, reason, sentence, bytes, uid, received_at, state
        from archive.quarantine
        where hospital_id = %s
        order by received_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()


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
        f"select i.*, se.series_instance_uid from {_FROM['IMAGE']} where {where}"
        " order by st.id, se.number nulls last, se.id, i.number nulls last limit %s"
    )
    cursor = await db.execute(query, [*values, limit])
    return [_instance(row) for row in await cursor.fetchall()]


def _where(hospital_id: str, conditions: Sequence[Condition]) -> tuple[str, list[Any]]:
    lines = ["st.hospital_id = %s"]
    values: list[Any] = [hospital_id]
    for condition in conditions:
        lines.append(_OPERATORS[condition.kind].format(COLUMNS[condition.column]))
        values.append(condition.value)
    return " and ".join(lines), values


_INSTANCE = """
    select i.*, s.series_instance_uid
    from archive.instance i
    join archive.series s on s.id = i.series_id
"""


def _study(row: Row) -> Study:
    born: date | None = row["birth_date"]
    return Study(
        id=row["id"],
        hospital_id=row["hospital_id"],
        study_instance_uid=row["study_instance_uid"],
        state=StudyState(row["state"]),
        accession_number=row["accession_number"],
        patient_number=row["patient_number"],
        issuer=row["issuer"],
        patient_name=row["patient_name"],
        birth_date=born,
        sex=row["sex"],
        study_at=row["study_at"],
        description=row["description"],
        modalities=tuple(row["modalities"]),
        body_part=row["body_part"],
        sending_application=row["sending_application"],
        series_count=row["series_count"],
        instance_count=row["instance_count"],
        bytes=row["bytes"],
        first_received_at=row["first_received_at"],
        last_received_at=row["last_received_at"],
        rests=row["rests"],
    )


def _instance(row: Row) -> Instance:
    return Instance(
        id=row["id"],
        hospital_id=row["hospital_id"],
        study_id=row["study_id"],
        series_id=row["series_id"],
        series_instance_uid=row["series_instance_uid"],
        sop_instance_uid=row["sop_instance_uid"],
        sop_class_uid=row["sop_class_uid"],
        transfer_syntax_uid=row["transfer_syntax_uid"],
        number=row["number"],
        frames=row["frames"],
        object_key=row["object_key"],
        bytes=row["bytes"],
        digest=row["digest"],
        dataset_offset=row["dataset_offset"],
        pixel_offset=row["pixel_offset"],
        pixel_bytes=row["pixel_bytes"],
        metadata=row["metadata"],
    )
