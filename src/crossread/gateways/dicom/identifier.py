"""Identifiers of queries: what is asked, read; and each answer, written as bytes (PS3.4 C.4.1.1.3).

A query has thousands of answers, and an object for each element of each would take longer than
finding them. So what is the same in all of them is made once.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.charset import convert_encodings, decode_bytes, encode_string
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.uid import UID
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from crossread.archive.attributes import ITEMS
from crossread.archive.matching import Asked
from crossread.archive.query import Match, Value
from crossread.platform.errors import Unreadable

_UNICODE = "ISO_IR 192"
_IN_A_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_OURS = frozenset({"SpecificCharacterSet", "QueryRetrieveLevel"})
_ITEM = 0xFFFEE000
_LONG = frozenset({"SQ", "UC", "UN", "UR", "UT"})


def asked_of(identifier: Dataset) -> dict[str, Asked]:
    """The keys of a request by keyword, decoded in its character set. Raises Unreadable."""
    try:
        return {
            element.keyword or str(element.tag): _asked(element.value)
            for element in identifier
            if element.keyword not in _OURS and element.tag.element != 0
        }
    except Unreadable:
        raise
    except Exception as error:  # pydicom raises many kinds for values that break their VR
        raise Unreadable(
            "The identifier has a value that cannot be read.", cause=type(error).__name__
        ) from error


def _asked(value: object) -> Asked:
    if value is None:
        return ""
    if isinstance(value, MultiValue):
        return [str(one) for one in value]
    if isinstance(value, list):  # a sequence
        return [asked_of(item) for item in value]
    return str(value)


class _NotInThisSet(Exception):
    """A text has a letter that the character set lacks."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How elements are written: transfer syntax, and character set."""

    implicit: bool
    little: bool
    encodings: tuple[str, ...]

    def element(self, tag: int, vr: str, content: bytes) -> bytes:
        """An element (PS3.5 7.1)."""
        order = "<" if self.little else ">"
        group, number = tag >> 16, tag & 0xFFFF
        if self.implicit:
            return struct.pack("<HHL", group, number, len(content)) + content
        if vr in _LONG:
            return (
                struct.pack(f"{order}HH2s2xL", group, number, vr.encode(), len(content)) + content
            )
        return struct.pack(f"{order}HH2sH", group, number, vr.encode(), len(content)) + content

    def value(self, vr: str, value: Value) -> bytes:
        """A value. Raises _NotInThisSet."""
        match value:
            case None | "" | []:
                return b""
            case int() if vr == "US":
                return struct.pack("<H" if self.little else ">H", value & 0xFFFF)
            case int():
                text = str(value)
            case str():
                text = value
            case list():
                text = "\\".join(str(one) for one in value)
        content = self._text(vr, text)
        return content + (b"\0" if vr == "UI" else b" ") if len(content) % 2 else content

    def _text(self, vr: str, text: str) -> bytes:
        if text.isascii():
            return text.encode("ascii")
        if vr not in _IN_A_CHARACTER_SET:
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
        identifier: Dataset,
        wanted: tuple[str, ...],
        transfer_syntax: UID,
        fixed: Mapping[str, str],
    ) -> None:
        self._named = _character_set(identifier)
        self._deflates = transfer_syntax.is_deflated
        implicit, little = transfer_syntax.is_implicit_VR, transfer_syntax.is_little_endian
        self._own = _Form(implicit, little, _encodings(self._named))
        self._unicode = _Form(implicit, little, ("utf8",))
        fields = [_field(keyword, identifier) for keyword in wanted if keyword not in fixed]
        self._fixed = [
            (
                one.tag,
                self._own.element(one.tag, one.vr, self._own.value(one.vr, fixed[one.keyword])),
            )
            for one in (_field(keyword, identifier) for keyword in fixed)
        ]
        self._fields = sorted(fields, key=lambda one: one.tag)

    def written(self, match: Match) -> bytes:
        """One answer. Where its text does not fit the asker's character set, in Unicode."""
        try:
            return self._written(match.values, self._own, self._named)
        except _NotInThisSet:
            return self._written(match.values, self._unicode, _UNICODE)

    def _written(self, values: Mapping[str, Value], form: _Form, named: str) -> bytes:
        parts = [
            (field.tag, _element(field, values[field.keyword], form)) for field in self._fields
        ]
        parts += self._fixed
        if named:
            parts.append((0x00080005, form.element(0x00080005, "CS", form.value("CS", named))))
        parts.sort()
        content = b"".join(part for _, part in parts)
        return _deflated(content) if self._deflates else content


def _deflated(content: bytes) -> bytes:
    """PS3.5 A.5: deflated as a whole, to an even length."""
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    written = deflater.compress(content) + deflater.flush()
    return written + b"\0" * (len(written) % 2)


def _element(field: _Field, value: Value, form: _Form) -> bytes:
    if field.vr != "SQ":
        return form.element(field.tag, field.vr, form.value(field.vr, value))
    items = []
    for item in value if isinstance(value, list) else []:
        if isinstance(item, dict):
            inner = b"".join(
                form.element(one.tag, one.vr, form.value(one.vr, item.get(one.keyword, "")))
                for one in field.items
            )
            items.append(_item_of(inner, form))
    return form.element(field.tag, "SQ", b"".join(items))


def _item_of(content: bytes, form: _Form) -> bytes:
    order = "<" if form.little else ">"
    return struct.pack(f"{order}HHL", _ITEM >> 16, _ITEM & 0xFFFF, len(content)) + content


def _field(keyword: str, identifier: Dataset) -> _Field:
    tag = tag_for_keyword(keyword)
    assert tag is not None  # noqa: S101 - the index has attributes of the dictionary only
    vr = dictionary_VR(tag)
    return _Field(tag, vr, keyword, _items(keyword, identifier) if vr == "SQ" else ())


def _items(keyword: str, identifier: Dataset) -> tuple[_Field, ...]:
    """What to say of each item: what was asked for, or all that is known."""
    asked = identifier.get(keyword)
    named = [one.keyword for one in asked[0]] if asked else []
    keywords = [one for one in ITEMS[keyword] if not named or one in named]
    return tuple(sorted((_field(one, identifier) for one in keywords), key=lambda one: one.tag))


def _character_set(identifier: Dataset) -> str:
    named = identifier.get("SpecificCharacterSet") or ""
    return "\\".join(named) if isinstance(named, MultiValue) else str(named)


def _encodings(named: str) -> tuple[str, ...]:
    """Python's names of the sets; of none or an unknown one, the default repertoire."""
    try:
        return tuple(convert_encodings(named.split("\\"))) if named else ("ascii",)
    except Exception:  # pydicom raises many kinds for sets that nobody knows
        return ("ascii",)
