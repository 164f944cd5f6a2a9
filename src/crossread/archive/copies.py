"""HTJ2K copies for the viewer: smaller, progressive, lossless, and never instead of what came.

Made in the background where they pay, a few large objects a series. A frame that does not come out
of its copy as it went in has no copy, and that is written down.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import structlog
from pydicom import Dataset

from crossread.archive import frame_forms, htj2k, retrieve, store
from crossread.archive.encoding import is_native
from crossread.archive.frames import joined
from crossread.archive.htj2k import NotCopied
from crossread.archive.model import Instance, NotHere, spans, unpacked
from crossread.archive.retrieve import Damaged
from crossread.archive.store import copies as table
from crossread.archive.store.copies import CopyRow
from crossread.archive.transcode import NotConvertible, native_frame
from crossread.platform.database import Database
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects

PAYS_FROM = 64 << 10  # bytes of a frame: smaller ones come in one packet anyhow
PAYS_BELOW = 0.95  # of what is kept
FILE_AT_MOST = 512 << 20  # bytes
OBJECT_AT_MOST = 64 << 20  # bytes, which are in memory while they are made
_RLE = "1.2.840.10008.1.2.5"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Copied:
    """Where the copy of an instance lies."""

    object_key: str
    frames: tuple[tuple[int, int], ...]  # offset and length of each codestream


@dataclass(slots=True)
class Made:
    """What making copies came to."""

    copies: int = 0
    refused: int = 0
    bytes: int = 0
    kept_bytes: int = 0


@dataclass(slots=True)
class _Object:
    """Copies that are to lie in one object."""

    key: str
    content: list[bytes] = field(default_factory=list)
    rows: list[CopyRow] = field(default_factory=list)
    size: int = 0


def pays(instance: Instance) -> bool:
    """Whether a copy could be worth its making, by what the index knows."""
    if not instance.frames or instance.object_key is None:
        return False
    syntax = instance.transfer_syntax_uid
    if not is_native(syntax) and syntax != _RLE:
        return False
    whole = instance.pixel_bytes or instance.bytes
    return whole // instance.frames >= (PAYS_FROM if is_native(syntax) else PAYS_FROM // 4)


async def make(database: Database, objects: Objects, study_id: UUID, now: datetime) -> Made:
    """Make the copies that a study still lacks; a second time changes nothing."""
    async with database.transaction() as db:
        waiting = [one for one in await store.instances_of(db, study_id) if pays(one)]
        seen = await table.seen(db, study_id)
    waiting = [one for one in waiting if seen.get(one.id) != one.digest]
    made = Made()
    for series in dict.fromkeys(one.series_id for one in waiting):
        for batch in _batches([one for one in waiting if one.series_id == series]):
            await _make(database, objects, batch, made, now)
    return made


async def copy_of(database: Database, instance: Instance) -> Copied | None:
    """The copy of an instance, if there is one."""
    async with database.transaction() as db:
        row = await table.of_instance(db, instance.id, instance.digest)
    if row is None:
        return None
    return Copied(row["object_key"], tuple(unpacked(row["spans"])))


async def frame(
    objects: Objects, copy: Copied, number: int, *, start: int = 0, length: int | None = None
) -> bytes:
    """The codestream of frame `number` (from 1), or `length` bytes of it from `start`.

    What `htj2k.resolutions` finds in its first bytes says how many are a smaller picture. Raises
    NotFound.
    """
    if not 1 <= number <= len(copy.frames):
        raise NotFound(f"This image has no frame {number}.")
    offset, whole = copy.frames[number - 1]
    start = min(start, whole)
    wanted = whole - start if length is None else min(length, whole - start)
    return await objects.get_range(copy.object_key, offset + start, wanted)


async def _make(
    database: Database, objects: Objects, batch: Sequence[Instance], made: Made, now: datetime
) -> None:
    first = batch[0]
    study = str(first.study_id)
    kept = _Object(f"copies/{first.hospital_id}/{study[:2]}/{study}/{uuid4()}")
    refused: list[CopyRow] = []
    for one in batch:
        try:
            await _add(objects, one, kept)
        except NotCopied as no:
            refused.append(_row(one, no.reason))
        except NotConvertible:
            refused.append(_row(one, "decoder"))
        except (NotHere, NotFound, Damaged) as error:  # whoever asks for the image will hear
            log.info("copy.not_made", instance=str(one.id), error=type(error).__name__)
    if kept.rows:
        await objects.put(kept.key, b"".join(kept.content))
    async with database.transaction() as db:
        await table.keep(db, [*kept.rows, *refused], now)
    made.copies += len(kept.rows)
    made.refused += len(refused)
    made.bytes += kept.size
    made.kept_bytes += sum(row.kept_bytes for row in kept.rows)


async def _add(objects: Objects, one: Instance, kept: _Object) -> None:
    """Add the copy of an instance. Raises NotCopied, NotConvertible, NotFound, NotHere,
    Damaged."""
    if one.bytes > FILE_AT_MOST:
        raise NotCopied("too_large")
    if one.pixel_offset is None and not one.fragments:  # deflated as a whole
        raise NotCopied("deflated")
    header = await retrieve.header(objects, one)
    # verified: what has decayed is not to live on in a copy
    file = memoryview(await retrieve.file(objects, one))
    streams: list[bytes] = []
    before = 0
    for content in _frames(file, one):
        before += len(content)
        streams.append(await asyncio.to_thread(_encoded, header, one, content))
    size = sum(map(len, streams))
    if size > before * PAYS_BELOW:
        raise NotCopied("no_gain")
    places, offset = [], kept.size
    for stream in streams:
        places.append((offset, len(stream)))
        offset += len(stream)
    kept.content += streams
    kept.size = offset
    kept.rows.append(
        CopyRow(
            one.id,
            one.hospital_id,
            one.study_id,
            one.digest,
            kept.key,
            spans(places),
            size,
            before,
            "",
        )
    )


def _frames(file: memoryview, one: Instance) -> Iterator[bytes]:
    """Each frame as it is kept."""
    if one.pixel_offset is None:
        for offset, length in one.frame_spans:
            yield joined(bytes(file[offset : offset + length]))
    elif one.frame_bytes is not None:
        for number in range(one.frames):
            start = one.pixel_offset + number * one.frame_bytes
            yield bytes(file[start : start + one.frame_bytes])


def _encoded(header: Dataset, one: Instance, content: bytes) -> bytes:
    """One frame, as it is kept, as a codestream. Raises NotCopied, NotConvertible."""
    if is_native(one.transfer_syntax_uid):
        form = htj2k.shape(header)
        if one.transfer_syntax_uid == frame_forms.BIG_ENDIAN and form.bits > 8:
            raise NotCopied("big_endian")
        return htj2k.encoded(content, form)
    read = native_frame(header, content, one.transfer_syntax_uid)
    return htj2k.encoded(read.PixelData, htj2k.shape(read))


def _batches(instances: Sequence[Instance]) -> list[list[Instance]]:
    """As many instances together as may lie in one object."""
    batches: list[list[Instance]] = []
    size = 0
    for one in instances:
        if not batches or size + one.bytes > OBJECT_AT_MOST:
            batches.append([])
            size = 0
        batches[-1].append(one)
        size += one.bytes
    return batches


def _row(one: Instance, reason: str) -> CopyRow:
    return CopyRow(one.id, one.hospital_id, one.study_id, one.digest, None, None, 0, 0, reason)
