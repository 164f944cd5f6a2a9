"""Answer for instances: that they are kept, and are as they were sent (PS3.4 Annex J)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from crossread.archive import retrieve, store
from crossread.archive.commitment import (
    Answered,
    Commitment,
    CommitmentEvent,
    Failure,
    Reference,
    Told,
    commitment_id,
    judge,
)
from crossread.archive.expectation import RestRule
from crossread.archive.model import Instance, NotHere
from crossread.archive.rest import expect
from crossread.archive.store import commitments
from crossread.platform import events
from crossread.platform.clock import Clock
from crossread.platform.database import Connection, Database
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects


async def ask(
    db: Connection,
    *,
    hospital_id: str,
    endpoint_id: str,
    transaction_uid: str,
    asked: Sequence[Reference],
    now: datetime,
) -> UUID:
    """Write down that somebody asks; the same request again is answered again."""
    key = commitment_id(endpoint_id, transaction_uid, asked)
    await commitments.ask(
        db,
        Commitment(
            key, hospital_id, endpoint_id, transaction_uid, tuple(asked), None, now, Told.OWED
        ),
    )
    await events.append(
        db,
        CommitmentEvent.ASKED,
        key,
        hospital_id=hospital_id,
        facts={"instances": len(asked)},
    )
    return key


async def vouch(database: Database, objects: Objects, commitment: UUID, clock: Clock) -> Commitment:
    """Look at every instance that is asked about, bytes and all, and keep the answer.

    Raises NotFound.
    """
    async with database.transaction() as db:
        asked = await commitments.commitment(db, commitment)
        used = await commitments.is_used(db, asked)
        kept = await commitments.instances_named(
            db, asked.hospital_id, [one.sop_instance_uid for one in asked.asked]
        )
    found = [
        Answered(one, Failure.DUPLICATE_TRANSACTION)
        if used
        else await _answered(objects, one, kept.get(one.sop_instance_uid))
        for one in asked.asked
    ]
    async with database.transaction() as db:
        await commitments.keep_answer(db, commitment, found, clock())
        await _expect(db, asked, found, kept, clock())
        answered = await commitments.commitment(db, commitment)
        await events.append(
            db,
            CommitmentEvent.ANSWERED,
            commitment,
            hospital_id=asked.hospital_id,
            facts={"instances": len(found), "failed": len(answered.failed)},
        )
    return answered


async def _answered(objects: Objects, reference: Reference, kept: Instance | None) -> Answered:
    failure = judge(reference, kept)
    if failure is None and kept is not None:
        try:
            await retrieve.file(objects, kept)
        except (NotFound, retrieve.Damaged):
            failure = Failure.PROCESSING
        except NotHere:
            failure = Failure.RESOURCES
    return Answered(reference, failure)


async def _expect(
    db: Connection,
    asked: Commitment,
    found: Sequence[Answered],
    kept: dict[str, Instance],
    now: datetime,
) -> None:
    """Who asks us to answer for instances has sent all that it names, study by study."""
    by_study: dict[UUID, list[str]] = {}
    for one in found:
        instance = kept.get(one.reference.sop_instance_uid)
        if instance is not None and one.failure is None:
            by_study.setdefault(instance.study_id, []).append(instance.sop_instance_uid)
    for study_id, instances in by_study.items():
        study = await store.study(db, study_id)
        await expect(
            db,
            asked.hospital_id,
            study.study_instance_uid,
            f"commitment/{asked.transaction_uid}",
            RestRule.COMMITTED,
            instances=instances,
            now=now,
        )
