"""Give images back: whole files bit for bit, single frames, and headers."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from io import BytesIO
from typing import Any, TypeVar

from pydicom import Dataset
from pydicom.filereader import read_dataset

from crossread.archive.checksum import checksum
from crossread.archive.describe import described as described_as_json
from crossread.archive.describe import located
from crossread.archive.encoding import encoding
from crossread.archive.frames import encapsulated, joined, native_frame_bytes
from crossread.archive.json_values import little_endian
from crossread.archive.model import ArchiveEvent, Instance, NotHere
from crossread.archive.read import Header
from crossread.archive.store import damage
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, elements
from crossread.platform import events
from crossread.platform.database import Database
from crossread.platform.errors import CrossreadError, NotFound
from crossread.platform.objects import Objects

READ_AT_ONCE = 8 << 20  # bytes
_HEAD_OF_PIXELS = 12  # bytes: tag, VR and length


class Damaged(CrossreadError):
    """What lies in the object store is no longer what was received."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(
            "This image is damaged in the archive and is not given out. Fetch it again from its"
            " hospital.",
            cause=f"{instance.object_key} {instance.start}",
        )
        self.instance = instance
        self.instance = instance


async def file(objects: Objects, instance: Instance) -> bytes:
    """The kept file (PS3.10).

    Raises NotFound, NotHere, and Damaged when its data set is not as received.
    """
    content = await objects.get_range(key_of(instance), instance.start, instance.bytes)
    return verified(instance, content)


async def part(objects: Objects, instance: Instance, start: int, length: int) -> bytes:
    """Bytes of the kept file from `start`: a part cannot be verified. Raises NotFound, NotHere."""
    return await objects.get_range(key_of(instance), instance.start + start, length)


async def stream(
    objects: Objects, instances: Sequence[Instance]
) -> AsyncIterator[tuple[Instance, bytes]]:
    """The kept file of each instance, in their order, verified, with few and large reads.

    Raises NotFound, NotHere, Damaged.
    """
    batches = list(together(instances, READ_AT_ONCE))
    reading = asyncio.create_task(_read(objects, batches[0])) if batches else None
    try:
        for place, batch in enumerate(batches):
            assert reading is not None  # noqa: S101 - begun above, or in the turn before
            contents = await reading
            # the next is read while this one is on its way
            ahead = batches[place + 1] if place + 1 < len(batches) else None
            reading = asyncio.create_task(_read(objects, ahead)) if ahead else None
            for instance, content in zip(batch, contents, strict=True):
                yield instance, content
    finally:
        if reading is not None:
            reading.cancel()


async def give_out(database: Database, objects: Objects, instance: Instance) -> bytes:
    """The kept file, for somebody outside; that it is damaged or gone is announced.

    Raises NotFound, NotHere, Damaged.
    """
    try:
        return await file(objects, instance)
    except (NotFound, Damaged):
        await announce_damaged(database, instance)
        raise


async def announce_damaged(database: Database, instance: Instance) -> None:
    """Tell those who watch over the archive, once, that this instance cannot be given out."""
    async with database.transaction() as db:
        if not await damage.note_damage(db, instance):
            return
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


async def frame(objects: Objects, instance: Instance, number: int) -> bytes:
    """Frame `number` (from 1) in the transfer syntax it is kept in. Raises NotFound, NotHere.

    A frame of a deflated data set comes as Explicit VR Little Endian.
    """
    if not 1 <= number <= instance.frames:
        raise NotFound(f"This image has no frame {number}.")
    key = key_of(instance)
    if instance.pixel_offset is not None and instance.frame_bytes is not None:
        start = instance.start + instance.pixel_offset + (number - 1) * instance.frame_bytes
        return await objects.get_range(key, start, instance.frame_bytes)
    if instance.fragments:
        offset, length = instance.frame_spans[number - 1]
        return joined(await objects.get_range(key, instance.start + offset, length))
    content = await objects.get_range(
        key,
        instance.start + instance.dataset_offset,
        instance.bytes - instance.dataset_offset,
    )
    return await asyncio.to_thread(_within, content, instance, number)


async def header(objects: Objects, instance: Instance) -> Dataset:
    """The elements before the pixel data, as pydicom reads them. Raises NotFound, NotHere."""
    [found] = await headers(objects, [instance])
    return found


async def headers(objects: Objects, instances: Sequence[Instance]) -> list[Dataset]:
    """The header of each instance, read in as few goes as packs. Raises NotFound, NotHere."""
    ordered = await _header_bytes(objects, instances)
    return await asyncio.to_thread(
        lambda: [_parsed(*pair) for pair in zip(instances, ordered, strict=True)]
    )


async def metadata(objects: Objects, instance: Instance) -> dict[str, Any]:
    """The header in the DICOM JSON model (PS3.18 Annex F). Raises NotFound, NotHere."""
    [found] = await described(objects, [instance])
    return found


async def described(
    objects: Objects, instances: Sequence[Instance], *, bulk: str = "instances/{}/bulkdata/"
) -> list[dict[str, Any]]:
    """The header of each in the DICOM JSON model, and how it is kept (PS3.18 10.4.1.1.2).

    `bulk` becomes, with the SOP Instance UID in it, the start of each BulkDataURI. Raises NotFound,
    NotHere.
    """
    contents = await _header_bytes(objects, instances, more=_HEAD_OF_PIXELS)
    return await asyncio.to_thread(
        lambda: [_described(*pair, bulk) for pair in zip(instances, contents, strict=True)]
    )


