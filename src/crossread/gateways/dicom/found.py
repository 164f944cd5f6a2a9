"""The identifiers of answers to a query, written as bytes (PS3.4 C.4.1.1.3.2).

A query has thousands of answers, and an object for each element of each would take longer than
finding them. So what is the same in all of them is made once.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from pydicom.charset import convert_encodings, decode_bytes, default_encoding, encode_string
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.uid import UID
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from crossread.archive.attributes import ITEMS
from crossread.archive.matching import Asked
from crossread.archive.query import Match, Value
from crossread.gateways.dicom.asked import IN_A_CHARACTER_SET, Identifier

_UNICODE = "ISO_IR 192"
_ITEM = 0xFFFEE000
_ESC = b"\x1b"
_LONG = frozenset({"SQ", "UC", "UN", "UR", "UT"})


class _NotInThisSet(Exception):
    """A text has a letter that the character set lacks."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How elements are written: transfer syntax, and character set."""

    implicit: bool
    little: bool
    encodings: tuple[str, ...]

    def head(self, tag: int, vr: str) -> tuple[bytes, struct.Struct]:
        """What stands before a value (PS3.5 7.1): the same for all, and how its length follows."""
        order = "<" if self.little else ">"
        head = struct.pack(f"{order}HH", tag >> 16, tag & 0xFFFF)
        if self.implicit:
            return head, struct.Struct("<L")
        if vr in _LONG:
            return head + vr.encode() + b"\0\0", struct.Struct(f"{order}L")
        return head + vr.encode(), struct.Struct(f"{order}H")

    def element(self, tag: int, vr: str, content: bytes) -> bytes:
        """An element."""
        head, length = self.head(tag, vr)
        return head + length.pack(len(content)) + content

    def value(self, vr: str, value: Value) -> bytes:
        """A value. Raises _NotInThisSet."""
        if value is None or value in ("", []):
            return b""
        if isinstance(value, str):
            text = value
        elif isinstance(value, list):
            text = "\\".join(str(one) for one in value)
        elif vr == "US":
            return struct.pack("<H" if self.little else ">H", value & 0xFFFF)
        else:
            text = str(value)
        content = text.encode("ascii") if text.isascii() else self._text(vr, text)
        return content + (b"\0" if vr == "UI" else b" ") if len(content) % 2 else content

    def _text(self, vr: str, text: str) -> bytes:
        if vr not in IN_A_CHARACTER_SET:
            return text.encode("ascii", "replace")
        if self.encodings == ("utf8",):
            return text.encode()
        if vr != "PN":
            return self._encoded(text, TEXT_VR_DELIMS)
        # each component starts in the first set again (PS3.5 6.1.2.5.3)
        return b"=".join(
            b"^".join(self._encoded(component, PN_DELIMS) for component in group.split("^"))
            for group in text.split("=")
        )

    def _encoded(self, text: str, delimiters: set[int]) -> bytes:
        content = encode_string(text, self.encodings)
        # the default repertoire has no more than ASCII, where pydicom takes it for Latin-1
        if self.encodings[0] == default_encoding and not content.isascii() and _ESC not in content:
            raise _NotInThisSet
        if decode_bytes(content, self.encodings, delimiters) != text:
            raise _NotInThisSet
        return content


@dataclass(frozen=True, slots=True)
class _Field:
    """An element that every answer has."""

    tag: int
    vr: str
    keyword: str
    items: tuple["_Field", ...] = ()  # of a sequence


class Answers:
    """Writes answers to one request, in its transfer syntax and character set."""

    def __init__(
        self,
        identifier: Identifier,
        wanted: tuple[str, ...],
        transfer_syntax: UID,
        fixed: Mapping[str, str],
    ) -> None:
        self._deflates = transfer_syntax.is_deflated
        fields = [_field(keyword, identifier.keys) for keyword in wanted if keyword not in fixed]
        constant = [(_field(keyword, {}), value) for keyword, value in fixed.items()]
        named = identifier.character_set
        implicit, little = transfer_syntax.is_implicit_VR, transfer_syntax.is_little_endian
        own = _Form(implicit, little, _encodings(named))
        self._own = _Template(own, fields, constant, named)
        self._unicode = _Template(replace(own, encodings=("utf8",)), fields, constant, _UNICODE)

    def written(self, match: Match) -> bytes:
        """One answer. Where its text does not fit the asker's character set, in Unicode."""
        try:
            content = self._own.written(match.values)
        except _NotInThisSet:
            content = self._unicode.written(match.values)
        return _deflated(content) if self._deflates else content


class _Template:
    """An answer with gaps for its values."""

    def __init__(
        self,
        form: _Form,
        fields: list[_Field],
        constant: list[tuple[_Field, str]],
        character_set: str,
    ) -> None:
        self._form = form
        said = [
            (one.tag, form.element(one.tag, one.vr, form.value(one.vr, v))) for one, v in constant
        ]
        if character_set:
            content = form.value("CS", character_set)
            said.append((0x00080005, form.element(0x00080005, "CS", content)))
        parts: list[tuple[int, bytes | _Field]] = [*said, *((one.tag, one) for one in fields)]
        self._parts = [
            (part, b"", struct.Struct(""))
            if isinstance(part, bytes)
            else (part, *form.head(tag, part.vr))
            for tag, part in sorted(parts, key=lambda one: one[0])
        ]

    def written(self, values: Mapping[str, Value]) -> bytes:
        """The elements, in order of their tags. Raises _NotInThisSet."""
        written = []
        for part, head, length in self._parts:
            if isinstance(part, bytes):
                written.append(part)
                continue
            content = _content(part, values[part.keyword], self._form)
            written += (head, length.pack(len(content)), content)
        return b"".join(written)


def _deflated(content: bytes) -> bytes:
    """PS3.5 A.5: deflated as a whole, to an even length."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    written = deflater.compress(content) + deflater.flush()
    return written + b"\0" * (len(written) % 2)


def _content(field: _Field, value: Value, form: _Form) -> bytes:
    if field.vr != "SQ":
        return form.value(field.vr, value)
    items = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            inner = b"".join(
                form.element(one.tag, one.vr, form.value(one.vr, item.get(one.keyword, "")))
                for one in field.items
            )
            items.append(_item_of(inner, form))
    return b"".join(items)


def _item_of(content: bytes, form: _Form) -> bytes:
    order = "<" if form.little else ">"
    return struct.pack(f"{order}HHL", _ITEM >> 16, _ITEM & 0xFFFF, len(content)) + content


def _field(keyword: str, asked: Mapping[str, Asked]) -> _Field:
    tag, vr = _known(keyword)
    return _Field(tag, vr, keyword, _items(keyword, asked) if vr == "SQ" else ())


def _items(keyword: str, asked: Mapping[str, Asked]) -> tuple[_Field, ...]:
    """What to say of each item: what was asked for, or all that is known."""
    items = asked.get(keyword) or [{}]
    named = items[0] if isinstance(items[0], Mapping) else {}
    keywords = [one for one in ITEMS[keyword] if not named or one in named]
    return tuple(sorted((_field(one, {}) for one in keywords), key=lambda one: one.tag))


@cache
def _known(keyword: str) -> tuple[int, str]:
    tag = tag_for_keyword(keyword)
    assert tag is not None  # noqa: S101 - the index has attributes of the dictionary only
    return tag, dictionary_VR(tag)


def _encodings(named: str) -> tuple[str, ...]:
    """Python's names of the sets."""
    return tuple(convert_encodings(named.split("\\")))
