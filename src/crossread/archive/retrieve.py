"""Give images back: whole files bit for bit, and single frames."""

import hashlib
from dataclasses import replace
from io import BytesIO

from pydicom.encaps import get_frame, parse_basic_offsets

from crossread.archive.encoding import encoding
from crossread.archive.model import ArchiveEvent, Instance
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, elements
from crossread.platform import events
from crossread.platform.database import Database
from crossread.platform.errors import CrossreadError, NotFound
from crossread.platform.objects import Objects


class Damaged(CrossreadError):
    """What lies in the object store is no longer what was received."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(
            "This image is damaged in the archive and is not given out. Fetch it again from its"
            " hospital.",
            cause=instance.object_key,
        )


async def file(objects: Objects, instance: Instance) -> bytes:
    """The kept file (PS3.10). Raises NotFound, Damaged when its data set is not as received."""
    content = await objects.get(instance.object_key)
    if (
        hashlib.sha256(memoryview(content)[instance.dataset_offset :]).hexdigest()
        != instance.digest
    ):
        raise Damaged(instance)
    return content


async def give_out(database: Database, objects: Objects, instance: Instance) -> bytes:
    """The kept file, for somebody outside; that it is damaged or gone is announced.

    Raises NotFound, Damaged.
    """
    try:
        return await file(objects, instance)
    except (NotFound, Damaged):
        async with database.transaction() as db:
            await events.append(
                db,
                ArchiveEvent.DAMAGED,
                instance.id,
                hospital_id=instance.hospital_id,
                facts={
                    "study_id": str(instance.study_id),
                    "sop_instance_uid": instance.sop_instance_uid,
                },
            )
        raise


async def frame(objects: Objects, instance: Instance, number: int) -> bytes:
    """Frame `number` (from 1) in the transfer syntax it is kept in. Raises NotFound.

    A frame of a deflated data set comes as Explicit VR Little Endian.
    """
    if not 1 <= number <= instance.frames:
        raise NotFound(f"This image has no frame {number}.")
    if instance.pixel_offset is not None and instance.pixel_bytes is not None:
        length = frame_bytes(instance)
        start = instance.pixel_offset + (number - 1) * length
        return await objects.get_range(instance.object_key, start, length)
    content = await objects.get(instance.object_key)
    return _within(content[instance.dataset_offset :], instance, number)


def frame_bytes(instance: Instance) -> int:
    """How long one native frame is (PS3.5 8.1.1), in bytes."""

    def value(tag: str, otherwise: int) -> int:
        values = instance.metadata.get(tag, {}).get("Value") or [otherwise]
        return int(values[0])

    rows, columns = value("00280010", 0), value("00280011", 0)
    samples, allocated = value("00280002", 1), value("00280100", 8)
    bits = rows * columns * samples * allocated
    whole = instance.pixel_bytes or 0
    # a single bit a pixel is packed over frames, and some images say less than they hold
    if instance.frames <= 1 or bits % 8 or bits // 8 * instance.frames > whole:
        return whole // max(1, instance.frames)
    return bits // 8


def _within(dataset: bytes, instance: Instance, number: int) -> bytes:
    """One frame out of a data set that had to be read whole: compressed, or deflated."""
    written = encoding(instance.transfer_syntax_uid)
    content = written.inflated(dataset)
    for placed in elements(content, implicit=written.implicit, little=written.little):
        if placed.tag not in PIXEL_DATA:
            continue
        pixels = content[placed.value : placed.end]
        if placed.length == UNDEFINED:
            return _encapsulated(pixels, instance, number)
        length = frame_bytes(replace(instance, pixel_bytes=placed.length))
        return pixels[(number - 1) * length : number * length]
    raise NotFound("This instance has no pixels.")


def _encapsulated(fragments: bytes, instance: Instance, number: int) -> bytes:
    """One frame out of compressed pixel data (PS3.5 A.4)."""
    offsets = parse_basic_offsets(BytesIO(fragments))
    if not offsets and instance.frames == 1:
        return get_frame(fragments, 0, number_of_frames=1)
    return get_frame(fragments, number - 1, number_of_frames=instance.frames)
