"""Honour rejection notes: what a hospital rejects is hidden, and shown again when it says so.

A note is a Key Object Selection Document (PS3.3 A.35.4) whose title is one of the rejections. It
counts for its own hospital's images only, also for those that come after it. A note about a note
revokes that. Notes are kept, and are hidden with what they reject.

Source: IHE RAD Imaging Object Change Management (IOCM), RAD-66; CID 7011.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

import structlog
from pydicom import Dataset

from crossread.archive import retrieve
from crossread.archive import store as archive
from crossread.archive.holds import see_that_nothing_holds
from crossread.archive.model import ArchiveEvent, Instance, Study
from crossread.archive.store import holds, removal
from crossread.archive.store import rejections as store
from crossread.platform import events
from crossread.platform.database import Connection, Database, Row
from crossread.platform.objects import Objects

log = structlog.get_logger(__name__)


class Title(StrEnum):
    """The titles of rejection notes (CID 7011, DCM)."""

    QUALITY = "113001"  # Rejected for Quality Reasons
    PATIENT_SAFETY = "113037"  # Rejected for Patient Safety Reasons
    WRONG_WORKLIST_ENTRY = "113038"  # Incorrect Modality Worklist Entry
    RETENTION_EXPIRED = "113039"  # Data Retention Policy Expired: may be thrown away


_TITLES = frozenset(Title)


async def heed(database: Database, objects: Objects, note_id: UUID, now: datetime) -> int:
    """Do what a Key Object Selection says, if it is a rejection note; how many images changed.

    Doing it again changes nothing. Raises NotFound, NotHere.
    """
    async with database.transaction() as db:
        found = await archive.instances_by_id(db, [note_id])
    if not found:
        return 0  # erased in the meantime
    [note] = found
    document = await retrieve.header(objects, note)
    title = _title(document)
    if title is None:
        return 0
    named = sorted(set(_named(document)))
    async with database.transaction() as db:
        return await _apply(db, note, title, named, now)


async def heed_late(db: Connection, study_id: UUID) -> int:
    """Hide what of a study came after the note that rejects it; how many images changed."""
    late = await store.awaited(db, study_id)
    if not late:
        return 0
    study = await archive.locked_study(db, study_id)
    changed = await store.apply(db, study.hospital_id, late)
    await _tell(db, study.hospital_id, changed)
    return len(changed)


async def take_back(db: Connection, study: Study, uids: Sequence[str], now: datetime) -> int:
    """Throw away instances that their hospital wants back; how many that were.

    Should they come again, they come as new. Raises OnHold.
    """
    hospital_id = study.hospital_id
    await store.in_turn(db, hospital_id)
    await see_that_nothing_holds(db, [await archive.locked_study(db, study.id)])
    wish = f"2.25.{uuid4().int}"  # there is no note of this
    await store.reject(db, hospital_id, uids, wish, Title.RETENTION_EXPIRED, now)
    changed = await store.apply(db, hospital_id, uids)
    await _throw_away(db, hospital_id, uids)
    await _tell(db, hospital_id, changed)
    return len(changed)


async def _apply(
    db: Connection, note: Instance, title: Title, named: Sequence[str], now: datetime
) -> int:
    hospital_id, uid = note.hospital_id, note.sop_instance_uid
    await store.in_turn(db, hospital_id)
    if await store.is_revoked(db, hospital_id, uid):
        return 0
    freed = await store.revoke(db, hospital_id, named)
    await store.reject(db, hospital_id, [*named, uid], uid, title, now)
    concerned = sorted({*named, *freed, uid})
    for study_id in await store.studies_of(db, hospital_id, concerned):
        await archive.locked_study(db, study_id)
    changed = await store.apply(db, hospital_id, concerned)
    if title is Title.RETENTION_EXPIRED:
        await _throw_away(db, hospital_id, named)
    await _tell(db, hospital_id, changed)
    return len(changed)


async def _throw_away(db: Connection, hospital_id: str, named: Sequence[str]) -> None:
    """What its hospital need not keep any more goes, unless a legal hold lies on it."""
    rows = await store.hidden_by(db, hospital_id, named, Title.RETENTION_EXPIRED)
    gone: list[UUID] = []
    for study_id in sorted({row["study_id"] for row in rows}):
        study = await archive.study(db, study_id)
        if await holds.holds_on(db, study):
            log.warning("retention.held", study=str(study_id))
            continue
        gone += [row["id"] for row in rows if row["study_id"] == study_id]
    taken = await removal.take_out(db, gone)
    # should they come again, they come as new
    await store.forget(db, hospital_id, [row["sop_instance_uid"] for row in taken])


async def _tell(db: Connection, hospital_id: str, changed: Sequence[Row]) -> None:
    """Count the studies anew, and announce what was hidden and what is shown again."""
    for study_id in sorted({row["study_id"] for row in changed}):
        await store.recount(db, study_id)
        codes = [row["rejection"] for row in changed if row["study_id"] == study_id]
        for code in sorted(set(codes)):
            kind = ArchiveEvent.REJECTED if code else ArchiveEvent.UNREJECTED
            await events.append(
                db,
                kind,
                study_id,
                hospital_id=hospital_id,
                facts={"code": code, "instances": codes.count(code)},
            )


def _title(document: Dataset) -> Title | None:
    """Its title, if that is one of the rejections."""
    concepts = document.get("ConceptNameCodeSequence") or []
    for concept in concepts:
        code = str(concept.get("CodeValue", ""))
        if concept.get("CodingSchemeDesignator") == "DCM" and code in _TITLES:
            return Title(code)
    return None


def _named(document: Dataset) -> Iterator[str]:
    """Every instance in its evidence (PS3.3 C.17.2.3)."""
    for keyword in (
        "CurrentRequestedProcedureEvidenceSequence",
        "PertinentOtherEvidenceSequence",
    ):
        for study in document.get(keyword) or []:
            for series in study.get("ReferencedSeriesSequence") or []:
                for one in series.get("ReferencedSOPSequence") or []:
                    uid = str(one.get("ReferencedSOPInstanceUID", ""))
                    if uid:
                        yield uid
