"""Legal hold: what must stay, whatever the cache, the years or a request say."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from crossread.archive.model import Study
from crossread.archive.store import holds as store
from crossread.platform.database import Connection
from crossread.platform.errors import CrossreadError, NotFound, Refused


class OnHold(Refused):
    """A legal hold lies on it."""


async def place(
    db: Connection,
    hospital_id: str,
    *,
    study: Study | None = None,
    patient: tuple[str, str] | None = None,
    reason: str,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Hold one study, or all that is and comes of a patient (issuer, number).

    Raises CrossreadError without a reason.
    """
    if not reason.strip():
        raise CrossreadError("A legal hold needs a reason, such as the number of the case.")
    hold_id = uuid4()
    await store.place(
        db,
        hold_id=hold_id,
        hospital_id=hospital_id,
        study_id=study.id if study else None,
        patient=patient,
        reason=reason.strip(),
        by=by,
        now=now,
    )
    return hold_id


async def lift(
    db: Connection, hospital_id: str, hold_id: UUID, by: UUID | None, now: datetime
) -> None:
    """End a hold. Raises NotFound."""
    if not await store.lift(db, hospital_id, hold_id, by, now):
        raise NotFound("This hospital has no such legal hold.", cause=str(hold_id))


async def see_that_nothing_holds(db: Connection, studies: Sequence[Study]) -> None:
    """Nothing, or OnHold when a legal hold covers any of these studies."""
    for study in studies:
        if await store.holds_on(db, study):
            raise OnHold(
                "A legal hold lies on this; it stays until that is lifted.",
                reasons=("legal_hold",),
                remedies=("Lift the legal hold first, if you may.",),
            )
