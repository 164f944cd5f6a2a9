"""The live feed: nothing missed after an absence, nothing told to those who may not know."""

import asyncio
from typing import Any

from tests.images import ct_series
from tests.region import Browser, Region, until

from crossread.consent.model import Decision
from crossread.hospitals import store
from crossread.hospitals.model import Reader
from crossread.platform.events import Position
from crossread.web.feed import Feed


async def somebody(region: Region, username: str) -> Reader:
    async with region.database.transaction() as db:
        found = await store.reader_by_username(db, username)
    assert found is not None
    return found[0]


async def heard(feed: Feed, reader: Reader, after: Position, *, seconds: float = 1.0) -> list[str]:
    """The kinds of events that a feed opened after this place tells within some time."""
    kinds: list[str] = []

    async def listen() -> None:
        async for frame in feed.open(reader, after):
            text = frame.decode()
            if '"kind":"' in text:
                kinds.extend([text.split('"kind":"')[1].split('"')[0]])

    task = asyncio.create_task(listen())
    await asyncio.sleep(seconds)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return kinds


async def offered(region: Region) -> tuple[Browser, dict[str, Any]]:
    noord = region.ris["noord"]
    order = noord.order(accession="A1", number="N100", bsn="999911120", control="M1")
    await noord.say(region.hl7.port, order)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    midden = await region.browser("radiologist@midden")

    async def look() -> Any:
        return [task for task in await midden.tasks() if task["may_claim"]]

    [task] = await until(look, what="the offer")
    return midden, task


async def test_who_was_away_hears_what_she_missed(region: Region) -> None:
    feed: Feed = region.app.state.feed
    before = await feed.position()
    midden, task = await offered(region)
    await midden.post(f"/api/tasks/{task['id']}/claim")
    kinds = await heard(feed, await somebody(region, "radiologist@zuid"), before)
    assert kinds[0] == "hello"
    assert "task.offered" in kinds
    assert "task.claimed" in kinds


async def test_who_has_heard_it_does_not_hear_it_again(region: Region) -> None:
    feed: Feed = region.app.state.feed
    midden, task = await offered(region)
    await midden.post(f"/api/tasks/{task['id']}/claim")
    await asyncio.sleep(0.3)
    kinds = await heard(
        feed, await somebody(region, "radiologist@zuid"), await feed.position(), seconds=0.3
    )
    assert "task.claimed" not in kinds


async def test_another_hospital_hears_nothing_of_what_is_not_shared_with_it(
    region: Region,
) -> None:
    feed: Feed = region.app.state.feed
    before = await feed.position()
    noord = region.ris["noord"]
    order = noord.order(accession="A1", number="N100", bsn="999911120", control="M1")
    await noord.say(region.hl7.port, order)
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    own = await region.browser("radiologist@noord")

    async def listed() -> Any:
        return [task for task in await own.tasks() if task["may_claim"]]

    await until(listed)
    assert "task.offered" in await heard(feed, await somebody(region, "planner@noord"), before)
    others = await heard(feed, await somebody(region, "radiologist@zuid"), before)
    assert set(others) == {"hello"}


async def test_those_who_could_see_a_task_hear_that_it_is_gone(region: Region) -> None:
    feed: Feed = region.app.state.feed
    await offered(region)
    await asyncio.sleep(0.3)
    listening = asyncio.create_task(
        heard(feed, await somebody(region, "radiologist@zuid"), await feed.position(), seconds=2)
    )
    await asyncio.sleep(0.1)
    await region.consent("noord", Decision.DENY)
    assert "task.changed" in await listening
