"""Jobs are done after their cause is committed, and once more when a worker died."""

import asyncio

from crossread.platform.database import Database
from crossread.platform.jobs import Jobs


async def until(condition: asyncio.Event) -> None:
    await asyncio.wait_for(condition.wait(), 20)


async def test_a_job_runs_after_its_transaction_commits(
    database: Database, database_url: str
) -> None:
    jobs, done, seen = Jobs(database_url), asyncio.Event(), []

    async def work(subject: str, _cause: str) -> None:
        seen.append(subject)
        done.set()

    jobs.register("note", work)
    async with jobs.opened():
        async with database.transaction() as db:
            await jobs.defer(db, "note", "s1")
        worker = asyncio.create_task(jobs.work(concurrency=2))
        await until(done)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert seen == ["s1"]


async def test_a_failed_job_is_tried_again_before_later_ones_of_its_lock(
    database: Database, database_url: str
) -> None:
    jobs, done, seen = Jobs(database_url), asyncio.Event(), []

    async def work(subject: str, _cause: str) -> None:
        seen.append(subject)
        if seen == ["first"]:
            raise RuntimeError("not today")
        if subject == "second":
            done.set()

    jobs.register("note", work)
    async with jobs.opened():
        async with database.transaction() as db:
            await jobs.defer(db, "note", "first", lock="task/1")
            await jobs.defer(db, "note", "second", lock="task/1")
        worker = asyncio.create_task(jobs.work(concurrency=4))
        await until(done)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
    assert seen == ["first", "first", "second"]
