"""Single frames in another form than the one they are kept in."""

import asyncio

import numpy as np
from pydicom import Dataset

from crossread.archive import retrieve
from crossread.archive.encoding import is_native
from crossread.archive.model import Instance
from crossread.archive.transcode import native_frame
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects

BIG_ENDIAN = "1.2.840.10008.1.2.2"


async def uncompressed(objects: Objects, instance: Instance, number: int) -> bytes:
    """Frame `number` (from 1) as native little endian pixels.

    Raises NotFound, NotHere, NotConvertible.
    """
    kept = instance.transfer_syntax_uid
    if is_native(kept):
        content = await retrieve.frame(objects, instance, number)
        wide = kept == BIG_ENDIAN and await _bits(objects, instance) == 16
        return np.frombuffer(content, "<u2").byteswap().tobytes() if wide else content
    read = await image(objects, instance, number)
    pixels: bytes = read.PixelData
    return pixels


async def image(objects: Objects, instance: Instance, number: int) -> Dataset:
    """The header of an instance with the native pixels of one of its frames.

    Raises NotFound, NotHere, NotConvertible.
    """
    if not instance.frames:
        raise NotFound("This instance has no pixels.")
    header = await retrieve.header(objects, instance)
    if not is_native(instance.transfer_syntax_uid):
        content = await retrieve.frame(objects, instance, number)
        # in a thread: decoding takes long enough to keep others waiting
        return await asyncio.to_thread(native_frame, header, content, instance.transfer_syntax_uid)
    content = await uncompressed(objects, instance, number)
    read = Dataset(header)
    read.NumberOfFrames = 1
    read.PixelData = content
    return read


async def _bits(objects: Objects, instance: Instance) -> int:
    if instance.bits_allocated is not None:
        return instance.bits_allocated
    header = await retrieve.header(objects, instance)
    return int(header.get("BitsAllocated", 16))
