"""What people bring on a CD, a stick or in a ZIP: kept until it has been taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from crossread.archive.model import ArchiveEvent
from crossread.archive.store import imports as store
from crossread.platform import events
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound

FOREIGN = "MEDIA"  # issuer of numbers that another hospital gave and did not sign


class ImportState(StrEnum):
    """Where an import stands."""

    WAITING = "waiting"  # it is here in full
    RUNNING = "running"
    FINISHED = "finished"  # every file was looked at
    FAILED = "failed"  # it cannot be read at all; its sentence says why


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that was not taken in, and why."""

    name: str  # as it is called on the medium: for the hospital's own people only
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class MediaImport:
    """Something that was brought, and what became of it so far."""

    id: UUID
    hospital_id: str
    asked_by: UUID
    issuer: str
    object_key: str
    bytes: int
    state: ImportState
    sentence: str
    asked_at: datetime
    ended_at: datetime | None
    seen: int
    stored: int
    repeated: int
    refused: int
    others: int
    stored_bytes: int
    refusals: tuple[Refusal, ...]
    studies: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    seen: int
    stored: int
    repeated: int
    refused: int
    others: int
    bytes: int
    refusals: Sequence[Refusal]
    studies: Sequence[UUID]


async def ask(
    db: Connection,
    *,
    import_id: UUID,
    hospital_id: str,
    asked_by: UUID,
    issuer: str,
    object_key: str,
    size: int,
    now: datetime,
) -> None:
    """What was brought is here: have it taken in."""
    await store.add(
        db,
        import_id=import_id,
        hospital_id=hospital_id,
        asked_by=asked_by,
        issuer=issuer,
        object_key=object_key,
        size=size,
        now=now,
    )
    await events.append(db, ArchiveEvent.IMPORT_ASKED, import_id, hospital_id=hospital_id)


async def get(db: Connection, import_id: UUID) -> MediaImport:
    """One import. Raises NotFound."""
    row = await store.get(db, import_id)
    if row is None:
        raise NotFound("There is no such import.")
    return _import_of(row)


async def of_hospital(db: Connection, hospital_id: str, limit: int) -> list[MediaImport]:
    """A hospital's imports, newest first."""
    return [_import_of(row) for row in await store.of_hospital(db, hospital_id, limit)]


async def progress(db: Connection, one: MediaImport, now_at: Progress) -> None:
    """Write down, and tell, how far an import is."""
    counts = {
        name: getattr(now_at, name)
        for name in ("seen", "stored", "repeated", "refused", "others", "bytes")
    }
    refusals = [
        {"name": each.name, "reason": each.reason, "sentence": each.sentence}
        for each in now_at.refusals
    ]
    await store.progress(db, one.id, counts, refusals, list(now_at.studies))
    await events.append(
        db,
        ArchiveEvent.IMPORT_PROGRESSED,
        one.id,
        hospital_id=one.hospital_id,
        facts={"state": ImportState.RUNNING, "instances": now_at.stored + now_at.repeated},
    )


async def end(
    db: Connection, one: MediaImport, state: ImportState, why: str, now: datetime
) -> None:
    """An import has ended; a second time changes nothing."""
    row = await store.end(db, one.id, state, why, now)
    if row is None:
        return
    await events.append(
        db,
        ArchiveEvent.IMPORT_ENDED,
        one.id,
        hospital_id=one.hospital_id,
        facts={"state": state, "instances": row["stored"] + row["repeated"]},
    )


def _import_of(row: Row) -> MediaImport:
    values = dict(row)
    values["state"] = ImportState(row["state"])
    values["refusals"] = tuple(Refusal(**one) for one in row["refusals"])
    values["studies"] = frozenset(row["studies"])
    return MediaImport(**values)
