"""The cache lets go of what is home, keeps what the law holds, and takes it back when it comes."""

from datetime import timedelta
from uuid import UUID

import pytest
from pydicom import Dataset
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import holds, retrieve, store
from crossread.archive.evict import evict_due, let_go_after, make_room
from crossread.archive.garbage import PATIENCE, collect
from crossread.archive.model import ArchiveEvent, NotHere, NotKept, Outcome, Study
from crossread.archive.store import overview

WEEK = 7


async def rested(archive: Archive, images: list[Dataset]) -> Study:
    await archive.takes_all(images)
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        await store.rest(db, study.id, archive.now)
    return study


async def home(archive: Archive, study_id: UUID, days: int = WEEK) -> None:
    async with archive.database.transaction() as db:
        await let_go_after(db, study_id, days, archive.now)


async def usage(archive: Archive) -> int:
    [row] = await archive.rows("select bytes from archive.usage where hospital_id = 'noord'")
    return int(row["bytes"])


async def test_images_go_when_their_days_are_over_and_what_is_known_stays(
    archive: Archive,
) -> None:
    images = ct_series(slices=2)
    study = await rested(archive, images)
    await home(archive, study.id)
    assert await evict_due(archive.database, archive.now) == 0
    archive.now += timedelta(days=WEEK)
    assert await evict_due(archive.database, archive.now) == 1
    assert await evict_due(archive.database, archive.now) == 0
    archive.now += PATIENCE
    assert await collect(archive.database, archive.objects, archive.now) == 2
    after = await archive.study(images[0])
    assert (after.availability, after.instance_count) == ("nearline", 2)
    assert await usage(archive) == 0
    async with archive.database.transaction() as db:
        [first, _] = await store.instances_of(db, study.id)
    with pytest.raises(NotHere):
        await retrieve.file(archive.objects, first)
    assert len(await archive.events(ArchiveEvent.EVICTED)) == 1


async def test_what_comes_back_is_online_again_for_as_many_days(archive: Archive) -> None:
    images = ct_series(slices=2)
    study = await rested(archive, images)
    before = await usage(archive)
    await home(archive, study.id)
    archive.now += timedelta(days=WEEK)
    await evict_due(archive.database, archive.now)
    assert await archive.takes(arrival(images[0])) is Outcome.STORED
    assert (await archive.study(images[0])).availability == "nearline"
    assert await archive.takes(arrival(images[1])) is Outcome.STORED
    assert (await archive.study(images[0])).availability == "online"
    assert await usage(archive) == before
    archive.now += timedelta(days=WEEK)
    assert await evict_due(archive.database, archive.now) == 1


async def test_a_legal_hold_keeps_a_study_here(archive: Archive) -> None:
    images = ct_series(slices=1)
    study = await rested(archive, images)
    await home(archive, study.id)
    async with archive.database.transaction() as db:
        await holds.place(
            db, "noord", patient=("NOORD", "N100"), reason="Zaak", by=None, now=archive.now
        )
    archive.now += timedelta(days=30)
    assert await evict_due(archive.database, archive.now) == 0


async def test_at_the_limit_the_cache_makes_room_and_then_no_more_is_taken_in(
    archive: Archive,
) -> None:
    old, new = ct_series(slices=1), ct_series(slices=1)
    first = await rested(archive, old)
    await home(archive, first.id)
    async with archive.database.transaction() as db:
        await overview.limit(db, "noord", 1000, 4000)
    await rested(archive, new)
    assert await make_room(archive.database, archive.now) == 1
    assert (await archive.study(old[0])).availability == "nearline"
    [event] = await archive.events(ArchiveEvent.QUOTA_NEAR)
    assert event["facts"]["warn_bytes"] == 1000
    with pytest.raises(NotKept, match="agreed"):
        await archive.takes(arrival(ct_series(slices=1)[0]))
    assert not await archive.quarantined()
    async with archive.database.transaction() as db:
        await overview.limit(db, "noord", None, None)
    await archive.takes_all(ct_series(slices=1))


async def test_another_hospital_s_limit_is_nobody_else_s(archive: Archive) -> None:
    await rested(archive, ct_series(slices=1))
    async with archive.database.transaction() as db:
        await overview.limit(db, "noord", None, 1)
    await archive.takes_all(ct_series(slices=1), "midden")
