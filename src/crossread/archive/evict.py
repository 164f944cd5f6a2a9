"""The cache: images whose report is home go after some days; what is known of them stays.

They are found as before, their hospital has them, and they are fetched from there when somebody
asks. A legal hold keeps them here.
"""

from datetime import datetime, timedelta
from uuid import UUID

from crossread.archive import store as archive
from crossread.archive.model import ArchiveEvent
from crossread.archive.store import cache as store
from crossread.archive.store import removal
from crossread.platform import events
from crossread.platform.database import Connection, Database


async def let_go_after(db: Connection, study_id: UUID, days: int, now: datetime) -> None:
    """Everything owed for a study is home: it stays for so many days more."""
    await store.keep_days(db, study_id, days, now + timedelta(days=days))


async def evict_due(database: Database, now: datetime) -> int:
    """Let go of every cached study whose time has come; how many."""
    evicted = 0
    while True:
        async with database.transaction() as db:
            study_id = await store.due(db, now)
            if study_id is None:
                return evicted
            await _evict(db, study_id, now)
        evicted += 1


async def make_room(database: Database, now: datetime) -> int:
    """Where a hospital is at its limit, let go of what is due first, before its time; how many."""
    async with database.transaction() as db:
        for row in await store.newly_near(db, now):
            await events.append(
                db,
                ArchiveEvent.QUOTA_NEAR,
                row["hospital_id"],
                hospital_id=row["hospital_id"],
                facts={"bytes": row["bytes"], "warn_bytes": row["warn_bytes"]},
            )
    evicted = 0
    while True:
        async with database.transaction() as db:
            went = 0
            for hospital_id in await store.over_limit(db):
                study_id = await store.first_of(db, hospital_id)
                if study_id is not None:
                    await _evict(db, study_id, now)
                    went += 1
        if not went:
            return evicted
        evicted += went


async def _evict(db: Connection, study_id: UUID, now: datetime) -> None:
    study = await archive.locked_study(db, study_id)
    size = await removal.give_up_packs(db, study_id, now)
    await store.set_nearline(db, study_id)
    await events.append(
        db,
        ArchiveEvent.EVICTED,
        study_id,
        hospital_id=study.hospital_id,
        facts={"bytes": size, "study_instance_uid": study.study_instance_uid},
    )
