"""Many small packs become few, holes go, and whatever dies in between loses nothing."""

import asyncio
import contextlib
import os
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from pydicom import Dataset
from tests.archive.arrivals import encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.garbage import PATIENCE, collect
from crossread.archive.intake import Intake
from crossread.archive.repack import mend_holes, repack
from crossread.archive.store import removal
from crossread.archive.sweep import sweep
from crossread.platform.objects import Objects

NONE = timedelta()
ROOT = Path(__file__).resolve().parents[2]


async def rested(archive: Archive, images: list[Dataset]) -> UUID:
    """Images that came one by one, each in a pack of its own, and have come to rest."""
    await archive.takes_all(images)
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        await store.rest(db, study.id, archive.now)
    return study.id


async def put_in_order(archive: Archive, study_id: UUID, spool: Path = Path("none")) -> int:
    return await repack(
        archive.database, archive.objects, study_id, lambda: archive.now, spool=spool
    )


async def read_back(archive: Archive, images: list[Dataset]) -> None:
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        instances = await store.instances_of(db, study.id)
    content = [
        file[one.dataset_offset :]
        async for one, file in retrieve.stream(archive.objects, instances)
    ]
    assert content == [encoded(image) for image in images]


async def keys(archive: Archive) -> list[str]:
    return [one.key async for one in archive.objects.list("images")]


async def test_many_small_packs_become_one_and_the_old_ones_go_later(archive: Archive) -> None:
    images = ct_series(slices=5)
    study_id = await rested(archive, images)
    assert await put_in_order(archive, study_id) == 5
    [pack] = await archive.rows("select * from archive.pack")
    assert pack["sealed_at"] is not None
    assert len(await keys(archive)) == 6, "who reads from an old one is not cut off"
    await read_back(archive, images)
    archive.now += PATIENCE
    await collect(archive.database, archive.objects, archive.now)
    assert await keys(archive) == [pack["object_key"]]
    await read_back(archive, images)
    assert await put_in_order(archive, study_id) == 0, "one pack is in order"


async def test_what_was_taken_out_leaves_no_hole(archive: Archive) -> None:
    images = ct_series(slices=4)
    study_id = await rested(archive, images)
    await put_in_order(archive, study_id)
    async with archive.database.transaction() as db:
        gone = await store.instance(db, "noord", images[1].SOPInstanceUID)
        assert gone is not None
        await removal.take_out(db, [gone.id])
    count = await mend_holes(
        archive.database, archive.objects, lambda: archive.now, spool=Path("none")
    )
    assert count == 1
    archive.now += PATIENCE
    await collect(archive.database, archive.objects, archive.now)
    [pack] = await archive.rows("select object_key, holes from archive.pack")
    size = sum(row["bytes"] for row in await archive.rows("select bytes from archive.instance"))
    assert (await archive.objects.size(pack["object_key"]), pack["holes"]) == (size, 0)
    await read_back(archive, [images[0], *images[2:]])


async def test_a_crash_within_the_switch_leaves_all_as_it_was(archive: Archive) -> None:
    images = ct_series(slices=3)
    study_id = await rested(archive, images)
    asked = iter([archive.now])

    def stops() -> datetime:
        """A clock that the new pack is opened by, and that stops before it is sealed."""
        try:
            return next(asked)
        except StopIteration:
            raise ConnectionError from None

    with pytest.raises(ConnectionError):
        await repack(archive.database, archive.objects, study_id, stops, spool=Path("none"))
    await read_back(archive, images)
    archive.now += timedelta(minutes=5)
    await sweep(archive.database, archive.objects, archive.now, younger=NONE)
    assert len(await keys(archive)) == 3
    assert len(await archive.rows("select 1 from archive.pack")) == 3
    assert await put_in_order(archive, study_id) == 3


async def test_what_is_damaged_stays_where_it_is_and_is_told(archive: Archive) -> None:
    images = ct_series(slices=2)
    study_id = await rested(archive, images)
    async with archive.database.transaction() as db:
        one = await store.instance(db, "noord", images[0].SOPInstanceUID)
    assert one is not None
    path = archive.objects.path(one.object_key or "")
    assert path is not None
    path.write_bytes(path.read_bytes()[:-10])
    assert await put_in_order(archive, study_id) == 0
    assert len(await archive.rows("select 1 from archive.damage")) == 1
    assert len(await archive.rows("select 1 from archive.pack where sealed_at is not null")) == 2


async def test_an_object_an_instance_elsewhere_becomes_one_object(
    archive: Archive, tmp_path: Path
) -> None:
    archive.objects, spool = Objects("memory:///"), tmp_path / "spool"
    intake = Intake(archive.database, archive.objects, lambda: archive.now, spool=spool)
    archive.intake = intake
    images = ct_series(slices=3)
    study_id = await rested(archive, images)
    assert await put_in_order(archive, study_id, spool) == 3
    await read_back(archive, images)
    assert not [path for path in spool.rglob("*") if path.is_file()]
    await intake.close()


async def test_killed_at_any_moment_it_loses_nothing_and_leaves_nothing(archive: Archive) -> None:
    images = ct_series(slices=60)
    study_id = await rested(archive, images)
    folder = str(archive.objects.folder)
    began = set(await keys(archive))
    for _ in range(5):
        words = [archive.database.url, folder, str(study_id)]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.archive.repack_alone",
            *words,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        await process.stdout.readline()
        await asyncio.sleep(random.uniform(0, 0.15))  # noqa: S311 - anywhere
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await read_back(archive, images)
    archive.now += timedelta(days=400)  # by the clock of those that were killed
    await put_in_order(archive, study_id)
    await sweep(archive.database, archive.objects, archive.now, younger=NONE)
    await collect(archive.database, archive.objects, archive.now + PATIENCE)
    left = await archive.rows("select object_key from archive.pack")
    assert sorted(row["object_key"] for row in left) == sorted(await keys(archive))
    assert len(left) == 1
    assert left[0]["object_key"] not in began
    await read_back(archive, images)
