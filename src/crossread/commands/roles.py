"""The roles of crossread, each the body of a process of its own."""

import asyncio
import signal
from enum import StrEnum

import psycopg
import structlog

from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Database
from crossread.platform.objects import Objects
from crossread.platform.telemetry import set_up

WAIT = 0.5  # seconds between looks whether the database is there

log = structlog.get_logger(__name__)


class Role(StrEnum):
    """What a process does."""

    WEB = "web"
    DICOM = "dicom"
    HL7 = "hl7"
    WORKER = "worker"


def run(role: Role, settings: Settings) -> None:
    """Be this role until SIGTERM or SIGINT."""
    from crossread.gateways.dicom import calling, tls

    set_up(settings.log)
    calling.use(tls.Keys.of(settings.dicom))
    if role is Role.WEB:
        asyncio.run(_web(settings))
    else:
        asyncio.run(_alone(role, settings))


def stop_on_signals(stop: asyncio.Event) -> None:
    """Set `stop` on SIGTERM and SIGINT."""
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)


async def _web(settings: Settings) -> None:
    """Serve HTTP in this very process: killed, it leaves no child that still holds the port."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server.embed import Server

    from crossread.web.application import create

    await wait_for_database(settings.resolved_database_url())
    tls = settings.web.certificate is not None
    server = Server(
        create(settings),
        interface=Interfaces.ASGI,
        address=settings.web.host,
        port=settings.web.port,
        log_level=LogLevels.error,
        log_access=False,
        ssl_cert=settings.web.certificate if tls else None,
        ssl_key=settings.web.key if tls else None,
    )
    stop = asyncio.Event()
    stop_on_signals(stop)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not serving.done():
        server.stop()  # type: ignore[no-untyped-call]
        await asyncio.wait([serving], timeout=5)


async def _alone(role: Role, settings: Settings) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    url = settings.resolved_database_url()
    waiting = asyncio.create_task(wait_for_database(url))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([waiting, stopping], return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        return
    async with Database(url) as database:
        await _body(role, settings, database, Objects(settings.objects_location()), stop)


async def _body(
    role: Role, settings: Settings, database: Database, objects: Objects, stop: asyncio.Event
) -> None:
    match role:
        case Role.DICOM:
            from crossread.gateways.dicom.listener import DicomListener, Port, rules

            dicom = DicomListener(
                database,
                objects,
                ae_title=settings.dicom.ae_title,
                host=settings.dicom.host,
                port=settings.dicom.port,
                clock=clock.now,
                spool=settings.data_folder.resolve() / "spool",
                secure=Port.secure(settings.dicom),
                rules=rules(settings.dicom),
            )
            await dicom.start()
            await stop.wait()
            await dicom.stop()
        case Role.HL7:
            from crossread.gateways.hl7v2.listener import Hl7Listener

            hl7 = Hl7Listener(
                database,
                objects,
                host=settings.hl7.host,
                port=settings.hl7.port,
                clock=clock.now,
                application=settings.hl7.application,
                facility=settings.hl7.facility,
            )
            await hl7.start()
            await stop.wait()
            await hl7.stop()
        case Role.WORKER:
            from crossread import worker

            await worker.run(settings, database, objects, stop)
        case Role.WEB:
            raise AssertionError("the web role has a server of its own")


async def wait_for_database(url: str) -> None:
    """Come back when the database answers; say so while it does not."""
    told = False
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, connect_timeout=5):
                return
        except psycopg.OperationalError:
            if not told:
                log.warning("database.awaited", says="The database does not answer yet; waiting.")
                told = True
            await asyncio.sleep(WAIT)