async def bulk(objects: Objects, instance: Instance, path: str) -> bytes:
    """The value at a path in the header, as little endian. Raises NotFound, NotHere."""
    [content] = await _header_bytes(objects, [instance])
    written = encoding(instance.transfer_syntax_uid)

    def find() -> bytes:
        found = located(memoryview(written.inflated(content)), written, path)
        if found is None:
            raise NotFound("This instance has no such bulk data.")
        vr, value = found
        return little_endian(vr, bytes(value), little=written.little)

    return await asyncio.to_thread(find)


_File = TypeVar("_File", bytes, memoryview)


def verified(instance: Instance, content: _File) -> _File:
    """`content`, seen to be the file that was kept. Raises Damaged."""
    dataset = memoryview(content)[instance.dataset_offset :]
    if len(content) != instance.bytes or checksum(dataset, instance.digest) != instance.digest:
        raise Damaged(instance)
    return content


def key_of(instance: Instance) -> str:
    """Where its pack lies. Raises NotHere."""
    if instance.object_key is None:
        raise NotHere(
            "This image is not kept here any more; fetch it from its hospital.",
            cause=str(instance.id),
        )
    return instance.object_key


def together(instances: Sequence[Instance], at_most: int) -> Iterator[list[Instance]]:
    """Neighbours in a pack, up to so many bytes."""
    batch: list[Instance] = []
    for one in instances:
        last = batch[-1] if batch else None
        if last is not None and (
            last.object_key != one.object_key
            or last.start + last.bytes != one.start
            or one.start + one.bytes - batch[0].start > at_most
        ):
            yield batch
            batch = []
        batch.append(one)
    if batch:
        yield batch


async def _read(objects: Objects, batch: Sequence[Instance]) -> list[bytes]:
    first, last = batch[0], batch[-1]
    whole = await objects.get_range(
        key_of(first), first.start, last.start + last.bytes - first.start
    )
    return await asyncio.to_thread(_parted, batch, whole)


def _parted(batch: Sequence[Instance], whole: bytes) -> list[bytes]:
    if len(batch) == 1:
        return [verified(batch[0], whole)]
    first = batch[0].start
    return [
        verified(one, whole[one.start - first : one.start - first + one.bytes]) for one in batch
    ]


async def _header_bytes(
    objects: Objects, instances: Sequence[Instance], *, more: int = 0
) -> list[bytes]:
    """The encoded header of each, and `more` bytes behind it."""
    found: dict[int, bytes] = {}
    by_pack: dict[str, list[int]] = {}
    for place, instance in enumerate(instances):
        by_pack.setdefault(key_of(instance), []).append(place)
    for key, places in by_pack.items():
        ranges = [_header_range(instances[place], more) for place in places]
        found |= dict(zip(places, await objects.get_ranges(key, ranges), strict=True))
    return [found[place] for place in range(len(instances))]


def _described(instance: Instance, content: bytes, bulk: str) -> dict[str, Any]:
    written = encoding(instance.transfer_syntax_uid)
    found = described_as_json(
        written.inflated(content),
        written,
        bulk=bulk.format(instance.sop_instance_uid),
        header_bytes=None if written.deflated else instance.header_bytes,
    )
    found["00083002"] = {"vr": "UI", "Value": [instance.transfer_syntax_uid]}
    return dict(sorted(found.items()))


def _header_range(instance: Instance, more: int) -> tuple[int, int]:
    start = instance.start + instance.dataset_offset
    whole = instance.bytes - instance.dataset_offset
    length = instance.header_bytes
    if length is None:  # kept before it was looked up
        length = (
            instance.pixel_offset - instance.dataset_offset
            if instance.pixel_offset is not None
            else whole
        )
    return start, min(length + more, whole)


def header_of(content: bytes, transfer_syntax_uid: str) -> Dataset:
    """The elements before the pixel data of an encoded data set, as pydicom reads them."""
    written = encoding(transfer_syntax_uid)
    inflated = written.inflated(content)
    return read_dataset(
        BytesIO(bytes(inflated)),
        written.implicit,
        written.little,
        stop_when=lambda tag, _, __: tag in PIXEL_DATA,
    )


def _parsed(instance: Instance, content: bytes) -> Dataset:
    return header_of(content, instance.transfer_syntax_uid)


def _within(dataset: bytes, instance: Instance, number: int) -> bytes:
    """One frame out of a data set that had to be read whole, such as a deflated one."""
    written = encoding(instance.transfer_syntax_uid)
    content = written.inflated(dataset)
    found = {
        one.tag: one for one in elements(content, implicit=written.implicit, little=written.little)
    }
    pixels = next((found[tag] for tag in sorted(PIXEL_DATA) if tag in found), None)
    if pixels is None:
        raise NotFound("This instance has no pixels.")
    if pixels.length != UNDEFINED:
        length = native_frame_bytes(Header(content, found, written), pixels.length, instance.frames)
        start = pixels.value + (number - 1) * length
        return bytes(content[start : start + length])
    spans = encapsulated(content, pixels, found, instance.frames)
    if not spans:
        raise NotFound("The compressed pixel data does not say where this frame is.")
    offset, length = spans[number - 1]
    return joined(bytes(content[offset : offset + length]))
