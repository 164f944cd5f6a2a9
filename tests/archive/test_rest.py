"""A study comes to rest when nothing came for a while, and wakes when something does."""

from datetime import timedelta

from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import store
from crossread.archive.model import Study, StudyState
from crossread.archive.rest import come_to_rest

QUIET = timedelta(seconds=30)


async def look(archive: Archive, study: Study, later: timedelta) -> timedelta | None:
    """How long after `later` to look again; None when there is nothing to wait for."""
    async with archive.database.transaction() as db:
        again = await come_to_rest(db, study.id, QUIET, archive.now + later)
    return None if again is None else again - archive.now


async def test_it_rests_once_nothing_came_for_the_quiet_time(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    study = await archive.study(images[0])
    assert await look(archive, study, timedelta(seconds=29)) == QUIET
    async with archive.database.transaction() as db:
        assert [one.id for one in await store.arriving(db)] == [study.id]
    assert await look(archive, study, QUIET) is None
    assert (await archive.study(images[0])).state is StudyState.AT_REST
    [rested] = await archive.events("study.rested")
    assert rested["facts"] == {
        "study_instance_uid": study.study_instance_uid,
        "instances": 2,
        "series": 1,
        "rests": 1,
    }
    async with archive.database.transaction() as db:
        assert await store.arriving(db) == []


async def test_resting_twice_is_announced_once(archive: Archive) -> None:
    images = ct_series(slices=1)
    await archive.takes_all(images)
    study = await archive.study(images[0])
    for _ in range(2):
        assert await look(archive, study, QUIET) is None
    assert len(await archive.events("study.rested")) == 1


async def test_a_late_image_wakes_it_and_it_rests_again(archive: Archive) -> None:
    first, late = ct_series(slices=2)
    await archive.takes_all([first])
    study = await archive.study(first)
    await look(archive, study, QUIET)
    await archive.takes_all([late])
    assert (await archive.study(first)).state is StudyState.ARRIVING
    arrivals = await archive.events("study.arriving")
    assert [one["facts"]["late"] for one in arrivals] == [False, True]
    assert await look(archive, study, QUIET) is None
    assert (await archive.study(first)).rests == 2


async def test_a_repeat_does_not_wake_it(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    await look(archive, await archive.study(image), QUIET)
    await archive.takes(arrival(image))
    assert (await archive.study(image)).state is StudyState.AT_REST
