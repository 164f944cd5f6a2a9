"""An archive with studies in it, a worker that carries, and what it carries to and from."""

import asyncio
import contextlib
import json
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from pydicom import Dataset, dcmread, dcmwrite
from tests.archive.arrivals import arrival
from tests.programs import need
from tests.region import until

from crossread.archive import store as archive
from crossread.archive.intake import Intake
from crossread.archive.model import Outcome, Study, study_id
from crossread.archive.receive import receive
from crossread.commands.endpoints import web
from crossread.gateways.dicom.call import Caller
from crossread.gateways.dicom.tls import Keys
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind, Hospital
from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Database
from crossread.platform.objects import Objects
from crossread.transfers import ask
from crossread.transfers.ask import Why
from crossread.transfers.carry import Ground
from crossread.transfers.drive import drive
from crossread.transfers.model import FetchBy, Priority, Rule, Transfer, TransferState
from crossread.transfers.store import items, rules, transfers
from crossread.ways import ways

CALLER = Caller("CROSSREAD", Keys(), timeout=10)
NOORD = Endpoint("noord/pacs", "noord", EndpointKind.PACS, "127.0.0.1", 1, "NOORD_PACS")


class Time:
    """The time of day, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def set(self, to: datetime) -> None:
        """It is now this moment."""
        self.ahead = to - datetime.now(UTC)


@dataclass
class Carrying:
    """An archive of Noord, and a worker that a test starts and stops."""

    database: Database
    objects: Objects
    intake: Intake
    time: Time = field(default_factory=Time)
    endpoint: Endpoint = NOORD
    settings: Settings = field(default_factory=Settings)
    _worker: asyncio.Task[None] | None = None

    @property
    def ground(self) -> Ground:
        return Ground(self.database, self.objects, ways(self.settings, self.intake), self.time)

    async def pacs_is(self, port: int, application: str = "NOORD_PACS") -> None:
        """Where the PACS of Noord is to be found."""
        self.endpoint = replace(NOORD, port=port, application=application)
        async with self.database.transaction() as db:
            await hospitals.save_endpoint(db, self.endpoint)

    async def server_is(self, url: str) -> None:
        """Where the DICOMweb server of Noord is to be found."""
        self.endpoint = web("noord", "noord/web", url, "")
        async with self.database.transaction() as db:
            await hospitals.save_endpoint(db, self.endpoint)

    async def fetches_by(self, by: FetchBy, peer: "Orthanc") -> None:
        """Noord's archive is this Orthanc, from which studies are fetched in this way."""
        if by is FetchBy.WEB:
            await self.server_is(f"http://127.0.0.1:{peer.http_port}/dicom-web")
        await self.rule(fetch_by=by)

    async def rule(self, **said: Any) -> None:
        async with self.database.transaction() as db:
            await rules.save_rule(db, Rule(self.endpoint.id, **said))

    async def keeps(self, images: list[Dataset]) -> Study:
        """Take images in; their study."""
        for image in images:
            sent = arrival(image, syntax=image.file_meta.TransferSyntaxUID)
            assert await receive(self.intake, sent) is Outcome.STORED
        return await self.study(images[0].StudyInstanceUID)

    async def study(self, uid: str) -> Study:
        async with self.database.transaction() as db:
            return await archive.study(db, study_id("noord", uid))

    async def gives_up(self, study: Study) -> None:
        """Forget where the bytes of a study lie, as the cache does."""
        async with self.database.transaction() as db:
            await db.execute(
                "update archive.instance set pack_id = null where study_id = %s", (study.id,)
            )
            await db.execute(
                "update archive.study set availability = 'nearline' where id = %s", (study.id,)
            )

    async def here(self, study_uid: str) -> int:
        """How many images of a study are here."""
        async with self.database.transaction() as db:
            found = await archive.instances_of(db, study_id("noord", study_uid))
        return sum(1 for one in found if one.pack_id is not None)

    async def send(self, study: Study, priority: Priority = Priority.BULK) -> Transfer:
        async with self.database.transaction() as db:
            return await ask.send(db, study, self.endpoint, Why("a test", priority), self.time())

    async def fetch(self, study_uid: str, priority: Priority = Priority.BULK) -> Transfer:
        async with self.database.transaction() as db:
            why = Why("a test", priority)
            return await ask.fetch(db, study_uid, self.endpoint, why, self.time())

    async def transfer(self, of: Transfer | UUID) -> Transfer:
        async with self.database.transaction() as db:
            return await transfers.one(db, of if isinstance(of, UUID) else of.id)

    async def failures(self, of: Transfer) -> list[str]:
        async with self.database.transaction() as db:
            return [one.sentence for one in await items.failures(db, of.id, 100)]

    async def ends(self, of: Transfer, seconds: float = 30) -> Transfer:
        """The transfer, when it has ended in some way."""

        async def ended() -> Transfer | None:
            now = await self.transfer(of)
            over = {TransferState.DONE, TransferState.FAILED, TransferState.CANCELLED}
            return now if now.state in over else None

        found: Transfer = await until(ended, seconds=seconds, what=f"the end of {of.direction}")
        return found

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        async with self.database.transaction() as db:
            cursor = await db.execute(
                "select kind, facts from platform.event where kind like 'transfer.%%' order by id"
            )
            return [(row["kind"], row["facts"]) for row in await cursor.fetchall()]

    def start(self) -> None:
        self._worker = asyncio.create_task(drive(self.ground))

    async def stop(self) -> None:
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None


