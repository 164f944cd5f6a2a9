"""The steps of the journey by which the archive keeps, hides and lets go."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from crossread.archive import copies, evict, reject
from crossread.archive.repack import repack
from crossread.archive.store import cache
from crossread.consent import register
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Keeping as Kept
from crossread.orders import store as orders
from crossread.patients import store as patients
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.errors import Refused
from crossread.platform.jobs import Jobs, Work
from crossread.platform.objects import Objects
from crossread.transfers.ask import Why, recall
from crossread.transfers.model import Priority
from crossread.worklist import store as tasks
from crossread.worklist import transition
from crossread.worklist.model import Move

REPACK_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The steps, on a database and an object store."""

    database: Database
    objects: Objects
    jobs: Jobs
    clock: Clock
    folder: Path  # where new packs are written: the object store's own, or a spool

    def steps(self) -> Mapping[str, Work]:
        """Every step by the name that `journey.ROUTES` gives it."""
        return {
            "heed_note": self.heed_note,
            "heed_late": self.heed_late,
            "let_go": self.let_go,
            "keep_on": self.keep_on,
            "bring_back": self.bring_back,
            "unite": self.unite,
            "repack_later": self.repack_later,
            "repack": self.repack,
            "withdraw": self.withdraw,
            "copy": self.copy,
            "copy_first": self.copy_first,
        }

    async def heed_note(self, instance_id: str, cause: str) -> None:
        """A Key Object Selection came: it may reject images."""
        await reject.heed(self.database, self.objects, UUID(instance_id), self.clock())

    async def heed_late(self, study_id: str, cause: str) -> None:
        """A study has come to rest: some of it may have been rejected before it came."""
        async with self.database.transaction() as db:
            await reject.heed_late(db, UUID(study_id))

    async def repack_later(self, study_id: str, cause: str) -> None:
        """A study has come to rest: put its packs in order, when those who want it now are done."""
        async with self.database.transaction() as db:
            at = self.clock() + REPACK_AFTER
            await self.jobs.defer(db, "repack", study_id, cause=cause, at=at)

    async def repack(self, study_id: str, cause: str) -> None:
        """Make few packs of many small ones."""
        await repack(self.database, self.objects, UUID(study_id), self.clock, spool=self.folder)

    async def withdraw(self, study_id: str, cause: str) -> None:
        """A study was erased: nobody can read it any more."""
        async with self.database.transaction() as db:
            for task in await tasks.unread_of_study(db, UUID(study_id)):
                await transition.move(
                    db, task, Move.CANCEL, self.clock(), actor=None, reason="erased"
                )

    async def let_go(self, task_id: str, cause: str) -> None:
        """A report is home: where that is agreed, the cache may let go of its images in time."""
        async with self.database.transaction() as db:
            task = await tasks.task(db, UUID(task_id))
            if task.study_id is None or task.agreement_id is None:
                return
            version = task.agreement_version or 0
            agreed = await hospitals.agreement(db, task.agreement_id, version)
            if agreed.keeping is Kept.ARCHIVE or await tasks.is_awaited(db, task.study_id):
                return
            await evict.let_go_after(db, task.study_id, agreed.cache_days, self.clock())

    async def keep_on(self, task_id: str, cause: str) -> None:
        """A study is to be read, perhaps once more: it stays until that is done."""
        async with self.database.transaction() as db:
            task = await tasks.task(db, UUID(task_id))
            if task.study_id is not None:
                await cache.keep_on(db, task.study_id)

    async def copy(self, study_id: str, cause: str) -> None:
        """Make copies for the viewer of what of this study lacks them and is worth it."""
        await copies.make(self.database, self.objects, UUID(study_id), self.clock())

    async def copy_first(self, task_id: str, cause: str) -> None:
        """A study is on the worklist: its copies come before those of studies that are not."""
        async with self.database.transaction() as db:
            task = await tasks.task(db, UUID(task_id))
            if task.study_id is not None:
                study = str(task.study_id)
                await self.jobs.defer(db, "copy", study, cause=cause, lock=f"copy/{study}")

    async def bring_back(self, task_id: str, cause: str) -> None:
        """A study is to be read: what the cache gave up of it is fetched from its hospital."""
        async with self.database.transaction() as db:
            task = await tasks.task(db, UUID(task_id))
            if task.study_id is None:
                return
            why = Why("the journey", Priority.URGENT, task.id)
            with suppress(Refused):  # its hospital has no archive to fetch from
                await recall(db, task.study_id, why, self.clock())

    async def unite(self, patient_id: str, cause: str) -> None:
        """A number was merged into another: orders, tasks and consents of it are hers now."""
        gone = UUID(patient_id)
        async with self.database.transaction() as db:
            survivor = await patients.surviving(db, gone)
            if survivor is None:
                return
            await orders.give_to(db, gone, survivor.id)
            await tasks.give_to(db, gone, survivor.id)
            await register.carry(db, gone, survivor.id, survivor.hospital_id, self.clock())
            for study_id in await tasks.open_studies(db, patient_id=survivor.id):
                await self.jobs.defer(db, "permit", str(study_id), cause=cause)
