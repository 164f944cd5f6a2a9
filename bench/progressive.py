"""Bytes until a series in HTJ2K can be shown, full size at quarter resolution (PS3.5 A.4.9).

A copy is ordered by resolution, in tile-parts; the first ones make a smaller picture. Each prefix
that is counted here is decoded by itself, and is the same picture as the whole one made smaller.
"""

import struct
import time

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread

from bench import corpus, table
from bench.launch import BenchError
from bench.measure import MB, median, say
from bench.table import Options, Row, Sheet

QUARTER = 2  # halvings of both sides
_SOT, _COD = b"\xff\x90", b"\xff\x52"
_LEVELS_AT = 9  # bytes from the COD marker to the number of decomposition levels
_SECOND = 12.5e6  # bytes that a hospital's line of 100 Mbit/s carries in a second


def measure(options: Options) -> Sheet:
    """Encode a series, cut each slice where a quarter of its resolution is whole."""
    study = corpus.make(quick=options.quick).studies[0]
    plain = whole = first = 0
    encoding, decoding = [], []
    for path in study.long:
        picture = dcmread(path).pixel_array.astype(np.uint16)
        began = time.perf_counter()
        copy = encode(picture)
        encoding.append(time.perf_counter() - began)
        cut = copy[: prefix(copy, QUARTER)]
        began = time.perf_counter()
        small = imagecodecs.htj2k_decode(cut, skipres=QUARTER)
        decoding.append(time.perf_counter() - began)
        _check(picture, copy, small)
        plain, whole, first = plain + picture.nbytes, whole + len(copy), first + len(cut)
    slices = len(study.long)
    say(f"{slices} slices: {first / plain:.1%} of the plain bytes")
    rows = [
        Row(
            f"bytes to the first picture of all {slices} slices, at quarter resolution",
            f"{first / MB:.2f} MB",
            f"plain series {plain / MB:.1f} MB",
            plain / first,
            "≤ 1/3 of the plain bytes",
            first <= plain / 3,
        ),
        Row(
            "seconds for that on a line of 100 Mbit/s",
            f"{first / _SECOND:.2f} s",
            f"plain series {plain / _SECOND:.1f} s",
            plain / first,
        ),
        Row(
            "bytes of the whole series, lossless",
            f"{whole / MB:.1f} MB",
            f"plain series {plain / MB:.1f} MB",
            plain / whole,
        ),
        Row("to encode a slice, p50", f"{median(encoding) * 1000:.1f} ms"),
        Row("to decode its first picture, p50", f"{median(decoding) * 1000:.2f} ms"),
    ]
    return Sheet("progressive", "A series in HTJ2K, to its first picture", rows)


def encode(picture: NDArray[np.uint16]) -> bytes:
    """A lossless copy, as the archive makes it for the viewer."""
    return bytes(
        imagecodecs.htj2k_encode(
            picture, reversible=True, tlm=True, tilepart=imagecodecs.HTJ2K.TILEPART.RESOLUTIONS
        )
    )


def prefix(codestream: bytes, halvings: int) -> int:
    """How many bytes make the picture that is halved so often (ISO 15444-1 A.4.2).

    Raises BenchError where the tile-parts are not one for each resolution.
    """
    levels = codestream[codestream.index(_COD) + _LEVELS_AT]
    place, ends = codestream.index(_SOT), list[int]()
    while codestream[place : place + 2] == _SOT:
        (length,) = struct.unpack_from(">I", codestream, place + 6)
        place += length
        ends.append(place)
    if len(ends) != levels + 1:
        raise BenchError(f"{len(ends)} tile-parts for {levels + 1} resolutions.")
    return ends[levels - halvings]


def _check(picture: NDArray[np.uint16], copy: bytes, small: NDArray[np.uint16]) -> None:
    if not np.array_equal(imagecodecs.htj2k_decode(copy), picture):
        raise BenchError("The copy is not lossless.")
    if not np.array_equal(imagecodecs.htj2k_decode(copy, skipres=QUARTER), small):
        raise BenchError("The first bytes do not make the same small picture as all of them.")


if __name__ == "__main__":
    table.main(measure, __doc__)
