"""Kill the DICOM listener, and now and then the database, in mid-ingest; see that nothing is lost.

Several associations send images, some of them the same ones. At a random moment the listener is
killed with SIGKILL, in some rounds PostgreSQL too, and all start again. At the end every image that
was acknowledged must read back bit for bit, and after the sweep every byte must be an image's.
"""

import argparse
import asyncio
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

import psutil  # noqa: E402
from pydicom import Dataset  # noqa: E402
from pydicom.uid import ExplicitVRLittleEndian  # noqa: E402
from pynetdicom import AE, build_context  # noqa: E402
from rich.console import Console  # noqa: E402
from tests.archive.arrivals import encoded  # noqa: E402
from tests.archive.books import faults  # noqa: E402
from tests.images import ct_series  # noqa: E402

from crossread import migrations  # noqa: E402
from crossread.archive import retrieve, store  # noqa: E402
from crossread.archive.model import Instance  # noqa: E402
from crossread.archive.sweep import sweep  # noqa: E402
from crossread.gateways.dicom.kept import KeptDataset  # noqa: E402
from crossread.hospitals import store as hospitals  # noqa: E402
from crossread.hospitals.model import Endpoint, EndpointKind, Hospital  # noqa: E402
from crossread.platform import clock, embedded  # noqa: E402
from crossread.platform.database import Database  # noqa: E402
from crossread.platform.objects import Objects  # noqa: E402

PATIENCE = 60.0  # seconds for a process to come up
SUCCESS = 0x0000


