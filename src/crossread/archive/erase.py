"""Erase studies for good, and keep the proof of it without a word of whose they were."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from crossread.archive import store as archive
from crossread.archive.holds import see_that_nothing_holds
from crossread.archive.model import ArchiveEvent, Study
from crossread.archive.store import corrections, garbage, quarantine, removal
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.platform.errors import CrossreadError, NotFound


class Ground(StrEnum):
    """Why something is erased."""

    PATIENT = "patient"  # she asked for it (AVG art. 17, BW 7:455)
    RETENTION = "retention"  # its years are over
    REQUEST = "request"  # its hospital takes it back, as by DELETE over DICOMweb


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased, and the proof of it."""

    id: UUID
    certificate: dict[str, Any]
    seal: str  # SHA-256 of the certificate in canonical JSON


async def erase(
    db: Connection,
    studies: Sequence[Study],
    *,
    ground: Ground,
    reason: str,
    by: UUID | None,
    now: datetime,
) -> Erasure:
    """Take studies of one hospital out: objects, prepared metadata, rows of the index.

    The objects themselves go when `garbage.collect` next runs; from the moment this is committed
    nothing can be found or read. What comes in of these studies later is refused. The caller has
    seen that who asks may ask it. `by` is None for a hospital's own system and for an operator.

    Raises NotFound without any study, OnHold under a legal hold, CrossreadError without a reason.
    """
    if not studies:
        raise NotFound("There is nothing here to erase.")
    if not reason.strip():
        raise CrossreadError("An erasure needs a reason, which its certificate repeats.")
    [hospital_id] = {study.hospital_id for study in studies}
    locked = [await archive.locked_study(db, one.id) for one in sorted(studies, key=lambda s: s.id)]
    await see_that_nothing_holds(db, locked)
    erasure_id = uuid4()
    parts = [await _part(db, study) for study in locked]
    certificate = {
        "erasure": str(erasure_id),
        "hospital": hospital_id,
        "ground": ground,
        "reason": reason.strip(),
        "erased_at": now.isoformat(),
        "digest": "SHA-256 of each UID",
        "studies": parts,
    }
    sealed = seal(certificate)
    await removal.add_erasure(
        db,
        erasure_id=erasure_id,
        hospital_id=hospital_id,
        ground=ground,
        reason=reason.strip(),
        erased_by=by,
        certificate=certificate,
        seal=sealed,
        now=now,
    )
    for study, part in zip(locked, parts, strict=True):
        uids = [row["sop_instance_uid"] for row in await removal.uids_of(db, study.id)]
        held = await quarantine.discard_instances(db, hospital_id, uids, now)
        await garbage.discard(db, held, now)
        await removal.forget_study(db, study.id, erasure_id, now)
        await _tell(db, study, erasure_id, ground, by, len(part["instances"]))
    return Erasure(erasure_id, certificate, sealed)


async def erase_patient(
    db: Connection,
    hospital_id: str,
    issuer: str,
    number: str,
    *,
    reason: str,
    by: UUID | None,
    now: datetime,
) -> Erasure:
    """Erase every study of a patient of a hospital, because she asks for it.

    Raises as `erase` does.
    """
    studies = await corrections.studies_of_patient(db, hospital_id, issuer, number)
    return await erase(db, studies, ground=Ground.PATIENT, reason=reason, by=by, now=now)


def seal(certificate: dict[str, Any]) -> str:
    """What proves that a certificate is the one that was made: its SHA-256 in canonical JSON."""
    canonical = json.dumps(certificate, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


async def _part(db: Connection, study: Study) -> dict[str, Any]:
    """What of a study is erased: digests, which prove a UID to who knows it, and name none."""
    rows = await removal.uids_of(db, study.id)
    return {
        "study": _digest(study.study_instance_uid),
        "series": sorted({_digest(row["series_instance_uid"]) for row in rows}),
        "instances": sorted(_digest(row["sop_instance_uid"]) for row in rows),
        "bytes": sum(row["bytes"] for row in rows),
    }


def _digest(uid: str) -> str:
    return hashlib.sha256(uid.encode()).hexdigest()


async def _tell(
    db: Connection, study: Study, erasure_id: UUID, ground: Ground, by: UUID | None, count: int
) -> None:
    facts = {"erasure_id": str(erasure_id), "instances": count}
    await events.append(
        db, ArchiveEvent.ERASED, study.id, hospital_id=study.hospital_id, facts=facts
    )
    await record(
        db,
        Entry(
            action="erase",
            purpose="administration",
            subject_kind="study",
            subject_id=str(study.id),
            allowed=True,
            reader_id=by,
            reader_hospital_id=study.hospital_id,
            hospital_id=study.hospital_id,
            facts=facts | {"ground": ground},
        ),
    )
