"""Encoded values in the DICOM JSON model, by their VR (PS3.5 6.2, PS3.18 F.2.3 to F.2.7)."""

import array
import base64
import math
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydicom.charset import decode_bytes
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from crossread.archive.metadata import text as writable

BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_EXACT = 1 << 53  # beyond this a number of JSON may lose something
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_NUMBERS = {
    "US": "H", "SS": "h", "UL": "L", "SL": "l", "UV": "Q", "SV": "q", "FL": "f", "FD": "d",
}  # fmt: skip
_IN_A_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
_ONE_VALUE = frozenset({"LT", "ST", "UR", "UT"})  # where a backslash is a character
_LEADING_COUNTS = frozenset({"LT", "ST", "UT", "UC", "UR"})
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_WHOLE = re.compile("[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Text:
    """How text is written: Python's names of the Specific Character Set (PS3.3 C.12.1.1.2)."""

    encodings: tuple[str, ...] = ("iso8859",)

    def decoded(self, value: bytes, vr: str) -> str:
        """The text; what is in no set that anybody knows is replaced."""
        if value.isascii() and b"\x1b" not in value:
            return value.decode("ascii")
        if vr not in _IN_A_CHARACTER_SET:
            return value.decode("ascii", "replace")
        delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
        try:
            return decode_bytes(value, list(self.encodings), delimiters)
        except Exception:  # pydicom raises many kinds for bytes that are not in the set they name
            return value.decode("ascii", "replace")


def values(vr: str, value: bytes, text: Text, *, little: bool) -> dict[str, Any]:
    """What stands beside `vr`: a Value, or InlineBinary; nothing for an empty value.

    Raises struct.error for a number of another length than its VR has.
    """
    if vr in BINARY:
        return {"InlineBinary": base64.b64encode(little_endian(vr, value, little=little)).decode()}
    if vr in _NUMBERS:
        return {"Value": [_number(one) for one in words(value, _NUMBERS[vr], little=little)]}
    if vr == "AT":
        pairs = words(value, "H", little=little)
        tags = zip(pairs[::2], pairs[1::2], strict=True)
        return {"Value": [f"{group:04X}{element:04X}" for group, element in tags]}
    whole = writable(text.decoded(value, vr))
    if not whole.strip(" "):
        return {}
    if vr in _ONE_VALUE:
        return {"Value": [whole.rstrip(" ")]}
    return {"Value": [_one(vr, part) for part in whole.split("\\")]}


def little_endian(vr: str, value: bytes, *, little: bool) -> bytes:
    """The bytes of a value as little endian, which JSON and bulk data are (PS3.18 F.2.7)."""
    width = _WORDS.get(vr, 1)
    if little or width == 1 or len(value) % width:
        return value
    turned = array.array({2: "H", 4: "I", 8: "Q"}[width], value)
    turned.byteswap()
    return turned.tobytes()


def words(value: bytes, form: str, *, little: bool) -> tuple[Any, ...]:
    """Numbers of a struct format. Raises struct.error where the length does not fit."""
    count, rest = divmod(len(value), struct.calcsize("<" + form))
    if rest:
        raise struct.error("the value has another length than its VR")
    return struct.unpack(f"{'<' if little else '>'}{count}{form}", value)


def _number(value: int | float) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if abs(value) <= _EXACT else str(value)


def _one(vr: str, part: str) -> Any:
    part = part.rstrip(" ") if vr in _LEADING_COUNTS else part.strip(" ")
    if not part:
        return None
    return _TYPED[vr](part) if vr in _TYPED else part


def _name(part: str) -> dict[str, str]:
    groups = zip(_GROUPS, part.split("="), strict=False)
    return {name: group.strip(" ") for name, group in groups if group.strip(" ")}


def _decimal(part: str) -> Any:
    """A number where it is the very same, else the text (PS3.18 F.2.3)."""
    if _WHOLE.fullmatch(part) and len(part) <= 15 and part.lstrip("+-0"):
        return int(part)
    if not _DECIMAL.fullmatch(part):
        return part
    number = float(part)
    # up to fifteen digits a binary fraction gives the same decimal back
    if len(part) <= 15:
        return number if math.isfinite(number) else part
    try:
        same = math.isfinite(number) and Decimal(part) == Decimal(repr(number))
    except InvalidOperation:
        return part
    return number if same else part


def _whole(part: str) -> Any:
    return int(part) if _WHOLE.fullmatch(part) and abs(int(part)) <= _EXACT else part


_TYPED: dict[str, Callable[[str], Any]] = {"PN": _name, "DS": _decimal, "IS": _whole}
