"""A study reaches its hospital's PACS whole and once, whatever happens on the way."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from tests.archive.arrivals import encoded
from tests.images import ct_series
from tests.region import until
from tests.transfers.carrying import Carrying, Storescp

from crossread.transfers.model import TransferState

pytestmark = pytest.mark.peer


async def test_a_study_reaches_storescp_as_it_is_kept(worker: Carrying, tmp_path: Path) -> None:
    images = ct_series(slices=40)
    study = await worker.keeps(images)
    pacs = Storescp(tmp_path / "pacs")
    await pacs.start()
    await worker.pacs_is(pacs.port)
    asked = await worker.send(study)
    assert (asked.total, asked.done) == (40, 0)
    worker.start()
    ended = await worker.ends(asked)
    await pacs.kill()
    assert (ended.state, ended.done, ended.failed) == (TransferState.DONE, 40, 0)
    assert ended.bytes > 40 * 64 * 64 * 2
    got = {one.SOPInstanceUID: one for one in pacs.got()}
    for image in images:
        assert encoded(got[image.SOPInstanceUID]) == encoded(image)
    kinds = [kind for kind, _ in await worker.events()]
    assert (kinds[0], kinds[-1]) == ("transfer.asked", "transfer.done")


async def test_a_pacs_that_is_killed_in_the_middle_gets_the_rest_and_nothing_twice(
    worker: Carrying, tmp_path: Path
) -> None:
    images = ct_series(slices=150)
    study = await worker.keeps(images)
    # it sleeps a while after each, so that it can be killed in the middle
    pacs = Storescp(tmp_path / "pacs", options=("--sleep-after", "0"))
    await pacs.start()
    await worker.pacs_is(pacs.port)
    await worker.rule(associations=2, megabits=4)
    asked = await worker.send(study)
    worker.start()

    async def half() -> bool:
        return (await worker.transfer(asked)).done > 30

    await until(half)
    await pacs.kill()

    async def held_back() -> bool:
        return bool((await worker.transfer(asked)).last_error)

    await until(held_back)
    before = await worker.transfer(asked)
    assert 30 < before.done < 150
    assert before.state is TransferState.RUNNING
    await pacs.start()
    await worker.rule(associations=2)
    ended = await worker.ends(asked)
    await asyncio.sleep(0.2)
    await pacs.kill()
    assert (ended.state, ended.done, ended.last_error) == (TransferState.DONE, 150, "")
    sent = Counter(one.SOPInstanceUID for one in pacs.got())
    assert set(sent) == {image.SOPInstanceUID for image in images}
    twice = [uid for uid, times in sent.items() if times > 1]
    # what storescp had in hand when it died was never acknowledged: at most one an association
    assert len(twice) <= 2
