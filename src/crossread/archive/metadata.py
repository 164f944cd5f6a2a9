"""The header of an instance in the DICOM JSON model (PS3.18 Annex F), fit for PostgreSQL's jsonb.

What cannot be written as JSON, and what is too long to be metadata, is left out: it is in the kept
file as it came. Text in a character set that nobody knows is decoded with replacement characters.
"""

import math
from collections.abc import Iterator
from typing import Any

from pydicom import Dataset

KEPT_VALUE = 16_384  # bytes; a longer value is bulk data and stays in the object
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_NUMBER = 8  # bytes that a number counts for


def metadata(header: Dataset) -> dict[str, Any]:
    """Every element of `header` that can be written, without bulk data and group lengths."""
    written: dict[str, Any] = {}
    for tag in header.keys():  # noqa: SIM118 - items() would decode, and may raise
        if tag.element == 0:
            continue
        try:
            element = header[tag]
            if element.VR in _BINARY and len(element.value or b"") > KEPT_VALUE:
                continue
            # a whole Dataset knows how to write nested sequences; one element at a time keeps a
            # broken one from taking the others with it
            one = Dataset()
            one.add(element)
            written |= _elements(one.to_json_dict(suppress_invalid_tags=True))
        except Exception:  # noqa: S112 - pydicom raises many kinds for values that break their VR
            continue
    return written


def text(value: str) -> str:
    """`value` without what PostgreSQL cannot keep: NUL, and halves of surrogate pairs."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _elements(written: dict[str, Any]) -> dict[str, Any]:
    return {
        tag: _clean(element) for tag, element in written.items() if _size(element) <= KEPT_VALUE
    }


def _clean(element: dict[str, Any]) -> dict[str, Any]:
    if element.get("vr") == "SQ":
        return element | {"Value": [_elements(item) for item in element.get("Value", ())]}
    if "Value" in element:
        return element | {"Value": [_value(one) for one in element["Value"]]}
    return element


def _value(value: Any) -> Any:
    match value:
        case dict():  # a person's name, by its representations
            return {key: _value(one) for key, one in value.items()}
        case str():
            return text(value)
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def _size(element: dict[str, Any]) -> int:
    """About how many bytes the values of one element take; those of a sequence count apart."""
    if element.get("vr") == "SQ":
        return 0
    return len(element.get("InlineBinary", "")) * 3 // 4 + sum(_sizes(element.get("Value", ())))


def _sizes(values: Any) -> Iterator[int]:
    for value in values:
        yield len(value) if isinstance(value, str) else _NUMBER
