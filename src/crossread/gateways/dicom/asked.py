"""What the identifier of a C-FIND-RQ asks (PS3.4 C.4.1.1.3.1), read without an object."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pydicom.charset import convert_encodings, decode_bytes, python_encoding
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from crossread.archive.encoding import encoding
from crossread.archive.matching import Asked
from crossread.archive.model import NotArchived
from crossread.archive.structure import UNDEFINED, Placed, elements, items
from crossread.platform.errors import Unreadable

IN_A_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_NUMBERS = {"US": False, "UL": False, "SS": True, "SL": True}  # signed?
_CHARACTER_SET, _LEVEL = "SpecificCharacterSet", "QueryRetrieveLevel"
_DEEPEST = 4  # sequences in sequences


@dataclass(frozen=True, slots=True)
class Identifier:
    """A request's identifier."""

    level: str
    character_set: str  # as it names it; empty: the default repertoire, or one that nobody knows
    keys: Mapping[str, Asked]  # by keyword, or by tag where the dictionary has none


@dataclass(frozen=True, slots=True)
class _Reader:
    """How elements and texts are written."""

    implicit: bool
    little: bool
    encodings: tuple[str, ...]  # empty: unknown

    def keys(self, content: bytes, depth: int = 0) -> dict[str, Asked]:
        found: dict[str, Asked] = {}
        for placed in elements(content, implicit=self.implicit, little=self.little):
            keyword, vr = _known(placed.tag)
            if vr == "SQ" and depth < _DEEPEST:
                found[keyword] = self._items(content, placed, depth)
            elif placed.length != UNDEFINED and placed.tag & 0xFFFF:
                found[keyword] = self._text(content[placed.value : placed.end], vr)
        return found

    def _items(self, content: bytes, placed: Placed, depth: int) -> Asked:
        each = items(content, placed, implicit=self.implicit, little=self.little)
        return [self.keys(bytes(one), depth + 1) for one in each]

    def _text(self, value: bytes, vr: str) -> str:
        if vr in _NUMBERS:
            number = int.from_bytes(value, "little" if self.little else "big", signed=_NUMBERS[vr])
            return str(number) if value else ""
        if value.isascii() and b"\x1b" not in value:
            return value.decode("ascii").strip(" \0")
        if vr not in IN_A_CHARACTER_SET or not self.encodings:
            # a letter that nobody can read may be any (PS3.4 C.2.2.2, note)
            return value.decode("ascii", "replace").replace("\ufffd", "?").strip(" \0")
        delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
        return decode_bytes(value, self.encodings, delimiters).strip(" \0")


def read(content: bytes, transfer_syntax_uid: str) -> Identifier:
    """An identifier in its transfer syntax and character set. Raises Unreadable."""
    try:
        written = encoding(transfer_syntax_uid)
        plain = bytes(written.inflated(content))
        named = _named(plain, implicit=written.implicit, little=written.little)
        keys = _Reader(written.implicit, written.little, _encodings(named)).keys(plain)
    except NotArchived as error:
        raise Unreadable(
            "The identifier is no data set in the agreed syntax.", cause=error.reason
        ) from error
    except Exception as error:  # pydicom's codecs raise many kinds for bytes they do not know
        raise Unreadable(
            "The identifier has a value that cannot be read.", cause=type(error).__name__
        ) from error
    keys.pop(_CHARACTER_SET, None)
    return Identifier(
        level=str(keys.pop(_LEVEL, "")),
        character_set=named if _encodings(named) else "",
        keys=keys,
    )


def _named(content: bytes, *, implicit: bool, little: bool) -> str:
    """The character sets that it names; it comes before all text, but not before all elements."""
    for placed in elements(content, implicit=implicit, little=little):
        if placed.tag == 0x00080005:
            value = content[placed.value : placed.end].decode("ascii", "replace")
            return "\\".join(one.strip(" \0") for one in value.split("\\"))
        if placed.tag > 0x00080005:
            break
    return ""


def _encodings(named: str) -> tuple[str, ...]:
    """Python's names of the sets; none where one of them is unknown."""
    each = named.split("\\")
    return tuple(convert_encodings(each)) if all(one in python_encoding for one in each) else ()


@cache
def _known(tag: int) -> tuple[str, str]:
    try:
        return keyword_for_tag(tag) or f"{tag:08X}", dictionary_VR(tag)
    except KeyError:  # private
        return f"{tag:08X}", "UN"
