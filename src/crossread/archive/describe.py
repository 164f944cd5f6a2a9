"""A header in the DICOM JSON model (PS3.18 Annex F), out of its encoded bytes and exact.

Every element is there: text in UTF-8 whatever set it came in, numbers as precise as they came,
private elements with their VR, sequences. What is too long to be metadata is named by a
BulkDataURI, and `located` finds its bytes again.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR, private_dictionary_VR

from crossread.archive.encoding import Encoding, encoding
from crossread.archive.json_values import BINARY, Text, values, words
from crossread.archive.model import Content, NotArchived
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, Placed, elements, items

LONGEST = 16_384  # bytes; a longer value is bulk data
LONGEST_BINARY = 1_024
_CHARACTER_SET, _PIXEL_REPRESENTATION, _BITS_ALLOCATED = 0x00080005, 0x00280103, 0x00280100
_MAY_BE_BULK = BINARY | {
    "DS", "FL", "FD", "IS", "LT", "SL", "SS", "ST", "SV", "UC", "UL", "US", "UT", "UV",
}  # fmt: skip
_UTF8 = {"vr": "CS", "Value": ["ISO_IR 192"]}  # what the JSON itself is written in
_IMPLICIT = encoding("1.2.840.10008.1.2")


@dataclass(frozen=True, slots=True)
class _Place:
    """What holds for the elements of a data set or of an item in it."""

    written: Encoding
    text: Text
    signed: bool  # Pixel Representation, which decides what US or SS is
    bulk: str  # before the path of an element, in its BulkDataURI
    path: str  # of the item: "54000100/0/"


def described(
    content: Content, written: Encoding, *, bulk: str, header_bytes: int | None = None
) -> dict[str, Any]:
    """The elements of a data set by tag, up to its pixel data, which is bulk.

    `bulk` is what stands before the path of an element in its BulkDataURI. `header_bytes` says
    where the pixel data starts; the twelve bytes there are enough of it.
    """
    whole = memoryview(content)
    end = len(whole) if header_bytes is None else min(header_bytes, len(whole))
    found = _described(whole[:end], _Place(written, Text(), False, bulk, ""))
    if end + 8 <= len(whole):
        found |= _pixels(whole[end:], written, bulk)
    return found


def located(content: Content, written: Encoding, path: str) -> tuple[str, Content] | None:
    """The VR and the bytes of the value at a path such as 54000100/0/54001010; None: no such."""
    first, _, rest = path.partition("/")
    place = _Place(written, Text(), False, "", "")
    for one in _elements(content, written):
        if f"{one.tag:08X}" != first.upper():
            continue
        vr = _vr(one, place, {})
        if not rest:
            return vr, content[one.value : one.end] if one.length != UNDEFINED else b""
        number, _, deeper = rest.partition("/")
        if vr != "SQ" or not number.isdigit() or not deeper:
            return None
        inner = _written_within(one, written)
        within = items(content, one, implicit=inner.implicit, little=inner.little)
        for at, item in enumerate(within):
            if at == int(number):
                return located(item, inner, deeper)
    return None


def _described(content: Content, place: _Place) -> dict[str, Any]:
    found: dict[str, Any] = {}
    creators: dict[int, str] = {}
    try:
        for one in _elements(content, place.written):
            if one.tag in PIXEL_DATA:
                found[f"{one.tag:08X}"] = _bulk(_vr(one, place, creators), place, one.tag)
                break
            if not one.tag & 0xFFFF:  # a group length
                continue
            place = _told(one, content, place)
            try:
                element = _element(one, content, place, creators)
            except (NotArchived, ValueError, struct.error):  # it breaks its VR
                element = _as_it_is(one, content)
            found[f"{one.tag:08X}"] = element
    except NotArchived:
        return found  # what lies behind something broken cannot be told
    return found


def _elements(content: Content, written: Encoding) -> Iterator[Placed]:
    return elements(content, implicit=written.implicit, little=written.little)


def _told(one: Placed, content: Content, place: _Place) -> _Place:
    """What an element tells of those behind it."""
    if one.tag == _CHARACTER_SET:
        named = bytes(content[one.value : one.end]).decode("ascii", "replace").strip(" \0")
        return replace(place, text=_text(named))
    if one.tag == _PIXEL_REPRESENTATION:
        return replace(place, signed=any(content[one.value : one.end]))
    return place


def _element(
    one: Placed, content: Content, place: _Place, creators: dict[int, str]
) -> dict[str, Any]:
    if one.tag == _CHARACTER_SET:
        return _UTF8
    vr = _vr(one, place, creators)
    if vr == "SQ":
        return _sequence(one, content, place)
    if one.length == 0:
        return {"vr": vr}
    length = one.end - one.value
    if vr in _MAY_BE_BULK and length > (LONGEST_BINARY if vr in BINARY else LONGEST):
        return _bulk(vr, place, one.tag)
    value = bytes(content[one.value : one.end])
    written = values(vr, value, place.text, little=place.written.little)
    if one.tag & 0x10000 and 0x10 <= one.tag & 0xFFFF <= 0xFF and written.get("Value"):
        creators[one.tag >> 16 << 16 | (one.tag & 0xFF) << 8] = str(written["Value"][0])
    return {"vr": vr, **written}


def _as_it_is(one: Placed, content: Content) -> dict[str, Any]:
    """A value that is not of its VR."""
    value = bytes(content[one.value : one.end])
    return {"vr": "UN", **values("UN", value, Text(), little=True)}


def _sequence(one: Placed, content: Content, place: _Place) -> dict[str, Any]:
    inner = _written_within(one, place.written)
    within = items(content, one, implicit=inner.implicit, little=inner.little)
    found = [
        _described(item, replace(place, written=inner, path=f"{place.path}{one.tag:08X}/{number}/"))
        for number, item in enumerate(within)
    ]
    return {"vr": "SQ", "Value": found} if found else {"vr": "SQ"}


def _written_within(one: Placed, written: Encoding) -> Encoding:
    """UN of undefined length holds a sequence in implicit VR (PS3.5 6.2.2 note 2)."""
    return _IMPLICIT if one.vr == b"UN" and one.length == UNDEFINED else written


def _bulk(vr: str, place: _Place, tag: int) -> dict[str, Any]:
    return {"vr": vr, "BulkDataURI": f"{place.bulk}{place.path}{tag:08X}"}


def _vr(one: Placed, place: _Place, creators: dict[int, str]) -> str:
    written = one.vr.decode("ascii")
    if written not in {"", "UN"}:
        return written
    if one.length == UNDEFINED and one.tag not in PIXEL_DATA:
        return "SQ"
    if one.tag & 0x10000:
        block = one.tag & 0xFFFFFF00
        return _private(creators.get(block, ""), one.tag, 0x10 <= one.tag & 0xFFFF <= 0xFF)
    vr = _known(one.tag)
    match vr:
        case "US or SS" | "US or SS or OW":
            return "SS" if place.signed else "US"
        case "OB or OW" | "US or OW":
            return "OW"
        case _:
            return vr


@cache
def _known(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


@cache
def _private(creator: str, tag: int, names: bool) -> str:
    if names:
        return "LO"
    try:
        return private_dictionary_VR(tag, creator)
    except KeyError:
        return "UN"


@cache
def _text(named: str) -> Text:
    return Text(tuple(convert_encodings(named.split("\\"))))


def _pixels(head: Content, written: Encoding, bulk: str) -> dict[str, Any]:
    """Pixel data, of which only the first bytes are here."""
    tag = words(bytes(head[:4]), "H", little=written.little)
    whole = tag[0] << 16 | tag[1]
    if whole not in PIXEL_DATA:
        return {}
    vr = "OW" if written.implicit else bytes(head[4:6]).decode("ascii", "replace")
    return {f"{whole:08X}": {"vr": vr, "BulkDataURI": f"{bulk}{whole:08X}"}}
