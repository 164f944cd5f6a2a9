"""Where each frame lies in the pixel data (PS3.5 8.1.1 and A.4)."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import TYPE_CHECKING

from crossread.archive.model import Content, NotArchived, Reason
from crossread.archive.structure import (
    EXTENDED_LENGTHS,
    EXTENDED_OFFSETS,
    Placed,
    fragments,
)

if TYPE_CHECKING:
    from crossread.archive.read import Header

_ITEM = 8  # bytes of an item's tag and length
# how a compressed frame ends: EOI of JPEG and JPEG-LS, EOC of JPEG 2000; a pad may follow
_END = b"\xff\xd9"
Span = tuple[int, int]  # offset and length


def native_frame_bytes(header: Header, whole: int, frames: int) -> int:
    """How long one native frame is, in bytes, when all of them are `whole` bytes."""
    rows, columns = header.number("Rows") or 0, header.number("Columns") or 0
    samples = header.number("SamplesPerPixel") or 1
    bits = rows * columns * samples * (header.number("BitsAllocated") or 8)
    # a single bit a pixel is packed over frames, and some images say less than they hold
    if frames <= 1 or bits % 8 or bits // 8 * frames > whole:
        return whole // max(1, frames)
    return bits // 8


def encapsulated(
    content: Content, pixels: Placed, placed: dict[int, Placed], frames: int
) -> list[Span]:
    """The span of each frame of encapsulated pixel data: its items, headers included.

    By the Extended Offset Table, the Basic Offset Table, one fragment a frame, or the marker with
    which a compressed frame ends; none when that gives another number than the image names.
    `joined` takes the fragments of a span together.
    """
    table, *items = fragments(content, pixels)
    if not items:
        raise NotArchived(Reason.TRUNCATED, "The compressed pixel data is empty.")
    first, end = items[0][0] - _ITEM, sum(items[-1])
    if frames == 1:
        return [(first, end - first)]
    starts = _extended(content, placed) or _basic(content, table)
    heads = {start - _ITEM for start, _ in items}
    edges = [first + start for start in starts] + [end]
    if len(starts) == frames and edges == sorted(edges) and heads.issuperset(edges[:-1]):
        return [(a, b - a) for a, b in pairwise(edges)]
    if len(items) == frames:
        return [(start - _ITEM, length + _ITEM) for start, length in items]
    return _by_marker(content, items, frames)


def joined(span: bytes) -> bytes:
    """The compressed frame in a span: its fragments without their item headers."""
    pieces, offset = [], 0
    while offset + _ITEM <= len(span):
        [length] = struct.unpack_from("<L", span, offset + 4)
        pieces.append(span[offset + _ITEM : offset + _ITEM + length])
        offset += _ITEM + length
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _extended(content: Content, placed: dict[int, Placed]) -> list[int]:
    """The Extended Offset Table (PS3.3 C.7.6.3.1.8), if it is there."""
    offsets = placed.get(EXTENDED_OFFSETS)
    if offsets is None or EXTENDED_LENGTHS not in placed or offsets.length % 8:
        return []
    return list(struct.unpack_from(f"<{offsets.length // 8}Q", content, offsets.value))


def _basic(content: Content, table: Span) -> list[int]:
    start, length = table
    return list(struct.unpack_from(f"<{length // 4}L", content, start)) if length % 4 == 0 else []


def _by_marker(content: Content, items: list[Span], frames: int) -> list[Span]:
    """Frames of several fragments without a table: a frame ends where its stream ends."""
    found: list[Span] = []
    begin: int | None = None
    for start, length in items:
        begin = start - _ITEM if begin is None else begin
        last = bytes(content[max(start, start + length - 3) : start + length])
        if last.rstrip(b"\0").endswith(_END):
            found.append((begin, start + length - begin))
            begin = None
    return found if len(found) == frames else []
