"""SQL of studies and series."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from crossread.archive.model import Series, Study, StudyState
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
    return study_of(row), made


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
    """Take the study as complete, and count in what its hospital keeps what is new of it."""
    await db.execute(
        """
        with rested as (
            update archive.study s
            set state = 'at_rest',
                rests = s.rests + 1,
                rested_at = %(now)s,
                counted_instances = s.instance_count,
                counted_bytes = s.bytes
            from (select * from archive.study where id = %(study)s for update) before
            where s.id = before.id
            returning s.hospital_id,
                      (before.rests = 0)::integer as studies,
                      s.instance_count - before.counted_instances as instances,
                      s.bytes - before.counted_bytes as bytes
        )
        insert into archive.usage as u (hospital_id, studies, instances, bytes)
        select hospital_id, studies, instances, bytes
        from rested
        on conflict (hospital_id) do update
        set studies = u.studies + excluded.studies,
            instances = u.instances + excluded.instances,
            bytes = u.bytes + excluded.bytes
        """,
        {"now": now, "study": study_id},
    )


async def study(db: Connection, study_id: UUID) -> Study:
    """One study. Raises NotFound."""
    cursor = await db.execute("select * from archive.study where id = %s", (study_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This study is not in the archive.", cause=str(study_id))
    return study_of(row)


async def locked_study(db: Connection, study_id: UUID) -> Study:
    """One study, locked until the transaction ends. Raises NotFound."""
    cursor = await db.execute("select * from archive.study where id = %s for update", (study_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This study is not in the archive.", cause=str(study_id))
    return study_of(row)


async def study_by_uid(db: Connection, hospital_id: str, study_instance_uid: str) -> Study | None:
    """A hospital's study with this UID."""
    cursor = await db.execute(
        "select * from archive.study where hospital_id = %s and study_instance_uid = %s",
        (hospital_id, study_instance_uid),
    )
    row = await cursor.fetchone()
    return study_of(row) if row else None


async def arriving(db: Connection) -> list[Study]:
    """Every study that has not come to rest, the one that waits longest first."""
    cursor = await db.execute(
        "select * from archive.study where state = 'arriving' order by last_received_at"
    )
    return [study_of(row) for row in await cursor.fetchall()]


async def studies_with_uid(db: Connection, study_instance_uid: str) -> list[Study]:
    """Every hospital's study with this UID."""
    cursor = await db.execute(
        "select * from archive.study where study_instance_uid = %s order by first_received_at",
        (study_instance_uid,),
    )
    return [study_of(row) for row in await cursor.fetchall()]


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
    return [study_of(row) for row in await cursor.fetchall()]


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
    return [study_of(row) for row in await cursor.fetchall()]


async def arrive_again(db: Connection, study_id: UUID) -> None:
    """More comes of a study that had come to rest."""
    await db.execute("update archive.study set state = 'arriving' where id = %s", (study_id,))


async def ensure_series(db: Connection, series: Series, hospital_id: str) -> None:
    """Add a series, and count it, if it is not there."""
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
    if cursor.rowcount == 0:
        return
    await db.execute(
        """
        update archive.study
        set series_count = series_count + 1,
            modalities = case
                when %(modality)s = '' or %(modality)s = any(modalities) then modalities
                else modalities || %(modality)s::text
            end
        where id = %(study)s
        """,
        {"modality": series.modality, "study": series.study_id},
    )


async def series_study(db: Connection, hospital_id: str, series_instance_uid: str) -> UUID | None:
    """In which study of this hospital this series lies."""
    cursor = await db.execute(
        "select study_id from archive.series where hospital_id = %s and series_instance_uid = %s",
        (hospital_id, series_instance_uid),
    )
    row = await cursor.fetchone()
    return row["study_id"] if row else None


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


def study_of(row: Row) -> Study:
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
        availability=row["availability"],
    )
