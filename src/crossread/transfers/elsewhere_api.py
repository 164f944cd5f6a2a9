"""HTTP routes of the timeline: what sits in a hospital's own archive, and how to have it here."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from crossread.hospitals.caller import Caller
from crossread.platform.http import On
from crossread.transfers import ask
from crossread.transfers.ask import Why
from crossread.transfers.elsewhere import elsewhere, to_fetch
from crossread.transfers.find import Here
from crossread.transfers.finding import Finding
from crossread.transfers.model import Priority, TransferState
from crossread.worklist.api import visible

router = APIRouter(prefix="/api/tasks/{task_id}/elsewhere", tags=["transfers"])


class ElsewhereOut(BaseModel):
    """A study of the person that is not here, or not all of it."""

    hospital_id: str
    study_instance_uid: str
    study_at: datetime | None = Field(description="In the hospital's own time.")
    description: str
    modalities: list[str]
    images: int | None = Field(description="As the hospital counts; null: it does not say.")
    here: Here


class SilentOut(BaseModel):
    """A hospital that did not answer."""

    hospital_id: str
    sentence: str


class ElsewhereAnswer(BaseModel):
    """What hospitals say that they have."""

    studies: list[ElsewhereOut] = Field(description="Newest first.")
    silent: list[SilentOut]


class UnderWay(BaseModel):
    """A study that is being fetched; `/api/feed` tells of `study.rested` or `study.online`."""

    transfer_id: UUID
    state: TransferState


@router.get("")
async def listing(on: On, caller: Caller, task_id: UUID, ask_them: Finding) -> ElsewhereAnswer:
    """Ask the person's hospitals what they have that is not here, as far as this reader may see.

    It asks each hospital now, which may take seconds: show the timeline first, then this.
    """
    async with on.database.transaction() as db:
        task = await visible(db, caller, task_id)
    found, silent = await elsewhere(on.database, caller, task, ask_them, on.clock())
    return ElsewhereAnswer(
        studies=[
            ElsewhereOut(
                hospital_id=one.study.hospital_id,
                study_instance_uid=one.study.study_instance_uid,
                study_at=one.study.study_at,
                description=one.study.description,
                modalities=list(one.study.modalities),
                images=one.found.instances,
                here=one.here,
            )
            for one in found
        ],
        silent=[SilentOut(hospital_id=one.hospital_id, sentence=one.sentence) for one in silent],
    )


@router.post("/{study_instance_uid}/fetch", status_code=202)
async def bring(
    on: On, caller: Caller, task_id: UUID, study_instance_uid: str, ask_them: Finding
) -> UnderWay:
    """Have a study come here, urgently; answered as it is when it is under way already."""
    async with on.database.transaction() as db:
        task = await visible(db, caller, task_id)
    wanted = await to_fetch(on.database, caller, task, study_instance_uid, ask_them, on.clock())
    why = Why(caller.username, Priority.URGENT, task_id)
    async with on.database.transaction() as db:
        made = await ask.fetch(db, study_instance_uid, wanted.endpoint, why, on.clock())
    return UnderWay(transfer_id=made.id, state=made.state)
