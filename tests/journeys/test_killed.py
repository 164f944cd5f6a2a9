"""kill -9 of any process, at the worst moments: the journey completes by itself."""

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from crossread.commands.demo.radiologist import Failed, Person
from crossread.commands.demo.stage import Stage, Wish, staged
from crossread.simulation import region
from crossread.simulation.console import HospitalProcess, HospitalRefused

pytestmark = pytest.mark.journey

VICTIMS = ("web", "dicom", "worker", "database")
SMALL: dict[str, Any] = {"slices": 6, "size": 64}


@pytest.fixture(scope="module")
async def stage() -> AsyncIterator[Stage]:
    """One crossread and three hospitals, as processes."""
    with tempfile.TemporaryDirectory(prefix="crossread-") as folder:
        wish = Wish(Path(folder), check=True, port=0)
        async with staged(wish, Console(quiet=True)) as made:
            yield made


def process_id(stage: Stage, role: str) -> int:
    return int((stage.wish.folder / "crossread" / "run" / f"{role}.pid").read_text())


def kill(stage: Stage, role: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process_id(stage, role), signal.SIGKILL)


async def fresh_study(stage: Stage, name: str) -> tuple[HospitalProcess, dict[str, Any]]:
    """Noord with a study that was never sent, and its order placed."""
    noord = stage.hospitals["noord"]
    await noord.stop()
    spec = noord.spec | {"salt": name}
    stage.hospitals["noord"] = noord = HospitalProcess(stage.wish.folder / name, spec)
    await noord.start()
    ordered = await keep_trying(lambda: noord.order("ct-head"))
    await stage._permit("noord")
    return noord, ordered


async def keep_trying(act: Any, *, seconds: float = 60) -> Any:
    """What a person or a hospital's system does: try again until it works."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            return await act()
        except (Failed, HospitalRefused, httpx.HTTPError) as error:
            assert asyncio.get_running_loop().time() < end, f"never worked: {error}"
            await asyncio.sleep(0.2)


async def reader(stage: Stage, username: str = "bram") -> Person:
    person = Person(stage.url, username)
    await keep_trying(person.sign_in)
    return person


async def on_offer(person: Person, accession: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        for task in (await person.call("GET", "/api/worklist"))["tasks"]:
            if task["accession_number"] == accession and task["may_claim"]:
                found: dict[str, Any] = task
                return found
        raise Failed("not on offer yet")

    task: dict[str, Any] = await keep_trying(look)
    return task


async def sign(person: Person, path: str, held: dict[str, Any]) -> Any:
    return await person.call(
        "POST",
        f"{path}/sign",
        **held,
        status="final",
        language="nl",
        sections={"impression": "Acute bloeding."},
        annotations=[],
    )


async def home(stage: Stage, person: Person, path: str, accession: str) -> None:
    """Everything is acknowledged, and the hospital has one report, told apart from its repeats."""

    async def look() -> None:
        if (await person.call("GET", path))["state"] != "delivered":
            raise Failed("not delivered yet")

    await keep_trying(look)
    inbox = [one for one in await stage.hospitals["noord"].inbox() if accession in one["text"]]
    reports = {one["control_id"] for one in inbox if "ORU^R01" in one["text"]}
    assert len(reports) == 1


@pytest.mark.parametrize("victim", VICTIMS)
async def test_killed_while_a_study_arrives(stage: Stage, victim: str) -> None:
    noord, ordered = await fresh_study(stage, f"a-{victim}")
    sending = asyncio.create_task(noord.send("ct-head", pause_seconds=0.2, **SMALL))
    await asyncio.sleep(0.7)
    kill(stage, victim)
    with contextlib.suppress(HospitalRefused):
        await sending
    await keep_trying(lambda: noord.send("ct-head"))
    person = await reader(stage)
    task = await on_offer(person, ordered["accession_number"])
    assert task["instance_count"] == SMALL["slices"]
    await person.close()


@pytest.mark.parametrize("victim", ("web", "worker", "database"))
async def test_killed_while_somebody_claims_signs_and_it_is_delivered(
    stage: Stage, victim: str
) -> None:
    noord, ordered = await fresh_study(stage, f"r-{victim}")
    await keep_trying(lambda: noord.send("ct-head", **SMALL))
    person = await reader(stage)
    task = await on_offer(person, ordered["accession_number"])
    path = f"/api/tasks/{task['id']}"

    claiming = asyncio.create_task(person.call("POST", f"{path}/claim"))
    await asyncio.sleep(0.005)
    kill(stage, victim)
    with contextlib.suppress(Failed, httpx.HTTPError):
        await claiming
    lease = await keep_trying(lambda: person.call("POST", f"{path}/claim"))
    held = {"token": lease["token"], "fence": lease["fence"]}

    signing = asyncio.create_task(sign(person, path, held))
    await asyncio.sleep(0.01)
    kill(stage, victim)
    with contextlib.suppress(Failed, httpx.HTTPError):
        await signing
    report = await keep_trying(lambda: sign(person, path, held))
    assert report["version"] == 1
    kill(stage, "worker")
    kill(stage, victim)

    await home(stage, person, path, ordered["accession_number"])
    versions = await keep_trying(lambda: person.call("GET", f"{path}/reports"))
    assert len(versions) == 1
    await person.close()


async def test_a_hospital_that_is_killed_gets_its_report_when_it_is_back(stage: Stage) -> None:
    noord, ordered = await fresh_study(stage, "hospital")
    await keep_trying(lambda: noord.send("ct-head", **SMALL))
    person = await reader(stage)
    task = await on_offer(person, ordered["accession_number"])
    path = f"/api/tasks/{task['id']}"
    lease = await person.call("POST", f"{path}/claim")
    await noord.kill()
    await sign(person, path, {"token": lease["token"], "fence": lease["fence"]})

    async def told_why() -> None:
        rows = await person.call("GET", f"{path}/deliveries")
        if not any("does not answer" in row["last_error"] for row in rows):
            raise Failed("no reason on screen yet")

    await keep_trying(told_why)
    await noord.restart()
    await home(stage, person, path, ordered["accession_number"])
    await person.close()


def test_the_run_folder_names_every_process(stage: Stage) -> None:
    run = Path(stage.wish.folder / "crossread" / "run")
    assert {file.stem for file in run.glob("*.pid")} == {*VICTIMS, "hl7"}


def test_the_log_names_no_patient(stage: Stage) -> None:
    log = stage.log.read_text(encoding="utf-8")
    assert "process.died" in log, "it is the log of all that was done to it"
    for person in region.PEOPLE:
        private = {person.bsn, person.family_name, person.given_name, f"{person.birth_date:%Y%m%d}"}
        private |= {number for _, number in person.numbers}
        assert [one for one in private if one in log] == []
