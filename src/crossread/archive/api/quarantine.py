"""What of a hospital was refused: why, what it is, and what becomes of it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from crossread.archive import resolve
from crossread.archive.api.guard import administrator, looked
from crossread.archive.store import quarantine as store
from crossread.hospitals.caller import Caller
from crossread.platform.http import On

router = APIRouter(prefix="/quarantine")


class Held(BaseModel):
    """Something that was not taken in."""

    id: UUID
    sender: str
    protocol: str
    reason: str  # code, the same for the same mistake
    sentence: str  # what is wrong and what to do
    bytes: int
    uid: str  # as announced
    received_at: datetime
    state: str  # held, readmitted, discarded
    resolved_at: datetime | None
    resolved_by: str | None  # null: an operator
    resolution: str


class ReadmitIn(BaseModel):
    """How it is let in after all."""

    reason: str = Field(min_length=1, max_length=400)
    values: dict[str, str] = Field(default={}, description="What is mended, by DICOM keyword.")
    replace: bool = Field(False, description="Takes the place of what is kept under its UID.")


class ReadmitOut(BaseModel):
    """What became of it."""

    outcome: str  # stored, repeated


class DiscardIn(BaseModel):
    """Why it is thrown away."""

    reason: str = Field(min_length=1, max_length=400)


@router.get("")
async def held(
    on: On,
    caller: Caller,
    state: Literal["held", "readmitted", "discarded"] | None = "held",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Held]:
    """What of the caller's hospital was refused, newest first."""
    administrator(caller)
    async with on.database.transaction() as db:
        rows = await store.held(db, caller.hospital_id, state, limit)
        await looked(db, caller, "list", "quarantine", caller.hospital_id, rows=len(rows))
    return [Held(**{name: row[name] for name in Held.model_fields}) for row in rows]


@router.get("/{quarantine_id}/header")
async def header(on: On, caller: Caller, quarantine_id: UUID) -> dict[str, Any]:
    """Its header in the DICOM JSON model, as far as it can be read."""
    administrator(caller)
    return await resolve.look(on.database, on.objects, quarantine_id, caller.hospital_id, caller.id)


@router.post("/{quarantine_id}/readmit")
async def readmit(
    request: Request, on: On, caller: Caller, quarantine_id: UUID, wish: ReadmitIn
) -> ReadmitOut:
    """Let it in after all, mended if need be."""
    administrator(caller)
    outcome = await resolve.readmit(
        request.app.state.intake,
        quarantine_id,
        resolve.Readmission(reason=wish.reason, values=wish.values, replace=wish.replace),
        hospital_id=caller.hospital_id,
        by=caller.id,
        now=on.clock(),
    )
    return ReadmitOut(outcome=outcome)


@router.post("/{quarantine_id}/discard", status_code=204)
async def discard(on: On, caller: Caller, quarantine_id: UUID, wish: DiscardIn) -> None:
    """Throw it away."""
    administrator(caller)
    await resolve.discard(
        on.database,
        quarantine_id,
        reason=wish.reason,
        hospital_id=caller.hospital_id,
        by=caller.id,
        now=on.clock(),
    )
