"""The header of an instance in the DICOM JSON model (PS3.18 Annex F), fit for PostgreSQL's jsonb.

What cannot be written as JSON, and what is too long to be metadata, is left out: it is in the kept
file as it came. Text in a character set that nobody knows is decoded with replacement characters.
"""

import math
from typing import Any

from pydicom import Dataset
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.tag import BaseTag

KEPT_VALUE = 16_384  # bytes; a longer value is bulk data and stays in the object


def metadata(header: Dataset) -> dict[str, Any]:
    """Every element of `header` that can be written, without bulk data and group lengths."""
    written: dict[str, Any] = {}
    for tag in header.keys():  # noqa: SIM118 - items() would decode, and may raise
        if tag.element == 0:
            continue
        try:
            # one by one, so that a broken element does not take the others with it
            element = _element(header, tag)
        except Exception:  # noqa: S112 - pydicom raises many kinds for values that break their VR
            continue
        if element is not None:
            written[f"{tag:08X}"] = element
    return written


def text(value: str) -> str:
    """`value` without what PostgreSQL cannot keep: NUL, and halves of surrogate pairs."""
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _element(header: Dataset, tag: BaseTag) -> dict[str, Any] | None:
    raw = header.get_item(tag)
    if isinstance(raw, RawDataElement):
        vr = raw.VR if raw.VR not in {None, "UN"} else _known_vr(tag)
        if vr != "SQ" and raw.length > KEPT_VALUE:
            return None
        if vr == "DS":
            return _decimals(raw.value or b"")
    element = header[tag]
    if element.VR == "SQ":
        return {"vr": "SQ", "Value": [metadata(item) for item in element.value]}
    return _clean(_json(element))


def _known_vr(tag: BaseTag) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:  # private
        return "UN"


def _decimals(value: bytes) -> dict[str, Any]:
    """Decimal strings, of which a structure set has millions, without an object for each."""
    whole = value.strip(b" \0")
    if not whole:
        return {"vr": "DS"}
    numbers = [float(one) if one.strip() else None for one in whole.split(b"\\")]
    return {"vr": "DS", "Value": [_value(one) for one in numbers]}


def _json(element: DataElement) -> dict[str, Any]:
    one = Dataset()
    one.add(element)
    [written] = one.to_json_dict().values()
    return dict(written)


def _clean(element: dict[str, Any]) -> dict[str, Any]:
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
