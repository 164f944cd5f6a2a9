"""SQL of legal holds."""

from datetime import datetime
from uuid import UUID

from crossread.archive.model import Study
from crossread.platform.database import Connection, Row

_COVERS = """
    h.lifted_at is null
    and (
        h.study_id = s.id
        or (h.hospital_id = s.hospital_id and h.issuer = s.issuer
            and h.patient_number = s.patient_number)
    )
"""


async def place(
    db: Connection,
    *,
    hold_id: UUID,
    hospital_id: str,
    study_id: UUID | None,
    patient: tuple[str, str] | None,
    reason: str,
    by: UUID | None,
    now: datetime,
) -> None:
    """Hold one study, or all of a patient (issuer, number)."""
    issuer, number = patient or (None, None)
    await db.execute(
        """
        insert into archive.hold (
            id, hospital_id, study_id, issuer, patient_number, reason, placed_by, placed_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (hold_id, hospital_id, study_id, issuer, number, reason, by, now),
    )


async def lift(
    db: Connection, hospital_id: str, hold_id: UUID, by: UUID | None, now: datetime
) -> bool:
    """End a hold of a hospital; False when there is none."""
    cursor = await db.execute(
        """
        update archive.hold
        set lifted_at = %s, lifted_by = %s
        where id = %s and hospital_id = %s and lifted_at is null
        """,
        (now, by, hold_id, hospital_id),
    )
    return cursor.rowcount == 1


async def holds_on(db: Connection, study: Study) -> list[Row]:
    """Every hold in force that covers a study."""
    cursor = await db.execute(
        f"""
        select h.id, h.reason, h.placed_at, h.study_id is null as of_patient
        from archive.study s
        join archive.hold h on {_COVERS}
        where s.id = %s
        order by h.placed_at
        """,
        (study.id,),
    )
    return await cursor.fetchall()


async def holds(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """The holds of a hospital that are in force, last placed first."""
    cursor = await db.execute(
        """
        select h.id, h.study_id, h.issuer, h.patient_number, h.reason, h.placed_at,
               r.name as placed_by
        from archive.hold h
        left join hospitals.reader r on r.id = h.placed_by
        where h.hospital_id = %s and h.lifted_at is null
        order by h.placed_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()


async def move(
    db: Connection, hospital_id: str, old: tuple[str, str], new: tuple[str, str]
) -> None:
    """A patient has another number: what held her old one holds the new."""
    await db.execute(
        """
        update archive.hold
        set issuer = %s, patient_number = %s
        where hospital_id = %s and issuer = %s and patient_number = %s and lifted_at is null
        """,
        (*new, hospital_id, *old),
    )
