"""Under which rule an endpoint is burdened: hours, order, limits, and what people may do."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.images import ct_series
from tests.region import until
from tests.transfers.carrying import Carrying, Storescp

from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.errors import NotFound, Refused, Unreadable
from crossread.transfers import ask
from crossread.transfers.ask import Why
from crossread.transfers.meter import Meter
from crossread.transfers.model import (
    FetchBy,
    Move,
    Priority,
    Rule,
    TransferState,
    Window,
    parse_windows,
    pause_after,
)
from crossread.transfers.steer import steer
from crossread.transfers.store import items, transfers

# 24 November 2026 is in winter: Amsterdam is an hour ahead of UTC
AFTERNOON = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
NIGHT = Rule("noord/pacs", windows=parse_windows(["20:00-06:00"]))


def test_bulk_waits_for_the_night_and_urgent_does_not() -> None:
    assert not NIGHT.may_run(Priority.BULK, AFTERNOON)
    assert NIGHT.may_run(Priority.URGENT, AFTERNOON)
    assert NIGHT.opens_at(AFTERNOON) == datetime(2026, 11, 24, 19, 0, tzinfo=UTC)
    for hour in (19, 23):
        assert NIGHT.may_run(Priority.BULK, AFTERNOON.replace(hour=hour))
    assert NIGHT.may_run(Priority.BULK, datetime(2026, 11, 25, 4, 59, tzinfo=UTC))
    assert not NIGHT.may_run(Priority.BULK, datetime(2026, 11, 25, 5, 0, tzinfo=UTC))


def test_the_night_begins_by_the_hospitals_own_clock_in_summer_too() -> None:
    july = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert NIGHT.opens_at(july) == datetime(2026, 7, 1, 18, tzinfo=UTC)


@given(st.integers(0, 8760 * 60), st.times(), st.times())
def test_bulk_may_run_within_a_day(minute: int, start: time, end: time) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    window = Window(start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0))
    rule = Rule("noord/pacs", windows=(window,))
    opens = rule.opens_at(now)
    assert opens >= now
    assert opens - now <= timedelta(hours=25)
    assert str(parse_windows([str(window)])[0]) == str(window)


@pytest.mark.parametrize("text", ["", "20:00", "24:00-06:00", "8-9", "20:00-06:00x"])
def test_what_is_no_span_of_hours_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        Window.parse(text)


def test_a_rule_has_bounds() -> None:
    for associations in (0, 33):
        with pytest.raises(Refused):
            Rule("noord/pacs", associations=associations)
    with pytest.raises(Refused):
        Rule("noord/pacs", megabits=0)


def test_a_limit_is_kept_over_all_that_send() -> None:
    now = [100.0]
    meter = Meter(8, lambda: now[0])  # a million bytes a second
    waited = [meter.wait(500_000) for _ in range(20)]
    assert 8.5 < waited[-1] < 9.5
    now[0] += 20
    assert meter.wait(1) == 0
    meter.limit(None)
    assert meter.wait(1 << 40) == 0


@given(st.integers(0, 10_000))
def test_pauses_grow_and_have_an_end(attempts: int) -> None:
    assert timedelta(seconds=2) <= pause_after(attempts) <= timedelta(minutes=5)


async def test_a_bulk_transfer_starts_when_the_night_begins(
    worker: Carrying, tmp_path: Path
) -> None:
    pacs = Storescp(tmp_path / "pacs")
    await pacs.start()
    await worker.pacs_is(pacs.port)
    await worker.rule(windows=NIGHT.windows)
    bulk = await worker.keeps(ct_series(slices=3))
    urgent = await worker.keeps(ct_series(slices=3))
    worker.time.set(AFTERNOON)
    waits = await worker.send(bulk)
    goes = await worker.send(urgent, Priority.URGENT)
    worker.start()
    assert (await worker.ends(goes)).state is TransferState.DONE
    assert (await worker.transfer(waits)).done == 0
    await worker.stop()
    worker.time.set(AFTERNOON + timedelta(hours=5, minutes=1))
    worker.start()
    assert (await worker.ends(waits)).state is TransferState.DONE
    await pacs.kill()


async def test_an_urgent_one_goes_before_a_bulk_one_that_is_under_way(
    worker: Carrying, tmp_path: Path
) -> None:
    pacs = Storescp(tmp_path / "pacs")
    await pacs.start()
    await worker.pacs_is(pacs.port)
    await worker.rule(associations=1, megabits=3)
    bulk = await worker.keeps(ct_series(slices=200))
    urgent = await worker.keeps(ct_series(slices=2))
    first = await worker.send(bulk)
    worker.start()

    async def begun() -> bool:
        return (await worker.transfer(first)).done > 0

    await until(begun)
    second = await worker.send(urgent, Priority.URGENT)
    await worker.ends(second)
    assert (await worker.transfer(first)).left > 0
    await pacs.kill()


async def test_what_is_paused_stops_and_goes_on_where_it_was(
    worker: Carrying, tmp_path: Path
) -> None:
    pacs = Storescp(tmp_path / "pacs")
    await pacs.start()
    await worker.pacs_is(pacs.port)
    await worker.rule(associations=1, megabits=3)
    images = ct_series(slices=60)
    asked = await worker.send(await worker.keeps(images))
    worker.start()

    async def begun() -> bool:
        return (await worker.transfer(asked)).done > 5

    await until(begun)
    async with worker.database.transaction() as db:
        await steer(db, asked.id, Move.PAUSE, worker.time())
    await asyncio.sleep(1.5)
    paused = await worker.transfer(asked)
    await asyncio.sleep(0.5)
    assert (await worker.transfer(asked)).done == paused.done < 60
    assert paused.state is TransferState.PAUSED
    await worker.rule(associations=1)
    async with worker.database.transaction() as db:
        await steer(db, asked.id, Move.RESUME, worker.time())
    ended = await worker.ends(asked)
    await pacs.kill()
    assert (ended.state, ended.done) == (TransferState.DONE, 60)
    assert sorted(one.SOPInstanceUID for one in pacs.got()) == sorted(
        image.SOPInstanceUID for image in images
    )


async def test_what_is_asked_twice_goes_once_and_an_urgent_wish_hurries_it(
    worker: Carrying,
) -> None:
    study = await worker.keeps(ct_series(slices=2))
    first = await worker.send(study)
    assert (await worker.send(study)).id == first.id
    hurried = await worker.send(study, Priority.URGENT)
    assert (hurried.id, hurried.priority) == (first.id, Priority.URGENT)


async def test_a_study_goes_only_to_the_hospital_that_made_it(worker: Carrying) -> None:
    study = await worker.keeps(ct_series(slices=1))
    midden = Endpoint("midden/pacs", "midden", EndpointKind.PACS, "127.0.0.1", 1, "MIDDEN_PACS")
    async with worker.database.transaction() as db:
        with pytest.raises(Refused) as refusal:
            await ask.send(db, study, midden, Why("a test"), worker.time())
    assert refusal.value.reasons == ("other_hospital",)


async def test_a_move_that_the_state_does_not_allow_is_refused(worker: Carrying) -> None:
    asked = await worker.send(await worker.keeps(ct_series(slices=1)))
    async with worker.database.transaction() as db:
        with pytest.raises(Refused):
            await steer(db, asked.id, Move.RESUME, worker.time())
        await steer(db, asked.id, Move.CANCEL, worker.time())
        with pytest.raises(Refused):
            await steer(db, asked.id, Move.PAUSE, worker.time())
        again = await steer(db, asked.id, Move.RETRY, worker.time())
    assert again.state is TransferState.WAITING


async def test_a_pacs_is_not_fetched_from_as_a_web_server(worker: Carrying) -> None:
    async with worker.database.transaction() as db:
        with pytest.raises(Refused):
            await ask.change_rule(db, worker.endpoint, Rule("noord/pacs", fetch_by=FetchBy.WEB))
        with pytest.raises(NotFound):
            await ask.study_to_send(db, "noord", "1.2.3")


async def test_the_images_of_what_was_done_long_ago_are_forgotten(worker: Carrying) -> None:
    asked = await worker.send(await worker.keeps(ct_series(slices=3)))
    async with worker.database.transaction() as db:
        await transfers.end(db, asked.id, TransferState.DONE, "", worker.time())
        yesterday, tomorrow = (worker.time() + timedelta(days=days) for days in (-1, 1))
        assert await items.forget(db, yesterday, 2) == 0
        assert await items.forget(db, tomorrow, 2) == 2
        assert await items.forget(db, tomorrow, 2) == 1
    assert (await worker.transfer(asked)).total == 3
