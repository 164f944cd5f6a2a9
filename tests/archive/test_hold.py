"""Instances that are kept together share one sync and one commit, and each has its own answer."""

import asyncio

from pydicom import Dataset
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.model import NotArchived, Outcome, Reason


async def held(archive: Archive, images: list[Dataset]) -> list[Outcome | BaseException]:
    def send() -> list[Outcome | BaseException]:
        receiver = archive.intake.receiver()
        try:
            for image in images:
                sent = arrival(image)
                receiver.begin(sent.announced)
                receiver.write(sent.dataset)
                receiver.hold()
            return receiver.settle()
        finally:
            receiver.close()

    return await asyncio.to_thread(send)


async def test_all_of_a_new_series_is_kept_at_once_and_reads_back(archive: Archive) -> None:
    images = ct_series(slices=6)
    assert await held(archive, images) == [Outcome.STORED] * 6
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        found = await store.instances_of(db, study.id)
    for image, one in zip(images, found, strict=True):
        assert (await retrieve.file(archive.objects, one))[one.dataset_offset :] == arrival(
            image
        ).dataset
    assert len({one.pack_id for one in found}) == 1
    assert study.instance_count == 6


async def test_what_is_repeated_or_refused_leaves_the_others_as_they_are(
    archive: Archive,
) -> None:
    images = ct_series(slices=4)
    await archive.takes_all(images[:1])
    other = ct_series(slices=1, study=images[0].StudyInstanceUID)[0]
    other.SOPInstanceUID = images[0].SOPInstanceUID
    answers = await held(archive, [images[0], images[1], other, images[2], images[3]])
    refusal = answers[2]
    assert isinstance(refusal, NotArchived)
    assert refusal.reason in {Reason.OTHER_CONTENT, Reason.OTHER_STUDY}
    assert answers[:2] + answers[3:] == [Outcome.REPEATED, *[Outcome.STORED] * 3]
    assert len(await archive.quarantined()) == 1
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        found = await store.instances_of(db, study.id)
    assert len(found) == 4
    for one in found:
        await retrieve.file(archive.objects, one)


async def test_a_whole_request_sent_again_leaves_nothing_behind(archive: Archive) -> None:
    images = ct_series(slices=3)
    await held(archive, images)
    before = sorted(path.name for path in (archive.intake.folder / "images").rglob("*"))
    assert await held(archive, images) == [Outcome.REPEATED] * 3
    after = sorted(path.name for path in (archive.intake.folder / "images").rglob("*"))
    assert after == before


async def test_what_is_held_when_its_sender_goes_away_is_kept(archive: Archive) -> None:
    images = ct_series(slices=2)

    def send() -> None:
        receiver = archive.intake.receiver()
        for image in images:
            sent = arrival(image)
            receiver.begin(sent.announced)
            receiver.write(sent.dataset)
            receiver.hold()
        receiver.close()

    await asyncio.to_thread(send)
    assert (await archive.study(images[0])).instance_count == 2
