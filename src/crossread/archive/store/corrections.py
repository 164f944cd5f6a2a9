"""SQL of what is known better than images say."""

from collections.abc import Sequence
from uuid import UUID

from crossread.archive.coerce import Corrections
from crossread.archive.model import Study
from crossread.archive.store.studies import study_of
from crossread.platform.database import Connection


async def of_study(db: Connection, study_id: UUID) -> Corrections | None:
    """The corrections of a study, if there are any."""
    cursor = await db.execute(
        """
        select corrected_at, source, patient_number, issuer, patient_name, birth_date, sex,
               accession_number, hospital_id
        from archive.correction
        where study_id = %s
        """,
        (study_id,),
    )
    row = await cursor.fetchone()
    return Corrections(**row) if row else None


async def correct(db: Connection, study: Study, known: Corrections) -> None:
    """Write what is known of a study now; what is not said stays as it was."""
    await db.execute(
        """
        insert into archive.correction as c (
            study_id, hospital_id, patient_number, issuer, patient_name, birth_date, sex,
            accession_number, source, corrected_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (study_id) do update
        set patient_number = coalesce(excluded.patient_number, c.patient_number),
            issuer = coalesce(excluded.issuer, c.issuer),
            patient_name = coalesce(excluded.patient_name, c.patient_name),
            birth_date = coalesce(excluded.birth_date, c.birth_date),
            sex = coalesce(excluded.sex, c.sex),
            accession_number = coalesce(excluded.accession_number, c.accession_number),
            source = excluded.source,
            corrected_at = excluded.corrected_at
        """,
        (
            study.id,
            study.hospital_id,
            known.patient_number,
            known.issuer,
            known.patient_name,
            known.birth_date,
            known.sex,
            known.accession_number,
            known.source,
            known.corrected_at,
        ),
    )
    # the index answers with what is known today
    await db.execute(
        """
        update archive.study
        set patient_number = coalesce(%(patient_number)s, patient_number),
            issuer = coalesce(%(issuer)s, issuer),
            patient_name = coalesce(%(patient_name)s, patient_name),
            birth_date = coalesce(%(birth_date)s, birth_date),
            sex = coalesce(%(sex)s, sex),
            accession_number = coalesce(%(accession_number)s, accession_number)
        where id = %(study)s
        """,
        {
            "patient_number": known.patient_number,
            "issuer": known.issuer,
            "patient_name": known.patient_name,
            "birth_date": known.birth_date,
            "sex": known.sex,
            "accession_number": known.accession_number,
            "study": study.id,
        },
    )


async def studies_of_patient(
    db: Connection, hospital_id: str, issuer: str, number: str
) -> Sequence[Study]:
    """All studies of a patient of a hospital, locked until the transaction ends."""
    cursor = await db.execute(
        """
        select *
        from archive.study
        where hospital_id = %s and issuer = %s and patient_number = %s
        order by id
        for update
        """,
        (hospital_id, issuer, number),
    )
    return [study_of(row) for row in await cursor.fetchall()]
