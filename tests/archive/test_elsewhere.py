"""A store that is no folder: each file goes there from a spool before it is acknowledged."""

from pathlib import Path

from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.intake import Intake
from crossread.archive.model import Outcome
from crossread.archive.receive import receive
from crossread.platform.objects import Objects


async def test_images_are_kept_elsewhere_and_leave_nothing_in_the_spool(
    archive: Archive, tmp_path: Path
) -> None:
    objects, spool = Objects("memory:///"), tmp_path / "spool"
    intake = Intake(archive.database, objects, lambda: archive.now, spool=spool)
    images = ct_series(slices=3)
    for image in images:
        assert await receive(intake, arrival(image)) is Outcome.STORED
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        kept = await store.instances_of(db, study.id)
    for image, instance in zip(images, kept, strict=True):
        content = await retrieve.file(objects, instance)
        assert content[instance.dataset_offset :] == encoded(image)
        assert await retrieve.frame(objects, instance, 1) == image.PixelData
    assert not [path for path in spool.rglob("*") if path.is_file()]


async def test_what_was_there_already_leaves_no_object_elsewhere(
    archive: Archive, tmp_path: Path
) -> None:
    objects = Objects("memory:///")
    intake = Intake(archive.database, objects, lambda: archive.now, spool=tmp_path / "spool")
    [image] = ct_series(slices=1)
    assert await receive(intake, arrival(image)) is Outcome.STORED
    assert await receive(intake, arrival(image)) is Outcome.REPEATED
    assert len([one async for one in objects.list("images")]) == 1
    assert len(await archive.rows("select 1 from archive.pack")) == 1
