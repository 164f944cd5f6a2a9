"""Copies for the viewer: made where they pay, the same pixels, gone when their image goes."""

from io import BytesIO

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian, RLELossless
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.conftest import SHARED
from tests.gateways.media.test_import import taken
from tests.images import ct_series

from crossread.archive import copies, erase, htj2k, store
from crossread.archive.copies import Copied
from crossread.archive.garbage import collect
from crossread.archive.model import Announced, Arrival, Instance
from crossread.archive.store import copies as table
from crossread.archive.store import removal
from crossread.platform.errors import NotFound


def large(slices: int = 3, side: int = 256) -> list[Dataset]:
    images = ct_series(slices=slices)
    y, x = np.mgrid[0:side, 0:side]
    for place, image in enumerate(images):
        image.Rows = image.Columns = side
        image.PixelData = (1000 * np.sin((x + place) / 20) * np.cos(y / 30)).astype("<i2").tobytes()
    return images


async def instances(archive: Archive, image: Dataset) -> list[Instance]:
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        return await store.instances_of(db, study.id)


async def made(archive: Archive, image: Dataset) -> copies.Made:
    study = await archive.study(image)
    return await copies.make(archive.database, archive.objects, study.id, archive.now)


async def copied(archive: Archive, instance: Instance) -> Copied:
    found = await copies.copy_of(archive.database, instance)
    assert found is not None
    return found


async def listed(archive: Archive) -> list[str]:
    return [one.key async for one in archive.objects.list("copies")]


async def test_a_series_has_its_copies_in_one_object(archive: Archive) -> None:
    images = large()
    await archive.takes_all(images)
    told = await made(archive, images[0])
    assert (told.copies, told.refused) == (3, 0)
    assert told.bytes < told.kept_bytes / 2
    assert len(await listed(archive)) == 1
    for instance, image in zip(await instances(archive, images[0]), images, strict=True):
        codestream = await copies.frame(archive.objects, await copied(archive, instance), 1)
        assert htj2k.decoded(codestream).tobytes() == image.PixelData
    again = await made(archive, images[0])
    assert (again.copies, again.refused) == (0, 0)


async def test_the_first_part_is_a_smaller_picture(archive: Archive) -> None:
    images = large(slices=1, side=512)
    await archive.takes_all(images)
    await made(archive, images[0])
    [instance] = await instances(archive, images[0])
    copy = await copied(archive, instance)
    ends = htj2k.resolutions(await copies.frame(archive.objects, copy, 1, length=512))
    part = await copies.frame(archive.objects, copy, 1, length=ends[3])
    assert htj2k.decoded(part, halvings=2).shape == (128, 128)
    rest = await copies.frame(archive.objects, copy, 1, start=ends[3])
    assert htj2k.decoded(part + rest).tobytes() == images[0].PixelData
    with pytest.raises(NotFound):
        await copies.frame(archive.objects, copy, 2)


async def test_every_frame_of_a_compressed_image_has_a_copy(archive: Archive) -> None:
    [image] = large(slices=1)
    plain = image.PixelData + image.PixelData[::-1]
    image.NumberOfFrames, image.PixelData = 2, plain
    image.compress(RLELossless, generate_instance_uid=False)
    file = BytesIO()
    image.save_as(file, enforce_file_format=True)
    content = file.getvalue()
    said = Announced("noord", "NOORD_PACS", RLELossless, image.SOPClassUID, image.SOPInstanceUID)
    await archive.takes(Arrival(said, content[content.index(b"\x08\x00\x05\x00CS") :]))
    assert (await made(archive, image)).copies == 1
    [instance] = await instances(archive, image)
    copy = await copied(archive, instance)
    frames = [await copies.frame(archive.objects, copy, number) for number in (1, 2)]
    assert b"".join(htj2k.decoded(one).tobytes() for one in frames) == plain


async def test_what_does_not_pay_or_cannot_be_has_none_and_is_not_tried_again(
    archive: Archive,
) -> None:
    noise, palette = large(slices=2)
    noise.PixelData = np.random.default_rng(1).bytes(len(noise.PixelData))
    palette.PhotometricInterpretation = "PALETTE COLOR"
    small, big = ct_series(slices=1)[0], large(slices=1)[0]
    for image in (small, big):
        image.StudyInstanceUID = noise.StudyInstanceUID
        image.SeriesInstanceUID = noise.SeriesInstanceUID
    await archive.takes_all([noise, palette, small])
    await archive.takes(arrival(big, syntax=ExplicitVRBigEndian))
    assert (await made(archive, noise)).refused == 3
    rows = await archive.rows("select reason from archive.copy order by reason")
    assert [row["reason"] for row in rows] == ["big_endian", "no_gain", "photometric"]
    assert (await made(archive, noise)).refused == 0
    assert await listed(archive) == []


async def test_a_damaged_image_gets_no_copy(archive: Archive) -> None:
    [image] = large(slices=1)
    await archive.takes_all([image])
    [instance] = await instances(archive, image)
    path = archive.objects.path(instance.object_key or "")
    assert path is not None
    content = bytearray(path.read_bytes())
    content[-5000] ^= 1
    path.write_bytes(content)
    told = await made(archive, image)
    assert (told.copies, told.refused) == (0, 0)
    assert await copies.copy_of(archive.database, instance) is None


async def test_an_erased_study_has_no_copies(archive: Archive) -> None:
    images = large()
    await archive.takes_all(images)
    await made(archive, images[0])
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        await erase.erase(
            db, [study], ground=erase.Ground.PATIENT, reason="asked", by=None, now=archive.now
        )
    assert not await archive.rows("select 1 from archive.copy")
    await collect(archive.database, archive.objects, archive.now.replace(year=2030))
    assert await listed(archive) == []


async def test_an_instance_that_is_taken_out_leaves_no_copy_and_the_others_get_theirs_again(
    archive: Archive,
) -> None:
    images = large()
    await archive.takes_all(images)
    await made(archive, images[0])
    first, *others = await instances(archive, images[0])
    async with archive.database.transaction() as db:
        await removal.take_out(db, [first.id])
    await collect(archive.database, archive.objects, archive.now.replace(year=2030))
    assert await listed(archive) == []
    assert (await made(archive, images[0])).copies == 2
    for one in others:
        assert await copies.copy_of(archive.database, one) is not None


async def test_an_evicted_study_has_no_copies(archive: Archive) -> None:
    images = large(slices=1)
    await archive.takes_all(images)
    await made(archive, images[0])
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        await removal.give_up_packs(db, study.id, archive.now)
        assert await table.status(db) == []
    assert (await made(archive, images[0])).copies == 0


@pytest.mark.parametrize("where", ["pydicom_test_files", "dicomparser_encodings"])
async def test_real_images_have_copies_with_the_same_pixels(
    archive: Archive, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = SHARED / "dicom" / where
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    monkeypatch.setattr(copies, "PAYS_FROM", 4)
    await taken(archive, folder)
    studies = await archive.rows("select id from archive.study")
    total = 0
    for row in studies:
        told = await copies.make(archive.database, archive.objects, row["id"], archive.now)
        total += told.copies
    assert total > 0
    refused = await archive.rows("select reason, count(*)::int as n from archive.copy group by 1")
    assert {row["reason"] for row in refused}.isdisjoint({"not_identical", "codec"}), refused
