"""One frame in HTJ2K (ITU-T T.814), lossless and progressive by resolution.

The packets of a lower resolution all come before those of a higher one (RPCL), each resolution in a
tile-part of its own, and the TLM marker at the beginning says how long each is. So whoever has the
first part of a codestream has the whole picture, smaller.
"""

import struct
from dataclasses import dataclass

import imagecodecs
import numpy as np
from pydicom import Dataset

from crossread.platform.errors import CrossreadError

SYNTAX = "1.2.840.10008.1.2.4.202"  # HTJ2K (Lossless RPCL): what is made here
ALSO = "1.2.840.10008.1.2.4.201"  # HTJ2K (Lossless Only): any order of packets, so ours too
_MONOCHROME = frozenset({"MONOCHROME1", "MONOCHROME2"})
_COLOUR = frozenset({"RGB"})  # viewers differ in how they undo a codestream of another
_SOC, _SOT, _TLM = b"\xff\x4f", 0xFF90, 0xFF55


class NotCopied(CrossreadError):
    """No copy is made of this image; `reason` is short and says why."""

    def __init__(self, reason: str) -> None:
        super().__init__("Of this image no HTJ2K copy is made.", cause=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Shape:
    """How the bytes of a native frame are pixels (PS3.3 C.7.6.3)."""

    rows: int
    columns: int
    samples: int
    bits: int  # allocated
    signed: bool
    by_plane: bool

    @property
    def bytes(self) -> int:
        """Of a frame."""
        return self.rows * self.columns * self.samples * self.bits // 8


def shape(header: Dataset) -> Shape:
    """How the pixels of an image lie. Raises NotCopied for what has no place in a copy.

    The colours of a palette are no picture when they are averaged, and stay as they are.
    """
    samples, bits = int(header.get("SamplesPerPixel", 1)), int(header.get("BitsAllocated", 0))
    photometric = str(header.get("PhotometricInterpretation", ""))
    if "FloatPixelData" in header or "DoubleFloatPixelData" in header:
        raise NotCopied("float")
    if bits not in {8, 16}:
        raise NotCopied("bits")
    if photometric not in (_MONOCHROME if samples == 1 else _COLOUR) or samples not in {1, 3}:
        raise NotCopied("photometric")
    return Shape(
        rows=int(header.Rows),
        columns=int(header.Columns),
        samples=samples,
        bits=bits,
        signed=int(header.get("PixelRepresentation", 0)) == 1,
        by_plane=samples == 3 and int(header.get("PlanarConfiguration", 0)) == 1,
    )


def encoded(frame: bytes, form: Shape) -> bytes:
    """A native little endian frame as a codestream that is seen to give the same pixels.

    Raises NotCopied.
    """
    if len(frame) < form.bytes:
        raise NotCopied("length")
    pixels = _pixels(frame, form)
    try:
        codestream = bytes(
            imagecodecs.htj2k_encode(
                pixels,
                reversible=True,
                rgb=True if form.samples == 3 else None,  # decorrelated, reversibly
                tlm=True,
                tilepart=1,  # one for each resolution
            )
        )
        again = decoded(codestream)
    except (RuntimeError, ValueError) as error:  # the codec's own
        raise NotCopied("codec") from error
    if again.dtype != pixels.dtype or not np.array_equal(again, pixels):
        raise NotCopied("not_identical")
    return codestream


def decoded(codestream: bytes, *, halvings: int = 0) -> np.ndarray:
    """The pixels of a codestream, or of its beginning, halved so many times."""
    pixels: np.ndarray = imagecodecs.htj2k_decode(codestream, skipres=halvings or None)
    return pixels


def resolutions(beginning: bytes) -> list[int]:
    """How many bytes of a codestream hold each resolution, the smallest first (T.800 A.7.1).

    `beginning` reaches over the main header; none where that has no TLM.
    """
    lengths: list[int] = []
    at = len(_SOC)
    while at + 4 <= len(beginning):
        marker, length = struct.unpack_from(">HH", beginning, at)
        if marker == _SOT:
            break
        if marker == _TLM:
            lengths += _tile_parts(beginning[at + 4 : at + 2 + length])
        at += 2 + length
    ends = []
    for one in lengths:
        at += one
        ends.append(at)
    return ends


def _tile_parts(segment: bytes) -> list[int]:
    """Lengths of tile-parts in a TLM segment, which begins with its number and sizes of fields."""
    sizes = segment[1]
    index, wide = sizes >> 4 & 3, bool(sizes & 0x40)
    step = index + (4 if wide else 2)
    form = ">L" if wide else ">H"
    return [
        struct.unpack_from(form, segment, place + index)[0]
        for place in range(2, len(segment) - step + 1, step)
    ]


def _pixels(frame: bytes, form: Shape) -> np.ndarray:
    kind = f"<{'i' if form.signed else 'u'}{form.bits // 8}"
    flat = np.frombuffer(frame, kind, count=form.bytes * 8 // form.bits)
    if form.samples == 1:
        return flat.reshape(form.rows, form.columns)
    if form.by_plane:
        by_plane = flat.reshape(form.samples, form.rows, form.columns)
        return np.ascontiguousarray(np.moveaxis(by_plane, 0, -1))
    return flat.reshape(form.rows, form.columns, form.samples)
