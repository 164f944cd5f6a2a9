"""STOW-RS of metadata and bulk data: instances are put together here (PS3.18 10.5.1.1, 8.7.3).

The first part describes the instances, in JSON or XML; each further part is bulk data under the
Content-Location by which the description names it.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, BinaryIO, cast

from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Announced
from crossread.gateways.dicomweb import media, multipart, native_xml_read, stow_answer
from crossread.gateways.dicomweb.answers import JSON, PLAIN_JSON, XML
from crossread.gateways.dicomweb.multipart import PartBegins, PartEnds, PartGoesOn
from crossread.gateways.dicomweb.stow_answer import Taken
from crossread.gateways.dicomweb.stow_keep import Said, keep
from crossread.platform.errors import Unreadable

METADATA = frozenset({JSON, XML})
DESCRIPTION_AT_MOST = 64 << 20  # bytes
_IN_MEMORY = 1 << 20  # bytes of one part; what is longer waits on disk
_PIXELS = ("7FE00010", "7FE00008", "7FE00009")
_NATIVE = str(ExplicitVRLittleEndian)


@dataclass(slots=True)
class _Bulk:
    """The parts under one Content-Location: a value, or the frames of compressed pixel data."""

    content_type: str
    files: list[BinaryIO] = field(default_factory=list)

    def values(self) -> list[bytes]:
        """Their bytes."""
        found = []
        for file in self.files:
            file.seek(0)
            found.append(file.read())
        return found


def take_described(
    boundary: bytes, intake: Intake, said: Announced, body: Iterator[bytes]
) -> list[Taken]:
    """Put the described instances together, and take them in. Raises Unreadable."""
    description, bulk = _parts(multipart.Reader(boundary), body)
    receiver = intake.receiver()
    try:
        return [_take(receiver, said, one, bulk) for one in description]
    finally:
        receiver.close()
        for part in bulk.values():
            for file in part.files:
                file.close()


def _parts(
    reader: multipart.Reader, body: Iterator[bytes]
) -> tuple[list[dict[str, Any]], dict[str, _Bulk]]:
    described: list[dict[str, Any]] = []
    bulk: dict[str, _Bulk] = {}
    headers: Mapping[str, str] = {}
    file = _spool()
    length = 0
    for chunk in body:
        for step in reader.feed(chunk):
            match step:
                case PartBegins(headers):
                    file, length = _spool(), 0
                case PartGoesOn(piece):
                    length += len(piece)
                    if _describes(headers) and length > DESCRIPTION_AT_MOST:
                        raise Unreadable("The metadata is too long; send fewer instances at once.")
                    file.write(piece)
                case PartEnds():
                    if _describes(headers):
                        file.seek(0)
                        described += _described(headers["content-type"], file.read())
                        continue
                    kind = headers.get("content-type", "application/octet-stream")
                    place = headers.get("content-location", "")
                    bulk.setdefault(place, _Bulk(kind)).files.append(file)
    reader.close()
    return described, bulk


def _spool() -> BinaryIO:
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(_IN_MEMORY))


def _describes(headers: Mapping[str, str]) -> bool:
    kind = multipart.parameters(headers.get("content-type", ""))[0]
    return kind in METADATA or kind == PLAIN_JSON


def _described(content_type: str, content: bytes) -> list[dict[str, Any]]:
    """Data sets in the DICOM JSON model. Raises Unreadable."""
    if multipart.parameters(content_type)[0] == XML:
        return [native_xml_read.dataset(content)]
    try:
        # numbers as they were written: a decimal string must not pass through a binary fraction
        found = json.loads(content, parse_float=Decimal)
    except ValueError as error:
        raise Unreadable("The metadata is not JSON.") from error
    found = found if isinstance(found, list) else [found]
    if not all(isinstance(one, dict) for one in found):
        raise Unreadable("The metadata is not in the DICOM JSON model (PS3.18 Annex F).")
    return found


def _take(
    receiver: Receiver, said: Announced, described: dict[str, Any], bulk: Mapping[str, _Bulk]
) -> Taken:
    uids = (_first(described, "00080016"), _first(described, "00080018"))
    try:
        syntax, content = _encoded(described, bulk)
    except Exception:  # pydicom raises many kinds for values that are not of their VR
        return Taken(*uids, failure=stow_answer.CANNOT_UNDERSTAND)
    receiver.begin(
        Announced(
            said.hospital_id,
            said.sender,
            syntax,
            *uids,
            protocol=said.protocol,
            study_instance_uid=said.study_instance_uid,
        )
    )
    receiver.write(content)
    return keep(receiver, Said(said.hospital_id, uids))


def _encoded(described: dict[str, Any], bulk: Mapping[str, _Bulk]) -> tuple[str, bytes]:
    """The transfer syntax and the bytes of an instance."""
    syntax = _syntax(described, bulk)
    kept = {tag: element for tag, element in described.items() if tag[:4] != "0002"}
    kept.pop("00083002", None)  # Available Transfer Syntax UID is not of the instance

    def value(tag: str, _: str, uri: str) -> bytes:
        if uri not in bulk:
            raise Unreadable("A BulkDataURI has no part with this Content-Location.")
        values = bulk[uri].values()
        if tag in _PIXELS and syntax != _NATIVE:
            return encapsulate(values)
        return b"".join(values)

    dataset = Dataset.from_json(_plain(kept), value)
    dataset.SpecificCharacterSet = "ISO_IR 192"  # what JSON and XML are written in
    if syntax != _NATIVE:
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, dataset)
    return syntax, buffer.getvalue()


def _syntax(described: Mapping[str, Any], bulk: Mapping[str, _Bulk]) -> str:
    """In what the pixels come."""
    uri = described.get("7FE00010", {}).get("BulkDataURI")
    if uri is None or uri not in bulk:
        return _NATIVE
    kind, named = multipart.parameters(bulk[uri].content_type)
    first = bulk[uri].files[0]
    first.seek(0)
    return named.get("transfer-syntax") or media.syntax_of(kind, first.read(65_536))


def _plain(dataset: Mapping[str, Any]) -> dict[str, Any]:
    return {tag: _element(element) for tag, element in dataset.items() if tag[4:] != "0000"}


def _element(element: Mapping[str, Any]) -> dict[str, Any]:
    values: Sequence[Any] | None = element.get("Value")
    if values is None:
        return dict(element)
    written: list[Any]
    match element.get("vr"):
        case "SQ":
            written = [_plain(item or {}) for item in values]
        case "DS":
            written = [_decimal(value) for value in values]
        case "IS":
            written = [None if value is None else str(value) for value in values]
        case _:
            written = [float(value) if isinstance(value, Decimal) else value for value in values]
    return {**element, "Value": written}


def _decimal(value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= 16 else format_number_as_ds(float(text))


def _first(dataset: Mapping[str, Any], tag: str) -> str:
    values = dataset.get(tag, {}).get("Value") or [""]
    return str(values[0] or "")
