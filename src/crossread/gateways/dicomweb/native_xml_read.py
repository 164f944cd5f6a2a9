"""A document of the Native DICOM Model (PS3.19 A.1) as a data set in the DICOM JSON model."""

from typing import Any
from xml.etree import ElementTree

from crossread.platform.errors import Unreadable

_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_WHOLE = frozenset({"IS", "US", "SS", "UL", "SL", "UV", "SV"})
_FRACTION = frozenset({"FL", "FD"})


def dataset(document: bytes) -> dict[str, Any]:
    """The data set. Raises Unreadable."""
    if b"<!DOCTYPE" in document or b"<!ENTITY" in document:
        raise Unreadable("The metadata may not define entities.")
    try:
        return _attributes(ElementTree.fromstring(document))  # noqa: S314 - no entities in it
    except (ElementTree.ParseError, ValueError, KeyError) as error:
        raise Unreadable("The metadata is not a Native DICOM Model (PS3.19 A.1).") from error


def _attributes(parent: ElementTree.Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    blocks: dict[tuple[str, str], str] = {}  # group and creator: its block
    for one in parent:
        if _name(one) != "DicomAttribute":
            continue
        tag, vr, creator = one.attrib["tag"].upper(), one.attrib["vr"], one.get("privateCreator")
        if creator and tag[4:6] == "00" and int(tag[:4], 16) % 2:
            block = blocks.setdefault((tag[:4], creator), f"{0x10 + len(blocks):02X}")
            found.setdefault(f"{tag[:4]}00{block}", {"vr": "LO", "Value": [creator]})
            tag = f"{tag[:4]}{block}{tag[6:]}"
        found[tag] = {"vr": vr, **_content(vr, one)}
    return dict(sorted(found.items()))


def _content(vr: str, attribute: ElementTree.Element) -> dict[str, Any]:
    values: list[Any] = []
    for child in attribute:
        match _name(child):
            case "BulkData":
                return {"BulkDataURI": child.attrib["uri"]}
            case "InlineBinary":
                return {"InlineBinary": (child.text or "").strip()}
            case "Item":
                values.append(_attributes(child))
            case "PersonName":
                values.append(_person(child))
            case "Value":
                values.append(_value(vr, child.text or ""))
    return {"Value": values} if values else {}


def _person(name: ElementTree.Element) -> dict[str, str]:
    groups = {}
    for group in name:
        if _name(group) in _GROUPS:
            parts = {_name(part): part.text or "" for part in group}
            groups[_name(group)] = "^".join(parts.get(part, "") for part in _PARTS).rstrip("^")
    return groups


def _value(vr: str, text: str) -> Any:
    if not text:
        return None
    if vr in _WHOLE:
        return int(text)
    return float(text) if vr in _FRACTION else text


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]
