"""What goes wrong in the middle of taking in: nothing shifts, is lost, or stays behind."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from pydicom import Dataset
from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.checksum import checksum
from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Announced, NotArchived, NotKept, Outcome, Reason
from crossread.archive.sweep import remove_strays, sweep
from crossread.platform.objects import Objects

NONE = timedelta()
GARBAGE = Announced("noord", "NOORD_PACS", "1.2.840.10008.1.2.1")

_Answer = TypeVar("_Answer")


def sends(receiver: Receiver, image: Dataset) -> Outcome:
    sent = arrival(image)
    receiver.begin(sent.announced)
    receiver.write(sent.dataset)
    return receiver.finish()


async def with_receiver(archive: Archive, act: Callable[[Receiver], _Answer]) -> _Answer:
    def run() -> _Answer:
        receiver = archive.intake.receiver()
        try:
            return act(receiver)
        finally:
            receiver.close()

    return await asyncio.to_thread(run)


async def reads_back(archive: Archive, image: Dataset) -> None:
    async with archive.database.transaction() as db:
        kept = await store.instance(db, "noord", image.SOPInstanceUID)
    assert kept is not None
    content = await retrieve.file(archive.objects, kept)
    assert content[kept.dataset_offset :] == encoded(image)


async def swept(archive: Archive) -> int:
    archive.now += timedelta(days=1)
    return await sweep(archive.database, archive.objects, archive.now, younger=NONE)


async def test_a_pack_that_begins_with_a_repeat_holds_what_follows(archive: Archive) -> None:
    known, new = ct_series(slices=2)
    await archive.takes_all([known])
    outcomes = await with_receiver(archive, lambda r: [sends(r, known), sends(r, new)])
    assert outcomes == [Outcome.REPEATED, Outcome.STORED]
    await reads_back(archive, new)
    assert not await archive.rows("select 1 from archive.pack where study_id is null")
    assert not await archive.rows("select 1 from archive.pack where sealed_at is null")


async def test_what_cannot_be_kept_aside_does_not_shift_what_follows(archive: Archive) -> None:
    first, second = ct_series(slices=2)
    assert archive.objects.folder is not None
    (archive.objects.folder / "quarantine").write_text("a file where the folder should be")
    other = arrival(first)
    other = replace(other, announced=replace(other.announced, sop_instance_uid="1.2"))

    def act(receiver: Receiver) -> None:
        receiver.begin(other.announced)
        receiver.write(other.dataset)
        with pytest.raises(NotKept):
            receiver.finish()
        assert sends(receiver, first) is Outcome.STORED
        assert sends(receiver, second) is Outcome.STORED

    await with_receiver(archive, act)
    await reads_back(archive, first)
    await reads_back(archive, second)
    await swept(archive)
    kept = sum(row["bytes"] for row in await archive.rows("select bytes from archive.instance"))
    assert sum([one.size async for one in archive.objects.list("images")]) == kept


async def test_a_data_set_that_names_two_studies_is_held(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    content = encoded(image)
    tag = b"\x20\x00\x0d\x00UI"
    start = content.index(tag)
    element = content[start : start + 8 + content[start + 6]]
    other = element[:8] + b"1.2.3".ljust(len(element) - 8, b"\0")
    twice = content[:start] + other + content[start:]
    assert await archive.refuses(arrival(image, content=twice)) is Reason.WRONG_VALUE


async def test_the_sweep_waits_for_what_is_on_its_way_into_the_index(archive: Archive) -> None:
    first, second = ct_series(slices=2)
    receiver = await asyncio.to_thread(archive.intake.receiver)
    assert await asyncio.to_thread(sends, receiver, first) is Outcome.STORED
    [pack] = receiver._packs.values()
    sent = arrival(second)
    async with archive.database.transaction() as db:
        # the backend goes on with the commit of a receiver that was killed
        found = await store.instance(db, "noord", first.SOPInstanceUID)
        assert found is not None
        written = b"the head of a file" + sent.dataset
        pack.write(written)
        late = replace(
            found,
            id=pack.id,
            sop_instance_uid=second.SOPInstanceUID,
            start=found.start + found.bytes,
            bytes=len(written),
            dataset_offset=len(written) - len(sent.dataset),
            digest=checksum(sent.dataset),
        )
        pack.leave()
        assert await store.admit_one(db, late, archive.now)
        assert await swept(archive) == 0
    assert await swept(archive) == 1
    await reads_back(archive, first)
    await reads_back(archive, second)


async def test_a_sealed_pack_takes_nothing_more(archive: Archive) -> None:
    first, second = ct_series(slices=2)

    def act(receiver: Receiver) -> None:
        assert sends(receiver, first) is Outcome.STORED
        asyncio.run_coroutine_threadsafe(seal(archive), archive.intake._loop).result(10)
        with pytest.raises(NotKept):
            sends(receiver, second)
        assert sends(receiver, second) is Outcome.STORED  # in a pack of its own

    await with_receiver(archive, act)
    await reads_back(archive, first)
    await reads_back(archive, second)


async def seal(archive: Archive) -> None:
    async with archive.database.transaction() as db:
        await db.execute("update archive.pack set sealed_at = now()")


async def test_the_sweep_makes_no_hole_where_bytes_are_missing(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    receiver = await asyncio.to_thread(archive.intake.receiver)
    await asyncio.to_thread(sends, receiver, image)
    [pack] = receiver._packs.values()
    pack.leave()
    os.truncate(pack.path, 100)
    assert await swept(archive) == 1
    assert pack.path.stat().st_size == 100


async def test_dead_packs_behind_many_living_ones_are_swept(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crossread.archive.sweep.AT_ONCE", 2)
    receivers = []
    for _ in range(5):
        [image] = ct_series(slices=1)
        receivers.append(await asyncio.to_thread(archive.intake.receiver))
        assert await asyncio.to_thread(sends, receivers[-1], image) is Outcome.STORED
    [last] = receivers[-1]._packs.values()
    last.leave()
    assert await swept(archive) == 1


async def test_an_object_that_no_pack_names_is_removed_after_a_day(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    stray = "images/noord/aa/stray/one"
    await archive.objects.put(stray, b"nobody's")
    path = archive.objects.path(stray)
    assert path is not None
    now = archive.now.fromtimestamp(path.stat().st_mtime, archive.now.tzinfo)
    assert await remove_strays(archive.database, archive.objects, now) == 0
    later = now + timedelta(days=2)
    assert await remove_strays(archive.database, archive.objects, later) == 1
    assert not path.exists()
    await reads_back(archive, image)


@pytest.fixture
async def elsewhere(archive: Archive, tmp_path: Path) -> Archive:
    """The same archive with a store that is no folder."""
    archive.objects = Objects("memory:///")
    archive.intake = Intake(
        archive.database, archive.objects, lambda: archive.now, spool=tmp_path / "spool"
    )
    return archive


async def test_a_store_elsewhere_holds_what_is_indexed_and_nothing_else(
    elsewhere: Archive, tmp_path: Path
) -> None:
    first, second, third = ct_series(slices=3)
    changed = ct_series(slices=1)[0]
    changed.SOPInstanceUID = first.SOPInstanceUID

    def act(receiver: Receiver) -> None:
        assert sends(receiver, first) is Outcome.STORED
        assert sends(receiver, second) is Outcome.STORED
        assert sends(receiver, first) is Outcome.REPEATED
        with pytest.raises(NotArchived):
            sends(receiver, changed)
        receiver.begin(GARBAGE)
        receiver.write(b"no DICOM at all")
        with pytest.raises(NotArchived):
            receiver.finish()
        assert sends(receiver, third) is Outcome.STORED

    await with_receiver(elsewhere, act)
    for image in (first, second, third):
        await reads_back(elsewhere, image)
    listed = {one.key: one.size async for one in elsewhere.objects.list("images")}
    rows = await elsewhere.rows(
        """
        select p.object_key, sum(i.bytes)::int as bytes
        from archive.pack p join archive.instance i on i.pack_id = p.id
        group by p.object_key
        """
    )
    assert listed == {row["object_key"]: row["bytes"] for row in rows}
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file()]


async def test_what_a_dead_receiver_left_in_the_spool_is_removed_at_the_next_start(
    elsewhere: Archive, tmp_path: Path
) -> None:
    [image] = ct_series(slices=1)

    def leave() -> None:
        receiver = elsewhere.intake.receiver()
        receiver.begin(arrival(image).announced)
        receiver.write(encoded(image)[:5000])
        [pack] = receiver._packs.values()
        pack.leave()  # as the kernel does when a process dies

    await asyncio.to_thread(leave)
    spool = tmp_path / "spool"
    assert [path for path in spool.rglob("*") if path.is_file()]
    Intake(elsewhere.database, elsewhere.objects, lambda: elsewhere.now, spool=spool)
    assert not [path for path in spool.rglob("*") if path.is_file()]
    elsewhere.now += timedelta(days=1)
    assert await swept(elsewhere) == 1
    assert not await elsewhere.rows("select 1 from archive.pack")
