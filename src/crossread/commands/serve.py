"""`crossread serve`: all roles under one supervisor, or one of them in this process."""

import asyncio
import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import fasteners
import psutil
import structlog
from rich.console import Console

from crossread import migrations
from crossread.commands.roles import Role, run, stop_on_signals, wait_for_database
from crossread.commands.supervise import Charge, end_leftovers, note, supervise
from crossread.platform import embedded
from crossread.platform.configuration import FILE_VARIABLE, ConfigurationError, Settings
from crossread.platform.errors import CrossreadError
from crossread.platform.telemetry import set_up

READY_CHECK = 0.2  # seconds between looks whether a listener answers
DATABASE_CHECK = 0.3  # seconds between looks whether the embedded PostgreSQL lives

log = structlog.get_logger(__name__)


def serve(
    settings: Settings,
    roles: list[Role],
    *,
    migrate: bool,
    config: Path | None,
    attended: bool = False,
) -> None:
    """Run the roles until SIGTERM or SIGINT, or `attended`, until standard input closes.

    One role runs in this process; more run each in a process of its own, started again when it
    dies, as is the embedded PostgreSQL. Raises ConfigurationError when the schema is behind.
    """
    if len(roles) == 1:
        run(roles[0], settings)
        return
    set_up(settings.log)
    with _alone_in(settings.data_folder.resolve() / "run"):
        try:
            url = settings.resolved_database_url()
            asyncio.run(wait_for_database(url))
            ensure_schema(url, migrate=migrate)
            asyncio.run(_all(settings, roles, url, config, attended=attended))
        finally:
            if settings.is_embedded:
                embedded.stop(settings.postgres_folder)


@contextlib.contextmanager
def _alone_in(run_folder: Path) -> Iterator[None]:
    """Hold the data folder against a second supervisor; the lock ends with us, however we end."""
    run_folder.mkdir(parents=True, exist_ok=True)
    lock = fasteners.InterProcessLock(run_folder / "serve.lock")
    if not lock.acquire(blocking=False):
        raise ConfigurationError(
            "Another `crossread serve` runs on this data folder. Stop it, or set data_folder."
        )
    try:
        yield
    finally:
        lock.release()


def ensure_schema(url: str, *, migrate: bool) -> None:
    """See that the database has the newest schema; bring it there if that was asked for."""
    here, newest = migrations.standing(url)
    if here == newest:
        return
    if not migrate:
        raise ConfigurationError(
            f"The database is at {here or 'no schema'}, this version needs {newest}."
            " Run `crossread migrate` first."
        )
    migrations.upgrade(url)


async def _all(
    settings: Settings, roles: list[Role], url: str, config: Path | None, *, attended: bool
) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    if attended:
        _stop_when_alone(stop)
    run_folder = settings.data_folder.resolve() / "run"
    environment = _environment(settings, url, run_folder, config)
    charges = [
        Charge(role, [sys.executable, "-m", "crossread", "serve", "--role", role], environment)
        for role in roles
    ]
    await asyncio.to_thread(end_leftovers, charges, run_folder)
    async with asyncio.TaskGroup() as group:
        watching = (
            group.create_task(_keep_database(settings.postgres_folder, run_folder, stop))
            if settings.is_embedded
            else None
        )
        announcing = group.create_task(_announce(settings, roles, run_folder))
        await supervise(charges, run_folder, stop)
        announcing.cancel()
        if watching is not None:
            await watching


def _stop_when_alone(stop: asyncio.Event) -> None:
    """Set `stop` when standard input closes: whoever started us is gone, however it went."""
    loop = asyncio.get_running_loop()

    def watch() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=watch, daemon=True).start()


async def _announce(settings: Settings, roles: list[Role], run_folder: Path) -> None:
    """Say, once, where crossread is to be found, when every listener of these roles listens."""
    web, dicom, hl7 = settings.web, settings.dicom, settings.hl7
    places = {
        Role.WEB: (web.port, web.public_url),
        Role.DICOM: (dicom.port, f"DICOM {dicom.ae_title}@{dicom.host}:{dicom.port}"),
        Role.HL7: (hl7.port, f"HL7 {hl7.host}:{hl7.port}"),
    }
    said = []
    for role, (port, says) in places.items():
        if role in roles:
            while not _listens(run_folder / f"{role}.pid", port):  # noqa: ASYNC110 - nobody says
                await asyncio.sleep(READY_CHECK)
            said.append(says)
    Console(soft_wrap=True, highlight=False).print(" · ".join(["crossread is ready", *said]))


def _listens(pid_file: Path, port: int) -> bool:
    """Whether this role's process listens; looked at from outside, since a connection that asks
    for nothing would hold one of the DICOM listener's associations.
    """
    try:
        open_ones = psutil.Process(int(pid_file.read_text())).net_connections("tcp")
    except (OSError, ValueError, psutil.Error):
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in open_ones)


def _environment(
    settings: Settings, url: str, run_folder: Path, config: Path | None
) -> dict[str, str]:
    """What a role's process must know: the database is ours to start, not theirs."""
    metrics = run_folder / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    environment = {
        "CROSSREAD_DATABASE_URL": url,
        "CROSSREAD_DATA_FOLDER": str(settings.data_folder.resolve()),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }
    if config is not None:
        environment[FILE_VARIABLE] = str(config.resolve())
    elif FILE_VARIABLE in os.environ:
        environment[FILE_VARIABLE] = os.environ[FILE_VARIABLE]
    return environment


async def _keep_database(folder: Path, run_folder: Path, stop: asyncio.Event) -> None:
    """Start the embedded PostgreSQL again when it is gone, whatever killed it."""
    pid_file = run_folder / "database.pid"
    while not stop.is_set():
        pid = embedded.process_id(folder)
        if pid is None:
            log.warning("database.died")
            try:
                await asyncio.to_thread(embedded.start, folder)
            except CrossreadError as error:
                log.error("database.not_started", cause=error.cause)
        else:
            note(pid_file, pid)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), DATABASE_CHECK)
