"""What the cache gave up comes back in the way in which everything comes in."""

from pydicom import Dataset
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.model import Outcome, Reason


async def gives_up(archive: Archive, image: Dataset) -> None:
    """Forget where the bytes of a study lie, as the cache does."""
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        await db.execute(
            "update archive.instance set pack_id = null where study_id = %s", (study.id,)
        )
        await db.execute(
            "update archive.study set availability = 'nearline' where id = %s", (study.id,)
        )


async def test_images_that_come_back_have_their_place_again(archive: Archive) -> None:
    images = ct_series(slices=3)
    await archive.takes_all(images)
    before = await archive.study(images[0])
    await gives_up(archive, images[0])
    for image in images[:2]:
        assert await archive.takes(arrival(image)) is Outcome.STORED
    assert (await archive.study(images[0])).availability == "nearline"
    assert await archive.takes(arrival(images[2])) is Outcome.STORED
    after = await archive.study(images[0])
    assert (after.availability, after.instance_count) == ("online", before.instance_count)
    assert len(await archive.events("study.online")) == 1
    assert await archive.events("instance.changed") == []
    async with archive.database.transaction() as db:
        kept = await store.instances_of(db, after.id)
    for instance, image in zip(kept, images, strict=True):
        file = await retrieve.file(archive.objects, instance)
        assert file[instance.dataset_offset :] == arrival(image).dataset


async def test_what_is_here_again_is_not_taken_twice(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    await gives_up(archive, image)
    assert await archive.takes(arrival(image)) is Outcome.STORED
    assert await archive.takes(arrival(image)) is Outcome.REPEATED


async def test_what_its_hospital_changed_in_the_meantime_counts_and_is_announced(
    archive: Archive,
) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    await gives_up(archive, image)
    image.PatientName = "Jansen^Johanna"
    assert await archive.takes(arrival(image)) is Outcome.STORED
    assert len(await archive.events("instance.changed")) == 1
    assert await archive.takes(arrival(image)) is Outcome.REPEATED


async def test_another_study_cannot_take_the_place_of_what_was_given_up(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    await gives_up(archive, image)
    [other] = ct_series(slices=1)
    other.SOPInstanceUID = image.SOPInstanceUID
    assert await archive.refuses(arrival(other)) is Reason.OTHER_STUDY
