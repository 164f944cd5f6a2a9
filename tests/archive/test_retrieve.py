"""Images come back as they were kept: files bit for bit, frames in their own transfer syntax."""

from typing import Any

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)
from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.model import Instance
from crossread.platform.errors import CrossreadError, NotFound

FRAMES = [bytes([number]) * (100 + 2 * number) for number in range(1, 5)]


async def kept(archive: Archive, image: Dataset) -> Instance:
    async with archive.database.transaction() as db:
        found = await store.instance(db, "noord", image.SOPInstanceUID)
    assert found is not None
    return found


def many_frames(count: int = 3) -> Dataset:
    [image] = ct_series(slices=1)
    image.NumberOfFrames = count
    image.PixelData = b"".join(
        np.full((64, 64), number, "<i2").tobytes() for number in range(1, count + 1)
    )
    return image


def compressed(pixels: bytes, **tables: Any) -> tuple[Dataset, bytes]:
    """An image of four frames whose fragments are not really JPEG, and its encoding."""
    [image] = ct_series(slices=1)
    image.NumberOfFrames = len(FRAMES)
    for keyword, value in tables.items():
        setattr(image, keyword, value)
    image.PixelData = pixels
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    return image, encoded(image)


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian]
)
async def test_a_native_frame_is_given_back(archive: Archive, syntax: str) -> None:
    image = many_frames()
    await archive.takes(arrival(image, syntax=syntax))
    instance = await kept(archive, image)
    for number in (1, 2, 3):
        found = await retrieve.frame(archive.objects, instance, number)
        assert found == np.full((64, 64), number, "<i2").tobytes()


@pytest.mark.parametrize("number", [0, 4, -1])
async def test_a_frame_that_is_not_there_is_not_found(archive: Archive, number: int) -> None:
    image = many_frames()
    await archive.takes_all([image])
    with pytest.raises(NotFound):
        await retrieve.frame(archive.objects, await kept(archive, image), number)


@pytest.mark.parametrize("table", ["basic", "none", "fragmented", "extended"])
async def test_a_compressed_frame_is_given_back(archive: Archive, table: str) -> None:
    match table:
        case "basic":
            image, content = compressed(encapsulate(FRAMES, has_bot=True))
        case "none":
            image, content = compressed(encapsulate(FRAMES, has_bot=False))
        case "fragmented":
            image, content = compressed(encapsulate(FRAMES, fragments_per_frame=3, has_bot=True))
        case _:
            pixels, offsets, lengths = encapsulate_extended(FRAMES)
            image, content = compressed(
                pixels, ExtendedOffsetTable=offsets, ExtendedOffsetTableLengths=lengths
            )
    await archive.takes(arrival(image, syntax=JPEGBaseline8Bit, content=content))
    instance = await kept(archive, image)
    for number, expected in enumerate(FRAMES, 1):
        assert await retrieve.frame(archive.objects, instance, number) == expected


async def test_an_object_without_pixels_has_no_frames(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    del image.PixelData
    await archive.takes_all([image])
    with pytest.raises(NotFound):
        await retrieve.frame(archive.objects, await kept(archive, image), 1)


async def test_a_file_that_was_changed_on_disk_is_not_given_out(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    instance = await kept(archive, image)
    key = instance.object_key or ""
    content = bytearray(await archive.objects.get(key))
    content[-1] ^= 1
    await archive.objects.put(key, bytes(content))
    with pytest.raises(CrossreadError) as refusal:
        await retrieve.file(archive.objects, instance)
    assert "damaged" in refusal.value.sentence
