"""The Native DICOM Model in XML (PS3.19 A.1), of a data set in the DICOM JSON model."""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pydicom.datadict import keyword_for_tag

_NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
# XML 1.0 has no way at all to write these
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CREATOR = re.compile("[0-9A-F]{3}[13579BDF]00[0-9A-F]{2}")


def document(dataset: Mapping[str, Any]) -> bytes:
    """One XML document."""
    body = "".join(_attributes(dataset))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<NativeDicomModel xmlns="{_NAMESPACE}" xml:space="preserve">{body}</NativeDicomModel>'
    ).encode()


def _attributes(dataset: Mapping[str, Any]) -> list[str]:
    creators = {
        (tag[:4], tag[6:8]): str(element.get("Value", [""])[0])
        for tag, element in dataset.items()
        if _CREATOR.fullmatch(tag) and element.get("vr") == "LO" and element.get("Value")
    }
    written = []
    for tag, element in dataset.items():
        keyword = keyword_for_tag(int(tag, 16))
        creator = creators.get((tag[:4], tag[4:6])) if int(tag[:4], 16) % 2 else None
        named = f" keyword={quoteattr(keyword)}" if keyword else ""
        if creator:
            named += f" privateCreator={_quoted(creator)}"
            tag = f"{tag[:4]}00{tag[6:]}"  # noqa: PLW2901 - the block is named by its creator
        vr = element["vr"]
        inner = "".join(_content(vr, element))
        written.append(f'<DicomAttribute tag="{tag}" vr="{vr}"{named}>{inner}</DicomAttribute>')
    return written


def _content(vr: str, element: Mapping[str, Any]) -> list[str]:
    if "BulkDataURI" in element:
        return [f"<BulkData uri={_quoted(element['BulkDataURI'])}/>"]
    if "InlineBinary" in element:
        return [f"<InlineBinary>{element['InlineBinary']}</InlineBinary>"]
    values = enumerate(element.get("Value", []), 1)
    if vr == "SQ":
        return [
            f'<Item number="{number}">{"".join(_attributes(item or {}))}</Item>'
            for number, item in values
        ]
    if vr == "PN":
        return [
            f'<PersonName number="{number}">{_name(value or {})}</PersonName>'
            for number, value in values
        ]
    return [
        f'<Value number="{number}">{"" if value is None else _text(value)}</Value>'
        for number, value in values
    ]


def _name(groups: Mapping[str, str]) -> str:
    written = []
    for group in _GROUPS:
        if group in groups:
            parts = zip(_PARTS, groups[group].split("^"), strict=False)
            inner = "".join(f"<{part}>{_text(value)}</{part}>" for part, value in parts if value)
            written.append(f"<{group}>{inner}</{group}>")
    return "".join(written)


def _text(value: Any) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", str(value)))


def _quoted(value: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", value))
