"""Everything that is kept is read again: what decayed is found, told once, and can be mended."""

from datetime import timedelta

from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import store
from crossread.archive.model import ArchiveEvent, Instance, Outcome
from crossread.archive.scrub import Pace, progress, scrub_one
from crossread.archive.store import scrub as state

FAST = Pace(1e12)
MONTH = timedelta(days=30)


async def scrubbed(archive: Archive) -> int:
    """Scrub until there is nothing to read now; how many packs were read."""
    packs = 0
    while await scrub_one(
        archive.database, archive.objects, lambda: archive.now, pace=FAST, every=MONTH
    ):
        packs += 1
    return packs


async def kept(archive: Archive, uid: str) -> Instance:
    async with archive.database.transaction() as db:
        found = await store.instance(db, "noord", uid)
    assert found is not None
    return found


async def decays(archive: Archive, instance: Instance) -> None:
    path = archive.objects.path(instance.object_key or "")
    assert path is not None
    content = bytearray(path.read_bytes())
    content[instance.start + instance.bytes - 10] ^= 0xFF
    path.write_bytes(content)


async def test_a_round_reads_every_pack_once_and_the_next_begins_when_it_is_time(
    archive: Archive,
) -> None:
    await archive.takes_all(ct_series(slices=3))  # each in a pack of its own
    archive.now += timedelta(minutes=1)
    assert await scrubbed(archive) == 3
    far = await progress(archive.database)
    assert (far.packs_read, far.packs, far.running, far.damaged) == (3, 3, False, 0)
    assert far.ended_at == archive.now
    assert await scrubbed(archive) == 0
    archive.now += MONTH
    assert await scrubbed(archive) == 3


async def test_damage_is_found_announced_once_and_listed(archive: Archive) -> None:
    images = ct_series(slices=3)
    await archive.takes_all(images)
    await decays(archive, await kept(archive, images[1].SOPInstanceUID))
    archive.now += timedelta(minutes=1)
    await scrubbed(archive)
    archive.now += MONTH
    await scrubbed(archive)
    [event] = await archive.events(ArchiveEvent.DAMAGED)
    assert event["facts"]["sop_instance_uid"] == images[1].SOPInstanceUID
    assert (await progress(archive.database)).damaged == 1
    [row] = await archive.rows("select sop_instance_uid from archive.damage")
    assert row["sop_instance_uid"] == images[1].SOPInstanceUID


async def test_an_object_that_is_gone_is_damage_too(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    await archive.objects.delete((await kept(archive, image.SOPInstanceUID)).object_key or "")
    archive.now += timedelta(minutes=1)
    await scrubbed(archive)
    assert len(await archive.events(ArchiveEvent.DAMAGED)) == 1


async def test_what_comes_again_takes_the_place_of_what_is_damaged(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    before = await kept(archive, image.SOPInstanceUID)
    await decays(archive, before)
    archive.now += timedelta(minutes=1)
    await scrubbed(archive)
    assert await archive.takes(arrival(image)) is Outcome.STORED
    after = await kept(archive, image.SOPInstanceUID)
    assert after.pack_id != before.pack_id
    assert len(await archive.events(ArchiveEvent.MENDED)) == 1
    assert not await archive.rows("select 1 from archive.damage")
    [hole] = await archive.rows("select holes from archive.pack where id = %s", (before.pack_id,))
    assert hole["holes"] == before.bytes
    assert await archive.takes(arrival(image)) is Outcome.REPEATED


async def test_a_pause_stops_it_and_a_wish_begins_a_round(archive: Archive) -> None:
    await archive.takes_all(ct_series(slices=2))
    archive.now += timedelta(minutes=1)
    async with archive.database.transaction() as db:
        await state.pause(db, True)
    assert await scrubbed(archive) == 0
    assert (await progress(archive.database)).paused
    async with archive.database.transaction() as db:
        await state.pause(db, False)
    assert await scrubbed(archive) == 2
    archive.now += timedelta(minutes=1)
    async with archive.database.transaction() as db:
        await state.ask(db, archive.now)
    archive.now += timedelta(minutes=1)
    assert await scrubbed(archive) == 2


async def test_what_comes_in_is_counted_by_the_minute(archive: Archive) -> None:
    await archive.takes_all(ct_series(slices=3))
    await archive.intake.tally.write()
    [row] = await archive.rows("select sum(instances) as n, sum(bytes) as b from archive.intake")
    [size] = await archive.rows("select sum(bytes) as b from archive.instance")
    assert (row["n"], row["b"]) == (3, size["b"])
