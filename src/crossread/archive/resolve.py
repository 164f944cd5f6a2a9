"""What lies in quarantine: look at it, let it in after all, or throw it away."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydicom import Dataset

from crossread.archive import part10, retrieve
from crossread.archive import store as archive
from crossread.archive.coerce import CORRECT, rewritten
from crossread.archive.encoding import KNOWN, encoding
from crossread.archive.holds import see_that_nothing_holds
from crossread.archive.intake import Intake
from crossread.archive.metadata import metadata
from crossread.archive.model import (
    Announced,
    ArchiveEvent,
    Arrival,
    Instance,
    NotArchived,
    Outcome,
    Reason,
)
from crossread.archive.quarantine import hold
from crossread.archive.receive import receive
from crossread.archive.retrieve import header_of
from crossread.archive.store import garbage, rejections, removal
from crossread.archive.store import quarantine as store
from crossread.archive.structure import elements
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.platform import events
from crossread.platform.database import Connection, Database
from crossread.platform.errors import CrossreadError, NotFound
from crossread.platform.objects import Objects

# what may be filled in or mended on the way in
MENDABLE = (
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
)
_GUESSES = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2")


@dataclass(frozen=True, slots=True)
class Readmission:
    """How something in quarantine is let in."""

    reason: str  # why, for the audit trail; no patient data
    values: Mapping[str, str] = field(default_factory=dict)  # by keyword, of `MENDABLE`
    hospital_id: str = ""  # whose it is, where that was not known or not right
    replace: bool = False  # it takes the place of what is kept under its SOP Instance UID


async def look(
    database: Database, objects: Objects, quarantine_id: UUID, hospital_id: str | None, by: UUID
) -> dict[str, Any]:
    """Its header in the DICOM JSON model, as far as it can be read; that is audited.

    Raises NotFound, also for what is another hospital's.
    """
    async with database.transaction() as db:
        row = await _held(db, quarantine_id, hospital_id)
        await _audit(db, row, "read", by, {})
    content = await objects.get(row["object_key"])
    if row["protocol"] == "mllp":
        raise CrossreadError("This is an HL7 message; it has no DICOM header.")
    return metadata(_header(*_opened(row, content)))


async def readmit(
    intake: Intake,
    quarantine_id: UUID,
    wish: Readmission,
    *,
    hospital_id: str | None,
    by: UUID | None,
    now: datetime,
) -> Outcome:
    """Let something in after all, through the archive's one entrance.

    What is mended says what it said before (Original Attributes Sequence, CORRECT). What is
    replaced goes into quarantine in its turn. Doing it again after a crash finishes it.

    Raises NotFound, CrossreadError for a wish that cannot be, OnHold where a legal hold keeps what
    it would replace, and NotArchived with the reason why it is still refused; it stays in
    quarantine then.
    """
    database, objects = intake.database, intake.objects
    if not wish.reason.strip():
        raise CrossreadError("Say why it is let in; the audit trail keeps it.")
    unknown = [keyword for keyword in wish.values if keyword not in MENDABLE]
    if unknown:
        raise CrossreadError(f"{unknown[0]} cannot be mended here; only {', '.join(MENDABLE)}.")
    async with database.transaction() as db:
        row = await _held(db, quarantine_id, hospital_id)
    if row["state"] != "held":
        raise CrossreadError(f"This was {row['state']} already.")
    if row["protocol"] == "mllp":
        raise CrossreadError("An HL7 message is let in by an operator, or sent again by its RIS.")
    whose = wish.hospital_id or row["hospital_id"]
    if whose is None:
        raise CrossreadError("Say whose it is: its sender is no hospital that takes part.")
    content, syntax = _opened(row, await objects.get(row["object_key"]))
    mended = content
    if wish.values:
        mended = bytes(
            rewritten(content, syntax, wish.values, reason=CORRECT, source=row["sender"], at=now)
        )
    announced = Announced(whose, row["sender"], syntax, protocol=row["protocol"], held=True)
    if wish.replace:
        await _make_room(database, objects, whose, mended, syntax, now)
    outcome = await receive(intake, Arrival(announced, mended))
    facts = {"outcome": outcome, "mended": sorted(wish.values), "replaced": wish.replace}
    await settle(database, row, wish.reason, by=by, now=now, hospital_id=whose, facts=facts)
    return outcome


async def settle(
    database: Database,
    row: Mapping[str, Any],
    reason: str,
    *,
    by: UUID | None,
    now: datetime,
    hospital_id: str | None,
    facts: dict[str, Any],
) -> None:
    """Write down that something in quarantine has been let in."""
    async with database.transaction() as db:
        await store.resolve(db, row["id"], "readmitted", reason.strip(), by, now)
        await garbage.discard(db, [row["object_key"]], now)
        await events.append(
            db, ArchiveEvent.READMITTED, row["id"], hospital_id=hospital_id, facts=facts
        )
        await _audit(db, row, "readmit", by, facts)


async def discard(
    database: Database,
    quarantine_id: UUID,
    *,
    reason: str,
    hospital_id: str | None,
    by: UUID | None,
    now: datetime,
) -> None:
    """Throw something in quarantine away.

    Raises NotFound, CrossreadError without a reason, and OnHold for what was kept, or came, under
    the UID of an image on which a legal hold lies.
    """
    if not reason.strip():
        raise CrossreadError("Say why it is thrown away; the audit trail keeps it.")
    async with database.transaction() as db:
        row = await _held(db, quarantine_id, hospital_id)
        await _not_on_hold(db, row)
        if not await store.resolve(db, quarantine_id, "discarded", reason.strip(), by, now):
            raise CrossreadError(f"This was {row['state']} already.")
        await garbage.discard(db, [row["object_key"]], now)
        await events.append(
            db, ArchiveEvent.DISCARDED, quarantine_id, hospital_id=row["hospital_id"]
        )
        await _audit(db, row, "discard", by, {})


async def _held(db: Connection, quarantine_id: UUID, hospital_id: str | None) -> dict[str, Any]:
    row = await store.one(db, quarantine_id)
    if row is None or (hospital_id is not None and row["hospital_id"] != hospital_id):
        raise NotFound("This is not in quarantine.", cause=str(quarantine_id))
    return row


async def _not_on_hold(db: Connection, row: Mapping[str, Any]) -> None:
    if row["hospital_id"] is None or row["protocol"] == "mllp" or not row["uid"]:
        return
    kept = await archive.instance(db, row["hospital_id"], row["uid"], hidden=True)
    if kept is not None:
        await see_that_nothing_holds(db, [await archive.study(db, kept.study_id)])


async def _make_room(
    database: Database,
    objects: Objects,
    hospital_id: str,
    content: bytes,
    syntax: str,
    now: datetime,
) -> None:
    """Put what is kept under the same SOP Instance UID into quarantine, and out of the index."""
    uid = str(_header(content, syntax).get("SOPInstanceUID", ""))
    async with database.transaction() as db:
        kept = await archive.instance(db, hospital_id, uid, hidden=True)
        if kept is None:
            return  # nothing is in the way, or a crash came after this
        await see_that_nothing_holds(db, [await archive.study(db, kept.study_id)])
    if kept.pack_id is not None:
        await _set_aside(database, objects, kept, now)
    async with database.transaction() as db:
        await archive.locked_study(db, kept.study_id)
        await removal.take_out(db, [kept.id])
        await rejections.recount(db, kept.study_id)


async def _set_aside(database: Database, objects: Objects, kept: Instance, now: datetime) -> None:
    file = await retrieve.file(objects, kept)
    await hold(
        database,
        objects,
        hospital_id=kept.hospital_id,
        sender="crossread",
        protocol="dimse",
        reason=Reason.REPLACED,
        sentence="An administrator took other content in its place.",
        content=file,
        uid=kept.sop_instance_uid,
        transfer_syntax_uid=kept.transfer_syntax_uid,
        now=now,
    )


def _opened(row: Mapping[str, Any], content: bytes) -> tuple[bytes, str]:
    """The data set in quarantine and its transfer syntax.

    It lies behind our file meta; what was quarantined by an earlier version is a bare data set,
    and is in the encoding in which it can be read.
    """
    if content[128:132] == b"DICM":
        head = part10.file_meta(content)
        if head is not None:
            return content[head.length :], head.transfer_syntax_uid
    named = str(row["transfer_syntax_uid"])
    return content, named if named in KNOWN else _guess(content)


def _guess(content: bytes) -> str:
    for guess in _GUESSES:
        written = encoding(guess)
        try:
            for _ in elements(content, implicit=written.implicit, little=written.little):
                pass
        except NotArchived:
            continue
        return guess
    return _GUESSES[0]


def _header(content: bytes, syntax: str) -> Dataset:
    try:
        return header_of(content, syntax)
    except Exception:  # pydicom raises many kinds for what is no data set
        return Dataset()


async def _audit(
    db: Connection, row: Mapping[str, Any], action: str, by: UUID | None, facts: dict[str, Any]
) -> None:
    await record(
        db,
        Entry(
            action=action,
            purpose="administration",
            subject_kind="quarantine",
            subject_id=str(row["id"]),
            allowed=True,
            reader_id=by,
            reader_hospital_id=row["hospital_id"],
            hospital_id=row["hospital_id"],
            facts=facts,
        ),
    )
