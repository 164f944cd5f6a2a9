"""A worker that is killed in the middle of a transfer: another goes on where it was."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.images import ct_series
from tests.region import until
from tests.transfers.carrying import Carrying, Storescp, orthanc

from crossread.transfers.model import FetchBy, TransferState

pytestmark = pytest.mark.peer

ROOT = Path(__file__).resolve().parents[2]
ASSOCIATIONS = 2


@contextmanager
def worker_alone(url: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of its own process; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.transfers.worker_alone", url, str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def test_what_is_sent_when_the_worker_is_killed_arrives_whole(
    worker: Carrying, database_url: str, tmp_path: Path
) -> None:
    images = ct_series(slices=240)
    study = await worker.keeps(images)
    pacs = Storescp(tmp_path / "pacs")
    await pacs.start()
    await worker.pacs_is(pacs.port)
    await worker.rule(associations=ASSOCIATIONS, megabits=6)
    asked = await worker.send(study)
    kills = 3
    for number in range(kills):
        with worker_alone(database_url, tmp_path / "objects"):

            async def gone_on(least: int = 40 * (number + 1)) -> bool:
                return (await worker.transfer(asked)).done >= least

            await until(gone_on)
            await asyncio.sleep(random.uniform(0, 0.3))  # noqa: S311 - anywhere
    assert (await worker.transfer(asked)).left > 0
    await worker.rule(associations=ASSOCIATIONS)
    with worker_alone(database_url, tmp_path / "objects"):
        ended = await worker.ends(asked)
    assert (ended.state, ended.done) == (TransferState.DONE, 240)
    await asyncio.sleep(0.2)
    await pacs.kill()
    sent = Counter(one.SOPInstanceUID for one in pacs.got())
    assert set(sent) == {image.SOPInstanceUID for image in images}
    # only what went out in the quarter of a second before a kill may go out once more
    repeated = sum(sent.values()) - len(sent)
    assert repeated < kills * 40


@pytest.mark.parametrize("by", [FetchBy.GET, FetchBy.WEB])
async def test_what_is_fetched_when_the_worker_is_killed_comes_in_whole(
    worker: Carrying, database_url: str, tmp_path: Path, by: FetchBy
) -> None:
    images = ct_series(slices=120)
    async with orthanc(tmp_path) as peer:
        await worker.pacs_is(peer.port)
        await peer.takes(images)
        await worker.fetches_by(by, peer)
        await worker.rule(fetch_by=by, megabits=3)
        asked = await worker.fetch(images[0].StudyInstanceUID)
        with worker_alone(database_url, tmp_path / "objects"):

            async def begun() -> bool:
                return (await worker.here(images[0].StudyInstanceUID)) >= 20

            await until(begun)
        assert await worker.here(images[0].StudyInstanceUID) < 120
        await worker.rule(fetch_by=by)
        with worker_alone(database_url, tmp_path / "objects"):
            ended = await worker.ends(asked)
    assert (ended.state, ended.done) == (TransferState.DONE, 120)
    assert await worker.here(images[0].StudyInstanceUID) == 120
