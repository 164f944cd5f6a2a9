"""A whole crossread in one event loop, with hospitals beside it that speak real protocols."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.peers import Pacs, Ris

from crossread import worker
from crossread.consent import register
from crossread.consent.model import Decision
from crossread.gateways.dicom.listener import DicomListener
from crossread.gateways.hl7v2.listener import Hl7Listener
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
    Urgency,
)
from crossread.hospitals.passwords import hash_password
from crossread.patients import store as patients
from crossread.platform import clock
from crossread.platform.configuration import Archive, Settings, Web
from crossread.platform.database import Database
from crossread.platform.objects import Objects
from crossread.web.application import create

PASSWORD = "for tests only"
HOSPITALS = ("noord", "midden", "zuid")


class Browser:
    """One person's browser."""

    def __init__(self, app: Any) -> None:
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://test",
            headers={"X-Crossread": "1"},
        )

    async def sign_in(self, username: str) -> None:
        answer = await self.http.post(
            "/api/sign-in", json={"username": username, "password": PASSWORD}
        )
        assert answer.status_code == 200, answer.text

    async def get(self, path: str, **params: str) -> Any:
        answer = await self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, expect: int = 200, **body: Any) -> Any:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json() if answer.content else None

    async def put(self, path: str, expect: int = 200, **body: Any) -> Any:
        answer = await self.http.put(path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    async def tasks(self, view: str = "open") -> list[dict[str, Any]]:
        return list((await self.get("/api/worklist", view=view))["tasks"])


@dataclass
class Region:
    """crossread and its hospitals."""

    database: Database
    objects: Objects
    app: Any
    dicom: DicomListener
    hl7: Hl7Listener
    ris: dict[str, Ris]
    pacs: dict[str, Pacs]
    settings: Settings
    _stop: asyncio.Event
    _worker: asyncio.Task[None] | None = None

    async def browser(self, username: str) -> Browser:
        browser = Browser(self.app)
        await browser.sign_in(username)
        return browser

    def start_worker(self) -> None:
        self._stop = asyncio.Event()
        self._worker = asyncio.create_task(
            worker.run(self.settings, self.database, self.objects, self._stop)
        )

    async def stop_worker(self) -> None:
        self._stop.set()
        if self._worker is not None:
            await asyncio.wait_for(self._worker, 20)

    async def kill_worker(self) -> None:
        """End it without letting it finish anything."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker

    async def consent(self, hospital: str, decision: Decision = Decision.PERMIT) -> None:
        """Every patient of this hospital permits (or denies) sharing."""
        async with self.database.transaction() as db:
            for patient in await patients.patients(db, hospital, 100):
                await register.record(
                    db,
                    hospital_id=hospital,
                    patient_id=patient.id,
                    decision=decision,
                    reason="",
                    recorded_by=None,
                    now=clock.now(),
                )


async def until(
    condition: Callable[[], Awaitable[Any]], *, seconds: float = 20, what: str = ""
) -> Any:
    """Wait until `condition` gives something true, and give that."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        found = await condition()
        if found:
            return found
        assert asyncio.get_running_loop().time() < end, (
            f"waited {seconds} s for {what or condition}"
        )
        await asyncio.sleep(0.05)


@pytest.fixture
async def region(database: Database, objects: Objects, tmp_path: Path) -> AsyncIterator[Region]:
    """Three hospitals that agreed to read CT for each other, and crossread with its worker."""
    ris = {name: Ris(f"{name.upper()}_RIS", name.upper()) for name in HOSPITALS}
    pacs = {name: Pacs(f"{name.upper()}_PACS") for name in HOSPITALS}
    for name in HOSPITALS:
        await ris[name].start()
        pacs[name].start()
    await _furnish(database, ris, pacs)
    settings = Settings(
        data_folder=tmp_path,
        database_url=database.url,
        objects=str(tmp_path / "objects"),
        archive=Archive(quiet_seconds=0.3),
        web=Web(public_url="http://test"),
    )
    dicom = DicomListener(
        database, objects, ae_title="CROSSREAD", host="127.0.0.1", port=0, clock=clock.now
    )
    hl7 = Hl7Listener(database, objects, host="127.0.0.1", port=0, clock=clock.now)
    await dicom.start()
    await hl7.start()
    app = create(settings)
    async with app.router.lifespan_context(app):
        whole = Region(database, objects, app, dicom, hl7, ris, pacs, settings, asyncio.Event())
        whole.start_worker()
        yield whole
        await whole.stop_worker()
    await dicom.stop()
    await hl7.stop()
    for name in HOSPITALS:
        await ris[name].stop()
        pacs[name].stop()


async def _furnish(database: Database, ris: dict[str, Ris], pacs: dict[str, Pacs]) -> None:
    hashed = hash_password(PASSWORD)
    async with database.transaction() as db:
        for name in HOSPITALS:
            await store.save_hospital(
                db, Hospital(name, name.title(), patient_issuers=(name.upper(),))
            )
            for kind, port, application, facility in (
                (EndpointKind.RIS, ris[name].port, ris[name].application, name.upper()),
                (EndpointKind.PACS, pacs[name].port, pacs[name].application, ""),
            ):
                await store.save_endpoint(
                    db,
                    Endpoint(
                        f"{name}/{kind}", name, kind, "127.0.0.1", port, application, facility
                    ),
                )
            for role in Role:
                person = Reader(
                    uuid4(), name, f"{role}@{name}", f"Some {role} of {name}", frozenset({role})
                )
                await store.save_reader(db, person, hashed)
        for name in HOSPITALS:
            await agree.sign(db, _agreement(name, clock.now() - timedelta(days=1)))


def _agreement(name: str, at: datetime) -> Agreement:
    others = tuple(other for other in HOSPITALS if other != name)
    return Agreement(
        id=f"{name}-reads",
        version=1,
        source_hospital_id=name,
        reading_hospital_ids=others,
        purposes=frozenset({Purpose.PRIMARY_READ}),
        modalities=frozenset(),
        form=Form.IDENTIFIED,
        minutes_by_urgency={
            Urgency.STROKE: 15,
            Urgency.ACUTE: 60,
            Urgency.URGENT: 240,
            Urgency.ROUTINE: 2880,
        },
        tariff_cents=4250,
        starts_at=at,
    )
