"""Where each element of an encoded data set lies (PS3.5 7.1), without decoding any value.

One pass over tags and lengths: it finds the pixel data and proves that nothing is cut off, at a
cost that does not grow with the size of the images. Every image that comes in goes through it, so
the common element costs one look at its eight bytes.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from crossread.archive.model import Content, NotArchived, Reason

UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
EXTENDED_OFFSETS, EXTENDED_LENGTHS = 0x7FE00001, 0x7FE00002
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_LONG = frozenset(
    {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
)
_SHORT = frozenset(
    {
        b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN",
        b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
    }
)  # fmt: skip
_DEEPEST = 64


class Placed(NamedTuple):
    """One element at the top level of a data set."""

    tag: int
    vr: bytes  # empty in implicit VR
    start: int  # of its tag
    value: int  # offset of its value
    length: int  # of its value, or UNDEFINED
    end: int  # after its value, and after its delimiter if it has one


def elements(content: Content, *, implicit: bool, little: bool) -> Iterator[Placed]:
    """Every element at the top level, in order.

    Raises NotArchived(TRUNCATED) where a length reaches past the end of `content`, and
    NotArchived(NOT_DICOM) where the bytes cannot be elements at all.
    """
    walker = _Walker(content, little)
    whole = len(content)
    eight = struct.Struct(("<" if little else ">") + "HH2sH").unpack_from
    offset = 0
    while offset < whole:
        if not implicit and whole - offset >= 8:
            group, element, vr, length = eight(content, offset)
            end = offset + 8 + length
            if vr in _SHORT and end <= whole:
                yield Placed(group << 16 | element, vr, offset, offset + 8, length, end)
                offset = end
                continue
        try:
            placed = walker.element(offset, implicit=implicit, depth=0)
        except NotArchived as refusal:
            if offset == 0 and refusal.reason is Reason.TRUNCATED:
                raise _other_encoding() from refusal
            raise
        yield placed
        offset = placed.end


def fragments(content: Content, pixels: Placed, *, little: bool = True) -> list[tuple[int, int]]:
    """The offset and length of each item of encapsulated pixel data (PS3.5 A.4).

    The first is the Basic Offset Table. Raises NotArchived where they are broken or cut off.
    """
    return list(_Walker(content, little).fragments(pixels.value))


def items(content: Content, sequence: Placed, *, implicit: bool, little: bool) -> Iterator[Content]:
    """The elements of each item of a sequence. Raises NotArchived where they are broken."""
    walker = _Walker(content, little)
    # a UN of undefined length holds a sequence in implicit VR (PS3.5 6.2.2 note 2)
    for start, end in walker.items(sequence, implicit=implicit or sequence.vr == b"UN"):
        yield content[start:end]


class _Walker:
    """The bytes, and how numbers are written in them."""

    def __init__(self, content: Content, little: bool) -> None:
        self._content = content
        self._whole = len(content)
        order = "<" if little else ">"
        self._tag = struct.Struct(order + "HH")
        self._short = struct.Struct(order + "H")
        self._long = struct.Struct(order + "L")

    def element(self, offset: int, *, implicit: bool, depth: int) -> Placed:
        tag, vr, value, length = self._header(offset, implicit)
        if length != UNDEFINED:
            end = value + length
            if end > self._whole:
                raise _truncated()
            return Placed(tag, vr, offset, value, length, end)
        if depth > _DEEPEST:
            raise NotArchived(Reason.NOT_DICOM, "The data set is nested too deeply to be read.")
        if tag in PIXEL_DATA:
            end = value
            for start, length in self.fragments(value):
                end = start + length
            end += 8  # the delimiter
        else:
            # a UN of undefined length holds a sequence in implicit VR (PS3.5 6.2.2 note 2)
            end = self._items(value, implicit=implicit or vr == b"UN", depth=depth + 1)
        return Placed(tag, vr, offset, value, UNDEFINED, end)

    def _header(self, offset: int, implicit: bool) -> tuple[int, bytes, int, int]:
        try:
            tag = self._read_tag(offset)
            vr = b"" if implicit else bytes(self._content[offset + 4 : offset + 6])
            # some systems write single elements in implicit VR; two capitals are a VR
            if vr.isalpha() and vr.isupper():
                if vr in _LONG:
                    [length] = self._long.unpack_from(self._content, offset + 8)
                    return tag, vr, offset + 12, length
                [length] = self._short.unpack_from(self._content, offset + 6)
                return tag, vr, offset + 8, length
            return tag, b"", offset + 8, self._long.unpack_from(self._content, offset + 4)[0]
        except struct.error:
            raise _truncated() from None

    def _read_tag(self, offset: int) -> int:
        group, element = self._tag.unpack_from(self._content, offset)
        return (int(group) << 16) | int(element)

    def items(self, sequence: Placed, *, implicit: bool) -> Iterator[tuple[int, int]]:
        """Where the elements of each item start and end."""
        offset = sequence.value
        while offset < sequence.end:
            tag, length = self._item(offset)
            if tag != _ITEM:
                return
            start = offset + 8
            if length == UNDEFINED:
                offset = self._item_end(start, implicit=implicit, depth=1)
                yield start, offset - 8
            else:
                offset = start + length
                yield start, offset

    def _items(self, offset: int, *, implicit: bool, depth: int) -> int:
        """The end of a sequence of undefined length that starts at `offset`."""
        while True:
            tag, length = self._item(offset)
            offset += 8
            if tag == _SEQUENCE_END:
                return offset
            if tag != _ITEM:
                raise NotArchived(Reason.NOT_DICOM, "A sequence holds something that is no item.")
            offset = (
                offset + length
                if length != UNDEFINED
                else self._item_end(offset, implicit=implicit, depth=depth)
            )
            if offset > self._whole:
                raise _truncated()

    def _item_end(self, offset: int, *, implicit: bool, depth: int) -> int:
        while True:
            tag, _ = self._item(offset)
            if tag == _ITEM_END:
                return offset + 8
            offset = self.element(offset, implicit=implicit, depth=depth).end

    def fragments(self, offset: int) -> Iterator[tuple[int, int]]:
        """The items of encapsulated pixel data that starts at `offset`."""
        while True:
            tag, length = self._item(offset)
            offset += 8
            if tag == _SEQUENCE_END:
                return
            if tag != _ITEM or length == UNDEFINED:
                raise NotArchived(Reason.NOT_DICOM, "The compressed pixel data is broken.")
            if offset + length > self._whole:
                raise _truncated()
            yield offset, length
            offset += length

    def _item(self, offset: int) -> tuple[int, int]:
        try:
            return self._read_tag(offset), self._long.unpack_from(self._content, offset + 4)[0]
        except struct.error:
            raise _truncated() from None


def _other_encoding() -> NotArchived:
    """When already the first length makes no sense, it is not the end that is missing."""
    return NotArchived(
        Reason.NOT_DICOM, "This is not a DICOM data set in the transfer syntax that was agreed."
    )


def _truncated() -> NotArchived:
    return NotArchived(
        Reason.TRUNCATED, "The data set ends in the middle of an element; send it again in full."
    )
