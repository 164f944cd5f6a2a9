"""Jobs: work that is done after its cause is committed, and survives the death of its worker.

procrastinate keeps them in the schema `jobs`. A job is deferred in the transaction of its cause,
so neither can be there without the other. A job whose worker died is given to another after a few
seconds of silence; a job may therefore run twice, and each one must not mind.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.jobs import Job

from crossread.platform import clock
from crossread.platform.database import Connection

Work = Callable[[str, str], Awaitable[None]]  # (what it is about, the event that caused it)

SOON, SLOW = "default", "slow"  # lanes: what takes long never keeps the rest waiting
HEARTBEAT = 1.0  # seconds
SILENCE = 5.0  # seconds without a heartbeat after which a worker is taken for dead

log = structlog.get_logger(__name__)
# it logs each job's arguments; they are only ids, but ours are the lines that count
logging.getLogger("procrastinate").setLevel(logging.ERROR)


class _Patiently(BaseRetryStrategy):
    """Again after 1, 2, 4 ... seconds, at most a minute, for as long as it takes."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        log.warning(
            "job.failed",
            job=job.task_name,
            attempt=job.attempts + 1,
            error=type(exception).__name__,
            cause=getattr(exception, "cause", ""),
        )
        seconds = min(60, 2 ** min(job.attempts, 6))
        return RetryDecision(retry_at=clock.now() + timedelta(seconds=seconds))


class Jobs:
    """The queue of one database, and the work it knows by name."""

    def __init__(self, url: str, *, slow: Collection[str] = ()) -> None:
        """`slow`: names of work that takes long and nobody waits for."""
        self._slow = frozenset(slow)
        self._app = App(
            connector=PsycopgConnector(
                conninfo=url,
                min_size=1,
                max_size=6,
                kwargs={"options": "-c search_path=jobs -c timezone=UTC"},
            )
        )

    def register(self, name: str, work: Work) -> None:
        """Say what is to be done for jobs of this name."""
        lane = SLOW if name in self._slow else SOON

        async def run(subject: str, cause: str) -> None:
            await work(subject, cause)

        self._app.task(name=name, queue=lane, retry=_Patiently())(run)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connected to the database, for as long as the block lasts."""
        async with self._app.open_async():
            yield

    async def defer(
        self,
        db: Connection,
        name: str,
        subject: str,
        *,
        cause: str = "",
        lock: str | None = None,
        at: datetime | None = None,
        priority: int = 0,
    ) -> None:
        """Put a job in the queue in the transaction of `db`.

        Jobs with the same `lock` run one after the other, in the order of deferring; else those of
        a higher `priority` first.
        """
        await self._app.configure_task(
            name, lock=lock, schedule_at=at, priority=priority, connection=db
        ).defer_async(subject=subject, cause=cause)

    async def work(self, *, concurrency: int) -> None:
        """Run jobs until cancelled: so many at once, and one of the slow ones beside them."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reclaim())
            for lane, at_once in ((SOON, concurrency), (SLOW, 1)):
                group.create_task(
                    self._app.run_worker_async(
                        queues=[lane],
                        concurrency=at_once,
                        install_signal_handlers=False,
                        delete_jobs="successful",
                        update_heartbeat_interval=HEARTBEAT,
                        stalled_worker_timeout=SILENCE,
                        fetch_job_polling_interval=2.0,
                        shutdown_graceful_timeout=5.0,
                    )
                )

    async def _reclaim(self) -> None:
        """Give the jobs of dead workers to the living."""
        while True:
            for job in await self._app.job_manager.get_stalled_jobs(
                seconds_since_heartbeat=SILENCE
            ):
                log.warning("job.reclaimed", job=job.task_name)
                await self._app.job_manager.retry_job(job)
            await asyncio.sleep(HEARTBEAT)
