"""What a receiver that died left behind is put in order, and nothing acknowledged is lost."""

import asyncio
from datetime import timedelta

from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.intake import Receiver
from crossread.archive.model import Outcome
from crossread.archive.sweep import sweep

NONE = timedelta()


async def test_a_pack_whose_receiver_died_is_cut_and_sealed(archive: Archive) -> None:
    first, second = ct_series(slices=2)

    def send() -> Receiver:
        receiver = archive.intake.receiver()
        receiver.begin(arrival(first).announced)
        receiver.write(encoded(first))
        assert receiver.finish() is Outcome.STORED
        receiver.begin(arrival(second).announced)
        receiver.write(encoded(second)[:5000])
        return receiver

    receiver = await asyncio.to_thread(send)
    archive.now += timedelta(minutes=5)
    assert await sweep(archive.database, archive.objects, archive.now, younger=NONE) == 0
    [pack] = receiver._packs.values()
    pack.leave()  # as the kernel does when a process dies
    assert await sweep(archive.database, archive.objects, archive.now, younger=NONE) == 1
    async with archive.database.transaction() as db:
        instance = await store.instance(db, "noord", first.SOPInstanceUID)
    assert instance is not None
    assert await archive.objects.size(instance.object_key or "") == instance.bytes
    content = await retrieve.file(archive.objects, instance)
    assert content[instance.dataset_offset :] == encoded(first)


async def test_a_pack_in_which_nothing_was_acknowledged_leaves_nothing(archive: Archive) -> None:
    [image] = ct_series(slices=1)

    def send() -> Receiver:
        receiver = archive.intake.receiver()
        receiver.begin(arrival(image).announced)
        receiver.write(encoded(image)[:5000])
        return receiver

    receiver = await asyncio.to_thread(send)
    [pack] = receiver._packs.values()
    pack.leave()
    archive.now += timedelta(minutes=5)
    assert await sweep(archive.database, archive.objects, archive.now, younger=NONE) == 1
    assert not await archive.rows("select 1 from archive.pack")
    assert not [one async for one in archive.objects.list("images")]
