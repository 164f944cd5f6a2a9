"""A disk that is really full: the sender hears so, and what comes once there is room is kept."""

import asyncio
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.gateways.dicom.listening import Listening, another, sendable
from tests.gateways.dicom.speaking import Speaker
from tests.images import ct_series

from crossread.gateways.dicom import storage
from crossread.platform.objects import Objects

ROOM = 3 << 20  # bytes


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with little room."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or mount is None or umount is None:
        pytest.skip("only root may mount a disk")
    made = [mount, "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    if subprocess.run(made, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", str(folder)], check=True)


def padded(content: bytes, size: int) -> bytes:
    """A data set with bytes behind it that mean nothing (PS3.10 7.2)."""
    return content + b"\xfc\xff\xfc\xffOB\0\0" + struct.pack("<L", size) + bytes(size)


async def test_a_full_disk_refuses_and_recovers(listening: Listening, small_disk: Path) -> None:
    there = replace(listening, objects=Objects(str(small_disk / "objects")))
    images = [sendable(one) for one in ct_series(slices=5)]
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(ROOM // 2))

    def script(speaker: Speaker) -> list[int]:
        speaker.associates()
        *large, small = [(uid, content) for _, uid, _, content in images]
        heard = [speaker.stores(uid, [padded(one, ROOM // 3)]) for uid, one in large[:3]]
        heard.append(speaker.stores(small[0], [small[1]]))
        ballast.unlink()
        heard += [speaker.stores(uid, [padded(one, ROOM // 3)]) for uid, one in large[2:3]]
        assert speaker.releases()
        return heard

    async with another(there) as listener:
        heard = await asyncio.to_thread(lambda: script(Speaker.at(listener.port)))
    assert heard == [0, 0xA700, 0xA700, 0, 0]
    assert await there.dataset(images[2][1]) == padded(images[2][3], ROOM // 3)
    assert await there.rows("select count(*) as kept from archive.instance") == [{"kept": 3}]


class DiskFull(Exception):
    """As the database's driver has it."""

    sqlstate = "53100"


@pytest.mark.parametrize(
    ("error", "status"),
    [(DiskFull(), 0xA700), (OSError(28, "no space"), 0xA700), (OSError(5, "i/o"), 0x0110)],
)
def test_a_full_database_is_out_of_resources_too(error: Exception, status: int) -> None:
    assert storage.refusal(error, "noord")[0] == status
