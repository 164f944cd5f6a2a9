"""Let an instance into the index: rows committed when this returns, or refused with a reason."""

from dataclasses import replace

from crossread.archive import store
from crossread.archive.candidate import Candidate
from crossread.archive.details import details
from crossread.archive.model import (
    ArchiveEvent,
    Instance,
    NotArchived,
    NotKept,
    Outcome,
    Reason,
    Study,
    StudyState,
)
from crossread.archive.store import damage, removal
from crossread.platform import events
from crossread.platform.database import Connection

# classes whose instances say something of others: Key Object Selection Document
NOTES = frozenset({"1.2.840.10008.5.1.4.1.1.88.59"})


async def admit(db: Connection, new: Candidate) -> tuple[Outcome, Study]:
    """Write the rows of an instance, and those of its study, series and pack where they are new.

    Locks go study, series, instance, always in this order. Says also what of the study is known
    now. Raises NotArchived when its UIDs are known otherwise, NotKept when its pack takes no more.
    """
    instance, study = new.instance, new.study
    before = await store.study_by_uid(db, study.hospital_id, study.study_instance_uid)
    known = await store.instance(db, instance.hospital_id, instance.sop_instance_uid, hidden=True)
    if known is None:
        before, made = await store.lock_study(db, study)
        # another receiver may have brought it in the meantime
        known = await store.instance(
            db, instance.hospital_id, instance.sop_instance_uid, hidden=True
        )
    if known is not None and known.study_id == instance.study_id:
        known = await _let_go_if_damaged(db, known)
    if known is not None and known.pack_id is None and known.study_id == instance.study_id:
        return Outcome.STORED, await _come_back(db, new, known)
    if known is not None:
        return await _repeated(db, known, new), before or study
    assert before is not None  # noqa: S101 - locked above
    await _not_erased(db, study, before, made=made)
    await _same_study(db, new)
    if made or before.state is StudyState.AT_REST:
        await _announce(db, study, late=not made)
    if not made:
        await store.fill_blanks(db, study)
    await store.ensure_series(db, new.series, study.hospital_id)
    await store.describe(db, new.series, instance.sop_class_uid, details(new.header))
    assert instance.pack_id is not None  # noqa: S101 - it has just been written there
    await store.fill_pack(db, instance.pack_id, study.id)
    if not await store.admit_one(db, instance, new.received_at):
        # the study is locked and the instance was not there, so it is the pack that was sealed
        raise NotKept(
            "The archive could not keep this image; send it again.", cause="its pack is sealed"
        )
    if instance.sop_class_uid in NOTES:
        await _announce_note(db, instance)
    return Outcome.STORED, await store.study(db, study.id)


async def _come_back(db: Connection, new: Candidate, known: Instance) -> Study:
    """Give an instance that the cache had given up its place again.

    Its hospital may have changed it in the meantime, a patient's name for one. What was here first
    cannot be kept any more, so that what its hospital has now counts, and that is announced.
    """
    instance = new.instance
    assert instance.pack_id is not None  # noqa: S101 - it has just been written there
    await store.locked_study(db, known.study_id)
    await store.fill_pack(db, instance.pack_id, known.study_id)
    if not await store.put_back(db, instance):
        # another receiver brought it in the meantime, or the pack was sealed
        raise NotKept("This image could not be put back at this moment; send it again.")
    if known.digest != instance.digest:
        await events.append(
            db,
            ArchiveEvent.CHANGED,
            known.id,
            hospital_id=known.hospital_id,
            facts={
                "study_id": str(known.study_id),
                "sop_instance_uid": known.sop_instance_uid,
            },
        )
    if await store.bring_online(db, known.study_id):
        await damage.count_again(db, known.study_id, new.received_at)
        await events.append(
            db,
            ArchiveEvent.STUDY_ONLINE,
            known.study_id,
            hospital_id=known.hospital_id,
            facts={"study_instance_uid": new.study.study_instance_uid},
        )
    return await store.study(db, known.study_id)


async def _announce(db: Connection, study: Study, *, late: bool) -> None:
    if late:
        await store.arrive_again(db, study.id)
    await events.append(
        db,
        ArchiveEvent.STUDY_ARRIVING,
        study.id,
        hospital_id=study.hospital_id,
        facts={"study_instance_uid": study.study_instance_uid, "late": late},
    )


async def _same_study(db: Connection, new: Candidate) -> None:
    """See that a series that is known is known in this study."""
    uid = new.series.series_instance_uid
    elsewhere = await store.series_study(db, new.study.hospital_id, uid)
    if elsewhere is not None and elsewhere != new.study.id:
        raise NotArchived(
            Reason.OTHER_STUDY, "This series is in the archive as part of another study."
        )


async def _not_erased(db: Connection, study: Study, before: Study, *, made: bool) -> None:
    """See that the study was not erased; one that may come in again is as new."""
    if not made and before.availability != "offline":
        return
    if await removal.is_erased(db, study.id):
        raise NotArchived(
            Reason.ERASED,
            "This study was erased here and is not taken in again, unless its hospital's"
            " administrator allows it.",
        )
    if not made:
        await removal.revive(db, study)


async def _repeated(db: Connection, known: Instance, new: Candidate) -> Outcome:
    instance = new.instance
    if known.study_id != instance.study_id:
        raise NotArchived(
            Reason.OTHER_STUDY, "This SOP Instance UID is in the archive as part of another study."
        )
    if (known.pack_id, known.start) == (instance.pack_id, instance.start):
        return Outcome.STORED  # by the try whose answer was lost
    if known.digest == instance.digest:
        return Outcome.REPEATED
    raise NotArchived(
        Reason.OTHER_CONTENT,
        "The archive has other content under this SOP Instance UID; the first is kept.",
    )


async def _let_go_if_damaged(db: Connection, known: Instance) -> Instance:
    """What is damaged is as good as not here: what comes from its hospital takes its place."""
    if known.pack_id is None or not await damage.is_damaged(db, known.id):
        return known
    await store.locked_study(db, known.study_id)
    if await damage.let_go(db, known.id):
        facts = {"study_id": str(known.study_id), "sop_instance_uid": known.sop_instance_uid}
        await events.append(
            db, ArchiveEvent.MENDED, known.id, hospital_id=known.hospital_id, facts=facts
        )
    return replace(known, pack_id=None, object_key=None)


async def _announce_note(db: Connection, instance: Instance) -> None:
    await events.append(
        db,
        ArchiveEvent.NOTED,
        instance.id,
        hospital_id=instance.hospital_id,
        facts={"study_id": str(instance.study_id), "sop_instance_uid": instance.sop_instance_uid},
    )
