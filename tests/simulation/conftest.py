"""Made-up hospitals as processes, and a plain archive for them to talk to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hl7.mllp import start_hl7_server
from pynetdicom import AE, AllStoragePresentationContexts, evt

from crossread.simulation import region
from crossread.simulation.console import HospitalProcess
from crossread.simulation.headers import Occasion


@dataclass
class PlainArchive:
    """Takes in whatever is sent, by C-STORE and over MLLP."""

    dicom_port: int = 0
    hl7_port: int = 0
    instances: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    answer: str = "AA"

    def take_instance(self, event: evt.Event) -> int:
        self.instances.append(str(event.dataset.SOPInstanceUID))
        return 0x0000

    async def take_message(self, reader: Any, writer: Any) -> None:
        try:
            while True:
                text = (await reader.readblock()).decode("latin-1")
                self.messages.append(text)
                control_id = text.split("|")[9]
                reply = (
                    f"MSH|^~\\&|A|B|C|D|20260101||ACK|1|P|2.5.1\rMSA|{self.answer}|{control_id}\r"
                )
                writer.writeblock(reply.encode())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()


@pytest.fixture
async def archive() -> AsyncIterator[PlainArchive]:
    plain = PlainArchive()
    ae = AE("CROSSREAD")
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(str(context.abstract_syntax))
    ae.add_supported_context("1.2.840.10008.1.1")
    dicom = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, plain.take_instance)]
    )
    assert dicom is not None
    hl7 = await start_hl7_server(plain.take_message, "127.0.0.1", 0)
    plain.dicom_port = dicom.server_address[1]
    plain.hl7_port = hl7.sockets[0].getsockname()[1]
    yield plain
    dicom.shutdown()
    hl7.close()


Open = Callable[..., Awaitable[HospitalProcess]]


@pytest.fixture
async def open_hospital(tmp_path: Path, archive: PlainArchive) -> AsyncIterator[Open]:
    """Opens a hospital that talks to the plain archive; closes all of them afterwards."""
    opened: list[HospitalProcess] = []

    async def start(hospital: str = "noord", **more: Any) -> HospitalProcess:
        spec = {
            "hospital": hospital,
            "pacs": {"host": "127.0.0.1", "port": 0},
            "ris": {"host": "127.0.0.1", "port": 0},
            "crossread": {
                "dicom": {"ae_title": "CROSSREAD", "host": "127.0.0.1", "port": archive.dicom_port},
                "hl7": {"host": "127.0.0.1", "port": archive.hl7_port},
            },
            "slices": 3,
            "size": 64,
        }
        one = HospitalProcess(tmp_path / hospital, spec | more)
        opened.append(one)
        await one.start()
        return one

    yield start
    for one in opened:
        await one.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "files"
    place.mkdir()
    yield place


@pytest.fixture
def occasion() -> Callable[..., Occasion]:
    """A planned study as it takes place at one fixed moment."""
    moment = datetime(2026, 11, 24, 13, 0, tzinfo=ZoneInfo("Europe/Amsterdam"))

    def take_place(key: str, *, salt: str = "") -> Occasion:
        plan = region.planned(key)
        return Occasion(plan, moment - plan.acquired_before, salt)

    return take_place