@dataclass
class Ground:
    """Where it all runs."""

    folder: Path
    port: int
    random: random.Random
    url: str = ""
    _listener: "subprocess.Popen[bytes] | None" = None

    @property
    def listener(self) -> "subprocess.Popen[bytes]":
        """The process, once started."""
        if self._listener is None:
            raise RuntimeError("not started")
        return self._listener

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    def start(self) -> None:
        """PostgreSQL and the listener, up and answering."""
        self.url = embedded.start(self.postgres)
        environment = {key: one for key, one in os.environ.items() if "CROSSREAD_" not in key}
        environment |= {
            "CROSSREAD_DATABASE_URL": self.url,
            "CROSSREAD_DATA_FOLDER": str(self.folder),
            "CROSSREAD_DICOM__PORT": str(self.port),
            "PYTHONPATH": os.pathsep.join(sys.path[:2]),
        }
        with (self.folder / "listener.log").open("ab") as log:
            self._listener = subprocess.Popen(
                [sys.executable, "-m", "crossread", "serve", "--role", "dicom"],
                env=environment,
                stdout=log,
                stderr=log,
            )
        self._await_listening()

    def _await_listening(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.listener.poll() is not None:
                raise SystemExit(f"The listener fell over; see {self.folder / 'listener.log'}")
            open_ones = psutil.Process(self.listener.pid).net_connections("tcp")
            if any(one.status == psutil.CONN_LISTEN for one in open_ones):
                return
            time.sleep(0.02)
        raise SystemExit("The listener does not come up.")

    def kill_listener(self) -> None:
        self.listener.kill()
        self.listener.wait()

    def kill_database(self) -> str:
        """The postmaster, or one of its backends; which."""
        postmaster = embedded.process_id(self.postgres)
        if postmaster is None:
            return "nothing"
        backends = psutil.Process(postmaster).children()
        victim = postmaster
        if backends and self.random.random() < 0.5:
            victim = self.random.choice(backends).pid
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            return "nothing"
        return "PostgreSQL" if victim == postmaster else "a backend of PostgreSQL"

    def stop(self) -> None:
        if self._listener is not None:
            self._listener.terminate()
            self._listener.wait()
        embedded.stop(self.postgres)


@dataclass
class Sending:
    """What the associations send, and what was acknowledged of it."""

    random: random.Random
    acknowledged: dict[str, str] = field(default_factory=dict)  # UID → digest of the data set
    pending: list[tuple[str, bytes]] = field(default_factory=list)
    sent: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _template: Dataset = field(default_factory=lambda: ct_series(slices=1)[0])
    _study: list[str] = field(default_factory=list)

    def next(self) -> tuple[str, bytes]:
        """An image: mostly a new one of the studies of the day, sometimes one that is known."""
        with self.lock:
            self.sent += 1
            if self.pending and self.random.random() < 0.15:
                return self.random.choice(self.pending[-20:])
            if not self._study or self.random.random() < 0.01:
                self._study = [self._fresh() for _ in range(3)]
            made = self._image(self.random.choice(self._study))
            self.pending.append(made)
            return made

    def acknowledge(self, uid: str, content: bytes, status: int) -> None:
        with self.lock:
            self.answers[status] = self.answers.get(status, 0) + 1
            if status == SUCCESS:
                self.acknowledged[uid] = hashlib.sha256(content).hexdigest()

    def _fresh(self) -> str:
        return f"2.25.{self.random.getrandbits(100)}"

    def _image(self, study: str) -> tuple[str, bytes]:
        image = self._template
        image.StudyInstanceUID = study
        image.SeriesInstanceUID = f"{study}.{self.random.randrange(4)}"
        image.SOPInstanceUID = uid = self._fresh()
        side = self.random.choice((64, 128, 256, 512, 1024))
        image.Rows = image.Columns = side
        image.PixelData = self.random.randbytes(side * side * 2)
        return uid, encoded(image)


def send(ground: Ground, sending: Sending, stop: threading.Event) -> None:
    """One association after the other, until `stop`."""
    ae = AE("NOORD_PACS")
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ae.connection_timeout = 30
    sop_class = str(sending._template.SOPClassUID)
    context = build_context(sop_class, ExplicitVRLittleEndian)
    while not stop.is_set():
        link = ae.associate("127.0.0.1", ground.port, [context], ae_title="CROSSREAD")
        for _ in range(40):
            if not link.is_established or stop.is_set():
                break
            uid, content = sending.next()
            try:
                answer = link.send_c_store(raw(sop_class, uid, content))
            except RuntimeError:  # it went between our look and this
                break
            sending.acknowledge(uid, content, int(answer.get("Status", -1)))
        if link.is_established:
            link.release()
        else:
            time.sleep(0.02)


def raw(sop_class: str, uid: str, content: bytes) -> Dataset:
    """Encoded bytes that pynetdicom sends as they are."""
    fields: dict[str, Any] = dict.fromkeys(Instance.__dataclass_fields__)
    fields |= {"sop_class_uid": sop_class, "sop_instance_uid": uid}
    fields |= {"transfer_syntax_uid": ExplicitVRLittleEndian}
    return KeptDataset(Instance(**fields), content)


async def prepare(url: str) -> None:
    """A hospital whose PACS may call."""
    async with Database(url, size=2) as database, database.transaction() as db:
        await hospitals.save_hospital(db, Hospital("noord", "Noord", patient_issuers=("NOORD",)))
        await hospitals.save_endpoint(
            db,
            Endpoint("noord/pacs", "noord", EndpointKind.PACS, "127.0.0.1", 104, "NOORD_PACS"),
        )


async def put_in_order(ground: Ground) -> int:
    """What the worker does every minute."""
    async with Database(ground.url, size=2) as database:
        objects = Objects(str(ground.folder / "objects"))
        return await sweep(database, objects, clock.now(), younger=timedelta())


async def judge(ground: Ground, sending: Sending) -> list[str]:
    """Everything that is wrong; nothing when nothing is."""
    objects = Objects(str(ground.folder / "objects"))
    async with Database(ground.url, size=2) as database:
        wrong = await faults(database, objects)
        for uid, digest in sending.acknowledged.items():
            async with database.transaction() as db:
                kept = await store.instance(db, "noord", uid)
            if kept is None:
                wrong.append(f"{uid} was acknowledged and is not in the index")
                continue
            content = await retrieve.file(objects, kept)
            if hashlib.sha256(content[kept.dataset_offset :]).hexdigest() != digest:
                wrong.append(f"{uid} is not what was acknowledged")
    return wrong


def round_of(ground: Ground, sending: Sending, arguments: argparse.Namespace) -> str:
    """Send, strike, and start again what was struck; what was struck."""
    stop = threading.Event()
    senders = [
        threading.Thread(target=send, args=(ground, sending, stop), daemon=True)
        for _ in range(arguments.associations)
    ]
    before = len(sending.acknowledged)
    for one in senders:
        one.start()
    end = time.monotonic() + PATIENCE
    while len(sending.acknowledged) < before + 5 and time.monotonic() < end:
        time.sleep(0.002)
    if ground.random.random() < 0.5:
        asyncio.run(put_in_order(ground))  # amid living receivers
    time.sleep(ground.random.uniform(0, 0.4))
    struck = "the listener"
    if ground.random.random() < arguments.database:
        struck = ground.kill_database()
        time.sleep(ground.random.uniform(0, 0.3))
        struck += ", then the listener"
    ground.kill_listener()
    if ground.random.random() < 0.3 and embedded.process_id(ground.postgres) is not None:
        try:
            asyncio.run(put_in_order(ground))  # while backends may still be at its last commit
        except Exception as error:  # PostgreSQL may be on its way down
            struck += f" (the sweep met {type(error).__name__})"
    stop.set()
    for one in senders:
        one.join(1.0)  # pynetdicom may wait for the dead a while longer; it sends no more
    ground.start()
    return struck


def resend(ground: Ground, sending: Sending) -> None:
    """Send again whatever was not acknowledged, as a PACS does."""
    sop_class = str(sending._template.SOPClassUID)
    ae = AE("NOORD_PACS")
    context = build_context(sop_class, ExplicitVRLittleEndian)
    link = ae.associate("127.0.0.1", ground.port, [context], ae_title="CROSSREAD")
    for uid, content in sending.pending:
        if uid not in sending.acknowledged:
            answer = link.send_c_store(raw(sop_class, uid, content))
            sending.acknowledge(uid, content, int(answer.get("Status", -1)))
    link.release()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def run(arguments: argparse.Namespace, folder: Path, console: Console) -> list[str]:
    """All rounds, and what is wrong at the end."""
    seed = arguments.seed if arguments.seed is not None else random.randrange(1 << 32)  # noqa: S311
    console.print(f"{arguments.kills} kills, seed {seed}")
    chance = random.Random(seed)  # noqa: S311 - to be repeated
    ground, sending = Ground(folder, free_port(), chance), Sending(chance)
    url = embedded.start(ground.postgres)
    migrations.upgrade(url)
    asyncio.run(prepare(url))
    try:
        ground.start()
        for number in range(1, arguments.kills + 1):
            struck = round_of(ground, sending, arguments)
            console.print(
                f"{number:4} {struck}: {len(sending.acknowledged)} of {len(sending.pending)}"
                " acknowledged"
            )
        resend(ground, sending)
        ground.listener.terminate()
        ground.listener.wait()
        console.print(f"swept {asyncio.run(put_in_order(ground))} packs; reading all back")
        wrong = asyncio.run(judge(ground, sending))
        missing = {uid for uid, _ in sending.pending} - sending.acknowledged.keys()
        wrong += [f"{uid} was refused when it was sent again" for uid in missing]
    finally:
        ground.stop()
    answers = ", ".join(
        f"{count} × {'none' if status < 0 else f'{status:04X}H'}"
        for status, count in sorted(sending.answers.items())
    )
    console.print(f"answers: {answers}")
    return wrong


def main() -> int:
    """Kill as often as asked, and say the verdict; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--associations", type=int, default=4)
    parser.add_argument("--database", type=float, default=0.15, help="share of rounds it dies in")
    parser.add_argument("--seed", type=int)
    arguments = parser.parse_args()
    console = Console(soft_wrap=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="crossread-") as place:
        wrong = run(arguments, Path(place) / "data", console)
    for sentence in wrong[:50]:
        console.print(f"✗ {sentence}")
    if not wrong:
        console.print("✓ every acknowledged image reads back, and no byte is nobody's")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
