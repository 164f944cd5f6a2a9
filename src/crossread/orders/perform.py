"""Take in what a machine says of the step that it performs."""

from dataclasses import dataclass
from datetime import datetime

from pydicom import Dataset

from crossread.archive.expectation import RestRule
from crossread.archive.metadata import metadata
from crossread.archive.rest import expect
from crossread.orders import store
from crossread.orders.step import (
    EVENTS,
    Step,
    StepFault,
    StepRefused,
    begun,
    changed,
)
from crossread.platform import events
from crossread.platform.database import Connection


@dataclass(frozen=True, slots=True)
class Said:
    """One message about a step."""

    hospital_id: str
    sop_instance_uid: str
    content: Dataset
    digest: str  # of its encoded bytes: by it a repeat is known


async def begin(db: Connection, said: Said, now: datetime) -> None:
    """A machine has begun (N-CREATE); the very same message again changes nothing.

    Raises StepRefused. Source: PS3.4 F.7.2.1.
    """
    step = begun(said.content)
    kept = store.KeptStep(step, metadata(said.content), said.digest)
    if await store.insert_step(db, said.hospital_id, said.sop_instance_uid, kept, now):
        await _announce(db, said, step, now)
        return
    known = await store.locked_step(db, said.hospital_id, said.sop_instance_uid)
    if known is None or known.created_digest != said.digest:
        raise StepRefused(StepFault.DUPLICATE, "Another step is known under this SOP Instance UID.")


async def change(db: Connection, said: Said, now: datetime) -> None:
    """A machine says more of its step (N-SET), or that it is done; repeats change nothing.

    Raises StepRefused. Source: PS3.4 F.7.2.2.
    """
    known = await store.locked_step(db, said.hospital_id, said.sop_instance_uid)
    if known is None:
        raise StepRefused(StepFault.UNKNOWN, "No step is known under this SOP Instance UID.")
    if known.changed_digest == said.digest:
        return
    if known.step.state.is_final:
        raise StepRefused(
            StepFault.FINAL, "Performed Procedure Step Object may no longer be updated"
        )
    step, merged = changed(Dataset.from_json(known.content), said.content)
    kept = store.KeptStep(step, metadata(merged), known.created_digest, said.digest)
    await store.save_step(db, said.hospital_id, said.sop_instance_uid, kept, now)
    await _announce(db, said, step, now)


async def _announce(db: Connection, said: Said, step: Step, now: datetime) -> None:
    """Say what became of the step, and what is to be expected of its studies."""
    await events.append(
        db,
        EVENTS[step.state],
        said.sop_instance_uid,
        hospital_id=said.hospital_id,
        facts={
            "modality": step.modality,
            "studies": list(step.studies),
            "instances": len(step.instances),
        },
    )
    for study_instance_uid in step.studies:
        await expect(
            db,
            said.hospital_id,
            study_instance_uid,
            f"step/{said.sop_instance_uid}",
            RestRule.PERFORMED,
            whole=step.state.is_final,
            instances=step.instances,
            now=now,
        )