@asynccontextmanager
async def carrying(database: Database, objects: Objects) -> AsyncIterator[Carrying]:
    """Noord and Midden take part; nothing is carried until the test says so."""
    async with database.transaction() as db:
        for name in ("noord", "midden"):
            await hospitals.save_hospital(
                db, Hospital(name, name.title(), patient_issuers=(name.upper(),))
            )
        await hospitals.save_endpoint(db, NOORD)
    intake = Intake(database, objects, clock.now)
    made = Carrying(database, objects, intake)
    yield made
    await made.stop()
    await intake.close()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Storescp:
    """DCMTK's storescp, which a test kills and starts again; each file it got, in order."""

    folder: Path
    port: int = field(default_factory=free_port)
    options: tuple[str, ...] = ()
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        program = need("storescp", "dcmtk")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            program, "--output-directory", str(self.folder), "--unique-filenames", "+uf",
            "--max-pdu", "131072", "--aetitle", "NOORD_PACS", *self.options, str(self.port),
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env={"TCP_NODELAY": "1"},
        )  # fmt: skip

        async def up() -> bool:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return True
            return False

        await until(up, what="storescp")

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()

    def count(self) -> int:
        """How many files it wrote, whole or not."""
        return sum(1 for _ in self.folder.iterdir()) if self.folder.exists() else 0

    def got(self) -> list[Dataset]:
        """Every whole file."""
        found: list[Dataset] = []
        for path in sorted(self.folder.iterdir()):
            with contextlib.suppress(Exception):
                found.append(dcmread(path))
        return found


@dataclass
class Orthanc:
    """A running Orthanc."""

    http: httpx.AsyncClient
    port: int
    http_port: int

    async def takes(self, images: list[Dataset]) -> None:
        for image in images:
            buffer = BytesIO()
            dcmwrite(buffer, image, enforce_file_format=True)
            answer = await self.http.post("/instances", content=buffer.getvalue())
            assert answer.status_code == 200

    async def instances(self) -> list[str]:
        """The UIDs of all that it has."""
        query = {"Level": "Instance", "Expand": True, "Query": {}}
        found = (await self.http.post("/tools/find", json=query)).json()
        return sorted(one["MainDicomTags"]["SOPInstanceUID"] for one in found)


def plugins() -> Iterator[str]:
    """Orthanc's DICOMweb plugin, where it is installed."""
    for folder in ("/usr/share/orthanc/plugins", "/usr/lib/orthanc"):
        found = Path(folder) / "libOrthancDicomWeb.so"
        if found.exists():
            yield str(found)
            return


@asynccontextmanager
async def orthanc(folder: Path, crossread_port: int = 104) -> AsyncIterator[Orthanc]:
    """Orthanc as the PACS of Noord, which knows crossread at this port."""
    program = need("Orthanc", "orthanc")
    http_port, port = free_port(), free_port()
    settings = {
        "StorageDirectory": str(folder / "orthanc"),
        "IndexDirectory": str(folder / "orthanc"),
        "HttpPort": http_port,
        "DicomPort": port,
        "DicomAet": "NOORD_PACS",
        "AuthenticationEnabled": False,
        "Plugins": list(plugins()),
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowMove": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysStoreDicom": True,
        "MaximumPduLength": 131072,
        "DicomModalities": {"crossread": ["CROSSREAD", "127.0.0.1", crossread_port]},
    }
    file = folder / "orthanc.json"
    file.write_text(json.dumps(settings))
    process = await asyncio.create_subprocess_exec(
        program, str(file), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{http_port}", timeout=30, trust_env=False
        ) as http:
            peer = Orthanc(http, port, http_port)

            async def up() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return (await http.get("/system")).status_code == 200
                return False

            await until(up, what="Orthanc")
            yield peer
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(folder / "orthanc", ignore_errors=True)
