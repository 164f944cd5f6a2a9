"""A disk that is full: images are refused until there is room, and none is half kept."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import build_context
from tests.archive.books import faults
from tests.gateways.dicom.listening import Listening, associated, sendable, status_of
from tests.images import ct_series

from crossread.archive.sweep import sweep
from crossread.platform import clock
from crossread.platform.objects import Objects

FULL = 0xA700
ROOM = 3 << 20  # bytes


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of three megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)]
    mounted = subprocess.run(["mount", *options], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a file system of a few megabytes can only be mounted as root")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


@pytest.fixture
def objects(small_disk: Path) -> Objects:
    """The object store on that disk."""
    return Objects(str(small_disk / "objects"))


def large(count: int) -> list[Dataset]:
    """Images of half a megabyte."""
    images = ct_series(slices=count)
    for number, image in enumerate(images):
        image.Rows = image.Columns = 512
        image.PixelData = bytes([number]) * (512 * 512 * 2)
    return images


async def test_a_full_disk_refuses_with_a700_and_recovers_in_the_same_association(
    listening: Listening, small_disk: Path
) -> None:
    images = large(8)
    sent = [sendable(image) for image in images]
    filler = small_disk / "filler"
    filler.write_bytes(bytes(ROOM // 3))

    def store_around_room() -> tuple[list[int], list[int]]:
        kind = build_context(images[0].SOPClassUID, ExplicitVRLittleEndian)
        with associated(listening.port, [kind]) as association:
            first = [status_of(association, *one) for one in sent]
            filler.unlink()
            again = [status_of(association, *one) for one in sent[:4]]
        return first, again

    first, again = await asyncio.to_thread(store_around_room)
    stored = first.count(0x0000)
    assert 2 <= stored < 8
    assert first == [0x0000] * stored + [FULL] * (8 - stored)
    assert again == [0x0000] * 4, "what was refused is taken when there is room"
    await at_rest(listening)


async def test_a_disk_that_is_full_before_the_first_byte_refuses_too(
    listening: Listening, small_disk: Path
) -> None:
    images = large(1)
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb") as filler:
        while True:
            filler.write(bytes(4096))
            filler.flush()
    assert await listening.stores([sendable(images[0])]) == [FULL]
    broken = list(sendable(images[0]))
    broken[3] = broken[3][:200_000]  # cannot be kept aside either
    assert await listening.stores([tuple(broken)]) == [FULL]  # type: ignore[list-item]
    (small_disk / "filler").unlink()
    assert await listening.stores([sendable(images[0])]) == [0x0000]
    await at_rest(listening)


async def at_rest(listening: Listening) -> None:
    """After the sweep every byte is an image's."""
    later = clock.now() + timedelta(hours=1)
    for _ in range(50):
        await sweep(listening.database, listening.objects, later, younger=timedelta())
        wrong = await faults(listening.database, listening.objects)
        if not wrong:
            return
        await asyncio.sleep(0.1)  # the listener is still closing the association
    raise AssertionError(wrong)
