"""The worker: follows the events, runs the steps of the journey, and empties the outbox."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from crossread.archive import upkeep
from crossread.archive.intake import Intake
from crossread.archive.sweep import remove_strays, sweep
from crossread.delivery.drain import drain
from crossread.delivery.model import DeliveryKind
from crossread.gateways.dicom import notice
from crossread.gateways.dicom import send as dicom
from crossread.gateways.hl7v2 import send as hl7v2
from crossread.gateways.hl7v2.compose import Names
from crossread.hospitals.model import Endpoint
from crossread.journey import ROUTES, SLOW, Journey
from crossread.platform import clock, months
from crossread.platform.configuration import Settings
from crossread.platform.database import Database
from crossread.platform.follow import follow
from crossread.platform.jobs import Jobs
from crossread.platform.objects import Objects
from crossread.transfers.carry import Ground
from crossread.transfers.drive import drive
from crossread.ways import ways
from crossread.worklist import lease

LISTENER = "journey"
SILENCE_CHECK = 1.0  # seconds
SWEEP = timedelta(seconds=60)  # between looks for what dead receivers left
FIRST_STRAYS = timedelta(minutes=10)  # after the start, which has better things to do
STRAYS = timedelta(hours=6)  # between looks through all objects for those that are nobody's
PAUSE = 0.5  # seconds before a part that lost the database starts again

log = structlog.get_logger(__name__)


async def run(
    settings: Settings, database: Database, objects: Objects, stop: asyncio.Event
) -> None:
    """Do what the journey asks for, until `stop`; a lost database is waited for."""
    jobs = Jobs(database.url, slow=SLOW)
    spool = settings.data_folder.resolve() / "spool"
    intake = Intake(database, objects, clock.now, spool=spool)
    journey = Journey(
        database=database,
        objects=objects,
        jobs=jobs,
        clock=clock.now,
        quiet=timedelta(seconds=settings.archive.quiet_seconds),
        names=Names(settings.hl7.application, settings.hl7.facility),
        ae_title=settings.dicom.ae_title,
        intake=intake,
    )
    for name, step in journey.steps().items():
        jobs.register(name, step)

    async def follow_events() -> None:
        await follow(database, jobs, LISTENER, ROUTES)

    async def work() -> None:
        await jobs.work(concurrency=4)

    async def deliver() -> None:
        await drain(database, objects, _senders(settings), clock.now)

    async def transfer() -> None:
        await drive(Ground(database, objects, ways(settings, intake), clock.now))

    async def watch() -> None:
        while True:
            async with database.transaction() as db:
                await lease.end_silent(db, clock.now())
                await months.prepare(db, clock.now())
            await asyncio.sleep(SILENCE_CHECK)

    async def sweep_packs() -> None:
        while True:
            await sweep(database, objects, clock.now(), younger=SWEEP)
            await asyncio.sleep(SWEEP.total_seconds())

    async def sweep_strays() -> None:
        await asyncio.sleep(FIRST_STRAYS.total_seconds())
        while True:
            await remove_strays(database, objects, clock.now())
            await asyncio.sleep(STRAYS.total_seconds())

    async with jobs.opened():
        parts: list[Callable[[], Awaitable[None]]] = [
            follow_events,
            work,
            deliver,
            transfer,
            watch,
            sweep_packs,
            sweep_strays,
        ]
        parts += upkeep.parts(database, objects, clock.now, settings.archive, intake.folder)
        running = [asyncio.create_task(_through_outages(part)) for part in parts]
        stopped = asyncio.create_task(_until(stop))
        done, _ = await asyncio.wait([*running, stopped], return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await intake.close()
        for task in done - {stopped}:
            task.result()  # a part that fell over takes the process with it, to be started anew


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


async def _through_outages(part: Callable[[], Awaitable[None]]) -> None:
    """Run a part of the worker, and start it again whenever it loses the database."""
    while True:
        try:
            await part()
        except* (psycopg.OperationalError, PoolTimeout, ConnectionError) as lost:
            log.warning("database.lost", part=part.__name__, errors=len(lost.exceptions))
        await asyncio.sleep(PAUSE)


def _senders(
    settings: Settings,
) -> dict[DeliveryKind, Callable[[Endpoint, bytes], Awaitable[str]]]:
    """How each kind of delivery is sent."""
    timeout = settings.delivery.timeout_seconds

    async def by_hl7(endpoint: Endpoint, content: bytes) -> str:
        return await hl7v2.send(endpoint, content, timeout=timeout)

    async def by_dicom(endpoint: Endpoint, content: bytes) -> str:
        return await dicom.send(endpoint, content, calling=settings.dicom.ae_title, timeout=timeout)

    async def by_notice(endpoint: Endpoint, content: bytes) -> str:
        return await notice.tell(
            endpoint, content, calling=settings.dicom.ae_title, timeout=timeout
        )

    return {
        DeliveryKind.STATUS: by_hl7,
        DeliveryKind.REPORT: by_hl7,
        DeliveryKind.MEASUREMENTS: by_dicom,
        DeliveryKind.ANNOTATIONS: by_dicom,
        DeliveryKind.COMMITMENT: by_notice,
        DeliveryKind.AVAILABILITY: by_notice,
    }
