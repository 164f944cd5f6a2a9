"""Set up the demo: one crossread, three hospitals as processes, and what they agreed."""

import asyncio
import contextlib
import fcntl
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import httpx
from rich.console import Console

from crossread.commands.agreements import MINUTES
from crossread.consent import register
from crossread.consent.model import Decision
from crossread.hospitals import agree, store
from crossread.hospitals.model import (
    Agreement,
    Endpoint,
    EndpointKind,
    Form,
    Hospital,
    Purpose,
    Reader,
    Role,
)
from crossread.hospitals.passwords import hash_password
from crossread.patients import store as patients
from crossread.platform import clock, embedded, events
from crossread.platform.configuration import ConfigurationError
from crossread.platform.database import Database
from crossread.platform.events import Position
from crossread.simulation import region
from crossread.simulation.console import HospitalProcess
from crossread.web.sign_in import DEMO_PASSWORD

READY_WITHIN = 90.0  # seconds
QUIET = 1.5  # seconds without images after which the demo takes a study as complete
TARIFF = 4250  # euro cents a report
MAIN_STUDY = "ct-head"
# the older examination first: it is the prior of the one that matters
ORDER_OF_STUDIES = ("ct-head-prior", "mr-brain", "chest", "ct-head")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user asked for."""

    folder: Path
    check: bool = False
    data: Path | None = None
    port: int = 8080


@dataclass(slots=True)
class Stage:
    """The demo while it runs."""

    wish: Wish
    url: str
    dicom_port: int
    hl7_port: int
    database_url: str
    database: Database
    log: Path
    begin: Position  # where the events of this demo begin
    hospitals: dict[str, HospitalProcess] = field(default_factory=dict)
    main: dict[str, Any] = field(default_factory=dict)  # the study that will be read

    async def fill(self, console: Console) -> None:
        """Order and send the studies, with their patients' permission."""
        planned = await self._planned()
        # drawing takes some seconds; all hospitals do it at once
        making = [
            asyncio.create_task(self.hospitals[hospital_id].ask("prepare", study=study))
            for hospital_id, study in planned
        ]
        try:
            for hospital_id, study in planned:
                await self._bring(console, hospital_id, study)
        finally:
            await asyncio.gather(*making, return_exceptions=True)

    async def _planned(self) -> list[tuple[str, str]]:
        if self.wish.data is None:
            return [(region.planned(key).hospital_id, key) for key in ORDER_OF_STUDIES]
        own = {plan.key for plan in region.STUDIES}
        answer = await self.hospitals["noord"].ask("studies")
        brought = [one["study"] for one in answer["studies"] if one["study"] not in own]
        if not brought:
            raise ConfigurationError(f"No DICOM images were found in '{self.wish.data}'.")
        return [("noord", key) for key in brought]

    async def _bring(self, console: Console, hospital_id: str, study: str) -> None:
        """One study: ordered, permitted, made and sent."""
        hospital = self.hospitals[hospital_id]
        name = region.hospital(hospital_id).name
        ordered = await hospital.order(study)
        console.print(f"  [green]✓[/green] {name} orders “{ordered['description']}”")
        await self._permit(hospital_id)
        began = time.monotonic()
        with console.status("") as status:

            def told(sent: int, of: int) -> None:
                status.update(f"  {name} sends {sent} of {of} images")

            status.update(f"  {name} makes the images of “{ordered['description']}”")
            sent = await hospital.send(study, told=told)
        took = time.monotonic() - began
        console.print(
            f"  [green]✓[/green] {name} sends {sent['accepted']} images,"
            f" {sent['bytes'] / 1e6:.1f} MB, in {took:.1f} s"
        )
        if not self.main or study == MAIN_STUDY:
            self.main = ordered | {"hospital": hospital_id}

    async def _permit(self, hospital_id: str) -> None:
        """The desk of the hospital records that its patients permit sharing."""
        async with self.database.transaction() as db:
            for patient in await patients.patients(db, hospital_id, 100):
                await register.record(
                    db,
                    hospital_id=hospital_id,
                    patient_id=patient.id,
                    decision=Decision.PERMIT,
                    reason="asked at the desk (demo)",
                    recorded_by=None,
                    now=clock.now(),
                )


