"""SQL about the steps that machines perform."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from crossread.archive.model import study_id as id_of_study
from crossread.orders.step import Step, StepState
from crossread.platform.database import Connection, Row


@dataclass(frozen=True, slots=True)
class KeptStep:
    """A step, and all that was said of it."""

    step: Step
    content: dict[str, Any]  # DICOM JSON
    created_digest: str
    changed_digest: str = ""


async def insert_step(
    db: Connection, hospital_id: str, sop_instance_uid: str, kept: KeptStep, now: datetime
) -> bool:
    """Add a step; False when one is known under this UID."""
    cursor = await db.execute(
        """
        insert into orders.performed_step (
            hospital_id, sop_instance_uid, state, station, modality, studies, study_ids,
            accession_numbers, instances, content, created_digest, created_at, changed_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        on conflict do nothing
        """,
        (
            hospital_id,
            sop_instance_uid,
            kept.step.state,
            kept.step.station,
            kept.step.modality,
            list(kept.step.studies),
            [id_of_study(hospital_id, uid) for uid in kept.step.studies],
            list(kept.step.accession_numbers),
            len(kept.step.instances),
            Jsonb(kept.content),
            kept.created_digest,
            now,
            now,
        ),
    )
    return cursor.rowcount == 1


async def locked_step(db: Connection, hospital_id: str, sop_instance_uid: str) -> KeptStep | None:
    """One step, locked until the transaction ends."""
    cursor = await db.execute(
        """
        select *
        from orders.performed_step
        where hospital_id = %s and sop_instance_uid = %s
        for update
        """,
        (hospital_id, sop_instance_uid),
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    step = Step(
        state=StepState(row["state"]),
        station=row["station"],
        modality=row["modality"],
        studies=tuple(row["studies"]),
        accession_numbers=tuple(row["accession_numbers"]),
        instances=(),
    )
    return KeptStep(step, row["content"], row["created_digest"], row["changed_digest"])


async def save_step(
    db: Connection, hospital_id: str, sop_instance_uid: str, kept: KeptStep, now: datetime
) -> None:
    """Write down how a step stands now."""
    await db.execute(
        """
        update orders.performed_step
        set state = %s, instances = %s, content = %s, changed_digest = %s, changed_at = %s
        where hospital_id = %s and sop_instance_uid = %s
        """,
        (
            kept.step.state,
            len(kept.step.instances),
            Jsonb(kept.content),
            kept.changed_digest,
            now,
            hospital_id,
            sop_instance_uid,
        ),
    )


async def steps_of_study(db: Connection, study_id: UUID) -> list[str]:
    """The SOP Instance UIDs of the steps that say they made images of a study."""
    cursor = await db.execute(
        """
        select sop_instance_uid
        from orders.performed_step
        where study_ids @> array[%s::uuid]
        order by created_at, sop_instance_uid
        """,
        (study_id,),
    )
    return [row["sop_instance_uid"] for row in await cursor.fetchall()]


async def forget_steps(db: Connection, study_id: UUID) -> None:
    """Keep nothing of what was said of a study that was erased."""
    await db.execute(
        "delete from orders.performed_step where study_ids @> array[%s::uuid]", (study_id,)
    )


async def recent_steps(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """What a hospital's machines did of late, last heard of first; no patient data."""
    cursor = await db.execute(
        """
        select sop_instance_uid, state, station, modality, studies, accession_numbers, instances,
               created_at, changed_at
        from orders.performed_step
        where hospital_id = %s
        order by changed_at desc
        limit %s
        """,
        (hospital_id, limit),
    )
    return await cursor.fetchall()
