"""A study comes to rest when nothing came for a while, and wakes when something does."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import store
from crossread.archive.expectation import (
    LOOK_EVERY,
    STILL_RECEIVING,
    Expectation,
    RestRule,
    Standing,
    look_again,
    rested_by,
)
from crossread.archive.model import Study, StudyState, study_id
from crossread.archive.rest import come_to_rest, expect

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
        "rule": "quiet",
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


async def expects(archive: Archive, image: Dataset, rule: RestRule, **said: Any) -> None:
    async with archive.database.transaction() as db:
        await expect(
            db, "noord", image.StudyInstanceUID, said.pop("source", "somebody"), rule,
            now=archive.now, **said,
        )  # fmt: skip


async def test_it_rests_at_once_when_all_that_the_machine_made_is_here(archive: Archive) -> None:
    images = ct_series(slices=3)
    await archive.takes_all(images[:2])
    study = await archive.study(images[0])
    made = [image.SOPInstanceUID for image in images]
    await expects(archive, images[0], RestRule.PERFORMED, whole=False, instances=made[:2])
    assert await look(archive, study, timedelta(0)) is not None, "the machine is not done"
    await expects(archive, images[0], RestRule.PERFORMED, instances=made)
    assert await look(archive, study, timedelta(0)) == LOOK_EVERY, "one is still on its way"
    await archive.takes(arrival(images[2]))
    assert await look(archive, study, timedelta(seconds=1)) is None
    [rested] = await archive.events("study.rested")
    assert (rested["facts"]["rule"], rested["facts"]["instances"]) == ("performed", 3)


async def test_it_rests_when_as_many_are_here_as_were_promised(archive: Archive) -> None:
    images = ct_series(slices=2)
    await expects(archive, images[0], RestRule.COUNTED, number=2)
    await archive.takes(arrival(images[0]))
    study = await archive.study(images[0])
    assert await look(archive, study, timedelta(0)) is not None
    await archive.takes(arrival(images[1]))
    assert await look(archive, study, timedelta(seconds=1)) is None
    [rested] = await archive.events("study.rested")
    assert rested["facts"]["rule"] == "counted"


async def test_it_rests_when_we_answer_for_all_of_it(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    study = await archive.study(images[0])
    for place, image in enumerate(images):
        assert await look(archive, study, timedelta(0)) is not None
        await expects(
            archive, image, RestRule.COMMITTED,
            source=f"commitment/{place}", instances=[image.SOPInstanceUID],
        )  # fmt: skip
    assert await look(archive, study, timedelta(0)) is None
    [rested] = await archive.events("study.rested")
    assert rested["facts"]["rule"] == "committed"


async def test_an_open_association_is_given_more_time(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        await db.execute("update archive.pack set sealed_at = null")
    assert await look(archive, study, QUIET) == QUIET * STILL_RECEIVING
    assert await look(archive, study, QUIET * STILL_RECEIVING) is None


async def test_the_same_said_twice_is_announced_once(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    for _ in range(2):
        await expects(archive, image, RestRule.COUNTED, number=1)
    assert len(await archive.events("study.expected")) == 1


async def test_what_is_said_of_a_study_that_never_came_wakes_nobody(archive: Archive) -> None:
    async with archive.database.transaction() as db:
        assert await come_to_rest(db, study_id("noord", "2.25.1"), QUIET, archive.now) is None


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
standings = st.builds(
    Standing,
    instances=st.integers(0, 5),
    last_received_at=st.integers(0, 300).map(lambda seconds: NOW - timedelta(seconds=seconds)),
    receiving=st.booleans(),
    not_committed=st.integers(0, 2),
    expectations=st.lists(
        st.builds(
            Expectation,
            rule=st.sampled_from([rule for rule in RestRule if rule is not RestRule.QUIET]),
            whole=st.booleans(),
            named=st.integers(0, 3),
            missing=st.integers(0, 2),
            number=st.none() | st.integers(0, 6),
        ),
        max_size=4,
    ).map(tuple),
)


@given(standings)
def test_every_study_comes_to_rest_in_the_end(standing: Standing) -> None:
    later = NOW + QUIET * STILL_RECEIVING
    rule = rested_by(standing, QUIET, later)
    assert (rule is not None) == (standing.instances > 0)


@given(standings)
def test_no_rule_is_said_that_is_not_satisfied(standing: Standing) -> None:
    match rested_by(standing, QUIET, NOW):
        case RestRule.COMMITTED:
            assert standing.not_committed == 0
            assert not standing.receiving
        case RestRule.PERFORMED:
            said = standing.said(RestRule.PERFORMED)
            assert all(one.whole and one.missing == 0 for one in said)
        case RestRule.COUNTED:
            said = standing.said(RestRule.COUNTED)
            assert standing.instances >= max(one.number or 0 for one in said)
        case RestRule.QUIET:
            assert standing.last_received_at + QUIET <= NOW
        case None:
            assert NOW <= look_again(standing, QUIET, NOW) <= NOW + QUIET * STILL_RECEIVING