@asynccontextmanager
async def staged(wish: Wish, console: Console) -> AsyncIterator[Stage]:
    """The demo, set up; everything it started ends with the block."""
    wish.folder.mkdir(parents=True, exist_ok=True)
    with _alone(wish.folder):
        async with AsyncExitStack() as stack:
            with console.status("  Starting the database"):
                url = await asyncio.to_thread(_database, wish.folder)
            console.print("  [green]✓[/green] PostgreSQL runs")
            stage = await _crossread(wish, url, stack, console)
            await _hospitals(stage, stack, console)
            await _furnish(stage)
            yield stage


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one demo in a folder. Raises ConfigurationError."""
    with (folder / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"A demo is running in '{folder}' already; end it, or use --folder."
            ) from None
        yield


def _database(folder: Path) -> str:
    named = os.environ.get("CROSSREAD_DATABASE_URL")
    return named or embedded.start((folder / "crossread" / "postgres").resolve())


async def _crossread(
    wish: Wish, database_url: str, stack: AsyncExitStack, console: Console
) -> Stage:
    web, dicom, hl7 = _port(wish.port), _port(0), _port(0)
    url = f"http://127.0.0.1:{web}"
    log = wish.folder / "crossread.log"
    settings = {
        "CROSSREAD_DATA_FOLDER": str((wish.folder / "crossread").resolve()),
        "CROSSREAD_DEMO": "true",
        "CROSSREAD_WEB__PORT": str(web),
        "CROSSREAD_WEB__PUBLIC_URL": url,
        "CROSSREAD_DICOM__PORT": str(dicom),
        "CROSSREAD_HL7__PORT": str(hl7),
        "CROSSREAD_ARCHIVE__QUIET_SECONDS": str(QUIET),
        "CROSSREAD_DELIVERY__TIMEOUT_SECONDS": "10",
    }
    with log.open("wb") as opened:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "crossread", "serve", "--migrate", "--attended",
            env={**os.environ, **settings},
            stdin=asyncio.subprocess.PIPE, stdout=opened, stderr=opened,
        )  # fmt: skip
    stack.push_async_callback(_end, process)
    with console.status("  Starting crossread"):
        await _until_ready(url, process, log)
    console.print(f"  [green]✓[/green] crossread answers at {url}")
    database = await stack.enter_async_context(Database(database_url, size=3))
    async with database.transaction() as db:
        begin = await events.latest(db)
    return Stage(wish, url, dicom, hl7, database_url, database, log, begin)


async def _until_ready(url: str, process: asyncio.subprocess.Process, log: Path) -> None:
    end = time.monotonic() + READY_WITHIN
    async with httpx.AsyncClient() as client:
        while time.monotonic() < end and process.returncode is None:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(f"{url}/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.1)
    raise ConfigurationError(f"crossread does not start; its log is in '{log}'.")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _hospitals(stage: Stage, stack: AsyncExitStack, console: Console) -> None:
    """Start the three hospitals at once, each a process with new studies of its own."""
    run = f"{int(time.time()):x}-{secrets.token_hex(2)}"
    for one in region.HOSPITALS:
        spec: dict[str, Any] = {
            "hospital": one.id,
            "salt": run,
            "pacs": {"host": "127.0.0.1", "port": 0},
            "ris": {"host": "127.0.0.1", "port": 0},
            "crossread": {
                "dicom": {"host": "127.0.0.1", "port": stage.dicom_port, "ae_title": "CROSSREAD"},
                "hl7": {"host": "127.0.0.1", "port": stage.hl7_port},
            },
        }
        if stage.wish.data is not None and one.id == "noord":
            spec["data_folder"] = str(stage.wish.data.resolve())
        process = HospitalProcess(stage.wish.folder / "hospitals" / run / one.id, spec)
        stage.hospitals[one.id] = process
        stack.push_async_callback(process.stop)
    await asyncio.gather(*(process.start() for process in stage.hospitals.values()))
    for one in region.HOSPITALS:
        console.print(f"  [green]✓[/green] {one.name}: its PACS and RIS are up")


async def _furnish(stage: Stage) -> None:
    """Make the hospitals, their people and their agreements known."""
    hashed = hash_password(DEMO_PASSWORD)
    async with stage.database.transaction() as db:
        for one in region.HOSPITALS:
            await store.save_hospital(
                db,
                Hospital(one.id, one.name, one.ura, one.agb, one.oid, (one.patient_namespace,)),
            )
            for endpoint in _endpoints(one, stage.hospitals[one.id]):
                await store.save_endpoint(db, endpoint)
        for somebody in region.STAFF:
            await store.save_reader(
                db,
                Reader(
                    uuid5(NAMESPACE_OID, f"crossread/demo/{somebody.username}"),
                    somebody.hospital_id,
                    somebody.username,
                    somebody.name,
                    frozenset(Role(role) for role in somebody.roles),
                    frozenset(somebody.subspecialties),
                ),
                hashed,
            )
        for one in region.HOSPITALS:
            if await store.latest_version(db, f"{one.id}-shared-reading") == 0:
                await agree.sign(db, _agreement(one.id))


def _endpoints(one: region.MadeUpHospital, process: HospitalProcess) -> list[Endpoint]:
    host = "127.0.0.1"
    return [
        Endpoint(
            f"{one.id}/pacs", one.id, EndpointKind.PACS, host, process.pacs_port, one.pacs_ae_title
        ),
        Endpoint(
            f"{one.id}/ris",
            one.id,
            EndpointKind.RIS,
            host,
            process.ris_port,
            one.ris_application,
            one.ris_facility,
        ),
    ]


def _agreement(source: str) -> Agreement:
    return Agreement(
        id=f"{source}-shared-reading",
        version=1,
        source_hospital_id=source,
        reading_hospital_ids=tuple(one.id for one in region.HOSPITALS if one.id != source),
        purposes=frozenset(Purpose),
        modalities=frozenset(),
        form=Form.IDENTIFIED,
        minutes_by_urgency=MINUTES,
        tariff_cents=TARIFF,
        starts_at=clock.now() - timedelta(minutes=1),
    )


def _port(wanted: int) -> int:
    """The wanted port if it is free, else any free one."""
    for tried in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", tried))
                return int(probe.getsockname()[1])
    raise ConfigurationError("No port is free.")
