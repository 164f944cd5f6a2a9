"""All SQL about patients and persons."""

from datetime import datetime
from uuid import UUID

from crossread.patients.model import Evidence, Patient
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


async def save(db: Connection, patient: Patient) -> None:
    """Add a patient, or write what is now known of her."""
    await db.execute(
        """
        insert into patients.patient
            (id, hospital_id, issuer, number, bsn, name, birth_date, sex, updated_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (id) do update
        set bsn = excluded.bsn, name = excluded.name, birth_date = excluded.birth_date,
            sex = excluded.sex, updated_at = excluded.updated_at
        """,
        (
            patient.id,
            patient.hospital_id,
            patient.issuer,
            patient.number,
            patient.bsn,
            patient.name,
            patient.birth_date,
            patient.sex,
            patient.updated_at,
        ),
    )


async def lock(db: Connection, patient_id: UUID) -> None:
    """One at a time says who this patient is, also while she is not known yet."""
    await db.execute(
        "select pg_advisory_xact_lock(hashtextextended('patient/' || %s, 0))", (str(patient_id),)
    )


async def found(db: Connection, patient_id: UUID) -> Patient | None:
    """The patient, locked until the transaction ends, if she is known."""
    cursor = await db.execute(
        "select * from patients.patient where id = %s for update", (patient_id,)
    )
    row = await cursor.fetchone()
    return _patient(row) if row else None


async def patient(db: Connection, patient_id: UUID) -> Patient:
    """One patient. Raises NotFound."""
    cursor = await db.execute("select * from patients.patient where id = %s", (patient_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This patient is not known.", cause=str(patient_id))
    return _patient(row)


async def surviving(db: Connection, patient_id: UUID) -> Patient | None:
    """The patient into whom this one was merged, locked; None: she was not."""
    cursor = await db.execute(
        """
        select s.*
        from patients.patient p
        join patients.patient s on s.id = p.merged_into
        where p.id = %s
        for update of s
        """,
        (patient_id,),
    )
    row = await cursor.fetchone()
    return _patient(row) if row else None


async def merge(db: Connection, gone: UUID, into: UUID) -> None:
    """One patient's number is another's now, and so is every number that was hers already."""
    await db.execute(
        "update patients.patient set merged_into = %(into)s"
        " where id = %(gone)s or merged_into = %(gone)s",
        {"gone": gone, "into": into},
    )


async def stand_alone(db: Connection, patient_id: UUID) -> None:
    """Her hospital uses this number again: it is merged into no other."""
    await db.execute("update patients.patient set merged_into = null where id = %s", (patient_id,))


async def patients(db: Connection, hospital_id: str, limit: int) -> list[Patient]:
    """Patients of a hospital, last changed first."""
    cursor = await db.execute(
        """
        select *
        from patients.patient
        where hospital_id = %s and merged_into is null
        order by updated_at desc, id
        limit %s
        """,
        (hospital_id, limit),
    )
    return [_patient(row) for row in await cursor.fetchall()]


async def patients_of_person(db: Connection, patient_id: UUID) -> list[Patient]:
    """All patients who are certainly the same person as this one, herself included."""
    cursor = await db.execute(
        """
        select p.*
        from patients.link mine
        join patients.link theirs on theirs.person_id = mine.person_id
        join patients.patient p on p.id = theirs.patient_id
        where mine.patient_id = %s
        order by p.hospital_id, p.id
        """,
        (patient_id,),
    )
    return [_patient(row) for row in await cursor.fetchall()]


async def with_bsn(db: Connection, bsn: str, but: UUID) -> list[Patient]:
    """Other patients with this BSN."""
    cursor = await db.execute(
        "select * from patients.patient where bsn = %s and id <> %s order by id", (bsn, but)
    )
    return [_patient(row) for row in await cursor.fetchall()]


async def lock_bsn(db: Connection, bsn: str) -> None:
    """One at a time looks for others with this BSN, until the transaction ends."""
    await db.execute("select pg_advisory_xact_lock(hashtextextended('bsn/' || %s, 0))", (bsn,))


async def person_of(db: Connection, patient_id: UUID) -> UUID | None:
    """The person that this patient is, if she was linked to one."""
    cursor = await db.execute(
        "select person_id from patients.link where patient_id = %s", (patient_id,)
    )
    row = await cursor.fetchone()
    return row["person_id"] if row else None


async def of_person(db: Connection, person_id: UUID) -> list[Patient]:
    """The patients that this person is."""
    cursor = await db.execute(
        """
        select p.*
        from patients.link l
        join patients.patient p on p.id = l.patient_id
        where l.person_id = %s
        order by p.id
        """,
        (person_id,),
    )
    return [_patient(row) for row in await cursor.fetchall()]


async def linked_by_hand(db: Connection, person_id: UUID) -> bool:
    """Whether somebody had a hand in making these patients one person."""
    cursor = await db.execute(
        "select 1 from patients.link where person_id = %s and evidence = %s limit 1",
        (person_id, Evidence.BY_HAND),
    )
    return await cursor.fetchone() is not None


async def size_of(db: Connection, person_id: UUID) -> int:
    """How many patients this person is."""
    cursor = await db.execute(
        "select count(*) as patients from patients.link where person_id = %s", (person_id,)
    )
    row = await cursor.fetchone()
    return int(row["patients"]) if row else 0


async def make_person(db: Connection, person_id: UUID, now: datetime) -> None:
    """Add a person."""
    await db.execute("insert into patients.person (id, made_at) values (%s, %s)", (person_id, now))


async def link(
    db: Connection, patient_id: UUID, person_id: UUID, evidence: Evidence, now: datetime
) -> None:
    """Say that this patient is that person."""
    await db.execute(
        """
        insert into patients.link (patient_id, person_id, evidence, linked_at)
        values (%s, %s, %s, %s)
        on conflict (patient_id) do update
        set person_id = excluded.person_id, evidence = excluded.evidence,
            linked_at = excluded.linked_at
        """,
        (patient_id, person_id, evidence, now),
    )


async def note_possible_link(
    db: Connection, patient_id: UUID, other: UUID, evidence: str, now: datetime
) -> bool:
    """Write down that two patients may be one person; False when that was known."""
    cursor = await db.execute(
        """
        insert into patients.possible_link (patient_id, other_patient_id, evidence, found_at)
        values (%s, %s, %s, %s)
        on conflict do nothing
        """,
        (patient_id, other, evidence, now),
    )
    return cursor.rowcount == 1


def _patient(row: Row) -> Patient:
    return Patient(
        row["id"],
        row["hospital_id"],
        row["issuer"],
        row["number"],
        row["bsn"],
        row["name"],
        row["birth_date"],
        row["sex"],
        row["updated_at"],
    )
