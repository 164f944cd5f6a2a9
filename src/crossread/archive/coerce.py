"""Bring the header of an image up to what is known today, on its way out.

The kept file never changes. What goes out says in its Original Attributes Sequence what it said
before (PS3.3 C.12.1.1.9). The pixels, and every element that is not corrected, keep their bytes.
"""

import struct
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.filereader import read_dataset
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS, PersonName

from crossread.archive.encoding import Encoding, encoding
from crossread.archive.model import Content, Instance
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, Placed, elements

SYSTEM = "crossread"  # Modifying System
COERCE, CORRECT = "COERCE", "CORRECT"  # Reason for the Attribute Modification
_CHARACTER_SET, _ORIGINALS = 0x00080005, 0x04000561
_MODIFIED = 0x04000550
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UTF8 = "ISO_IR 192"
_IN_A_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is known better today than what an image says; None: as the image says."""

    corrected_at: datetime
    source: str  # who says so: 'registry', 'merge', 'administrator'
    patient_number: str | None = None
    issuer: str | None = None
    patient_name: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    accession_number: str | None = None
    hospital_id: str = ""  # whose image it is, and where its values came from

    def values(self) -> dict[str, str]:
        """By keyword, as DICOM writes them."""
        born = self.birth_date
        told = {
            "AccessionNumber": self.accession_number,
            "PatientName": self.patient_name,
            "PatientID": self.patient_number,
            "IssuerOfPatientID": self.issuer,
            "PatientBirthDate": born.strftime("%Y%m%d") if born else None,
            "PatientSex": self.sex,
        }
        return {keyword: value for keyword, value in told.items() if value is not None}


def coerced(file: bytes, instance: Instance, corrections: Corrections) -> bytes:
    """A kept file as it goes out: the very same bytes where nothing differs.

    Raises NotArchived when the header cannot be read, which was read when it came in.
    """
    head, dataset = file[: instance.dataset_offset], memoryview(file)[instance.dataset_offset :]
    header = None if instance.header_bytes is None else min(instance.header_bytes, len(dataset))
    changed = rewritten(
        dataset,
        instance.transfer_syntax_uid,
        corrections.values(),
        reason=COERCE,
        source=corrections.hospital_id,
        at=corrections.corrected_at,
        header_bytes=header,
    )
    return file if changed is dataset else head + bytes(changed)


def coerced_json(metadata: Mapping[str, Any], corrections: Corrections) -> dict[str, Any]:
    """The same for a header in the DICOM JSON model (PS3.18 F)."""
    answer, before = dict(metadata), {}
    for keyword, value in corrections.values().items():
        tag = f"{_tag(keyword):08X}"
        vr = dictionary_VR(_tag(keyword))
        now = _json(vr, value)
        was = answer.get(tag, {"vr": vr})
        if _told(was) != _told(now):
            before[tag] = was
            answer[tag] = now
    if not before:
        return answer
    item = {
        "04000550": {"vr": "SQ", "Value": [before]},
        "04000562": {"vr": "DT", "Value": [_moment(corrections.corrected_at)]},
        "04000563": {"vr": "LO", "Value": [SYSTEM]},
        "04000564": _json("LO", corrections.hospital_id),
        "04000565": {"vr": "CS", "Value": [COERCE]},
    }
    earlier = answer.get("04000561", {}).get("Value", [])
    answer["04000561"] = {"vr": "SQ", "Value": [*earlier, item]}
    return dict(sorted(answer.items()))


def rewritten(
    dataset: Content,
    transfer_syntax_uid: str,
    values: Mapping[str, str],
    *,
    reason: str,
    source: str,
    at: datetime,
    header_bytes: int | None = None,
) -> Content:
    """An encoded data set with other values, by keyword; itself where it has them already.

    Values are of string VRs. Raises NotArchived when the data set is broken.
    """
    written = encoding(transfer_syntax_uid)
    whole = written.inflated(dataset)
    end = None if written.deflated else header_bytes
    header, rest = _parted(whole, written, end)
    changed = _Header(header, written).with_values(values, reason, source, at)
    if changed is None:
        return dataset
    answer = changed + bytes(rest)
    return _deflated(answer) if written.deflated else answer


def _parted(whole: Content, written: Encoding, end: int | None) -> tuple[bytes, Content]:
    """The elements before the pixel data, and the pixel data with all that follows it."""
    if end is None:
        found = elements(whole, implicit=written.implicit, little=written.little)
        end = next((one.start for one in found if one.tag in PIXEL_DATA), len(whole))
    return bytes(whole[:end]), memoryview(whole)[end:]


class _Header:
    """The top level elements before the pixel data, as bytes that can be put in order anew."""

    def __init__(self, content: bytes, written: Encoding) -> None:
        self._content, self._written = content, written
        order = "<" if written.little else ">"
        self._tag_form, self._long, self._short = (
            struct.Struct(order + form) for form in ("HH", "L", "H")
        )
        found = elements(content, implicit=written.implicit, little=written.little)
        self._placed = {one.tag: one for one in found}
        first = next(iter(self._placed.values()), None)
        # some systems name an explicit syntax and write none of it: what is added is as the rest
        self._implicit = written.implicit or (first is not None and not first.vr)

    def with_values(
        self, values: Mapping[str, str], reason: str, source: str, at: datetime
    ) -> bytes | None:
        """The header with these values; None when it has them already."""
        encodings = self._encodings()
        texts = {_tag(keyword): value for keyword, value in values.items()}
        texts = {tag: new for tag, new in texts.items() if self._text(tag, encodings) != new}
        if not texts:
            return None
        new: dict[int, bytes] = {}
        if not all(_fits(tag, value, encodings) for tag, value in texts.items()):
            if self._is_ascii():  # then UTF-8 changes nothing of what is there
                encodings = ["utf-8"]
                new[_CHARACTER_SET] = self._element(_CHARACTER_SET, "CS", _UTF8.encode())
            else:
                texts = {tag: _plain(value) for tag, value in texts.items()}
        changed = [*texts, *new]
        for tag, value in texts.items():
            new[tag] = self._element(tag, dictionary_VR(tag), _encoded(tag, value, encodings))
        new[_ORIGINALS] = self._originals(sorted(changed), reason, source, at)
        return self._put_together(new)

    def _put_together(self, new: Mapping[int, bytes]) -> bytes:
        groups = {tag >> 16 for tag in new}
        kept = {
            tag: self._content[one.start : one.end]
            for tag, one in self._placed.items()
            # the length of a group that changes is not true any more; it may be left out
            if not (tag & 0xFFFF == 0 and tag >> 16 in groups)
        }
        return b"".join(value for _, value in sorted((kept | dict(new)).items()))

    def _originals(self, tags: list[int], reason: str, source: str, at: datetime) -> bytes:
        """The sequence that was there, and one item more. Source: PS3.3 C.12.1.1.9."""
        before = b"".join(
            self._before(tag)
            if tag in self._placed
            else self._element(tag, dictionary_VR(tag), b"")
            for tag in tags
        )
        item = b"".join(
            (
                self._sequence(_MODIFIED, self._item(before)),
                self._element(0x04000562, "DT", _moment(at).encode()),
                self._element(0x04000563, "LO", SYSTEM.encode()),
                self._element(0x04000564, "LO", source.encode("ascii", "replace")[:64]),
                self._element(0x04000565, "CS", reason.encode()),
            )
        )
        return self._sequence(_ORIGINALS, self._earlier() + self._item(item))

    def _before(self, tag: int) -> bytes:
        one = self._placed[tag]
        return self._content[one.start : one.end]

    def _earlier(self) -> bytes:
        """The items of the Original Attributes Sequence as it came."""
        one = self._placed.get(_ORIGINALS)
        if one is None:
            return b""
        delimiter = 8 if one.length == UNDEFINED else 0
        return self._content[one.value : one.end - delimiter]

    def _element(self, tag: int, vr: str, value: bytes) -> bytes:
        if len(value) % 2:
            value += b"\0" if vr == "UI" else b" "
        head = self._tag_form.pack(tag >> 16, tag & 0xFFFF)
        if self._implicit:
            return head + self._long.pack(len(value)) + value
        return head + vr.encode() + self._short.pack(len(value)) + value

    def _sequence(self, tag: int, items: bytes) -> bytes:
        """A sequence of undefined length, since items that were there may be so too."""
        head = self._tag_form.pack(tag >> 16, tag & 0xFFFF)
        if not self._implicit:
            head += b"SQ\0\0"
        return head + self._long.pack(UNDEFINED) + items + self._mark(_SEQUENCE_END, 0)

    def _item(self, content: bytes) -> bytes:
        return self._mark(_ITEM, UNDEFINED) + content + self._mark(_ITEM_END, 0)

    def _mark(self, tag: int, length: int) -> bytes:
        return self._tag_form.pack(tag >> 16, tag & 0xFFFF) + self._long.pack(length)

    def _encodings(self) -> list[str]:
        """What its text is written in, as Python calls it (PS3.5 6.1)."""
        named = self._raw(_CHARACTER_SET).decode("ascii", "replace").strip(" \0")
        try:
            return list(convert_encodings(named.split("\\")))
        except LookupError:
            return ["iso8859"]

    def _text(self, tag: int, encodings: list[str]) -> str | None:
        """The value as text; None where there is no such element."""
        if tag not in self._placed:
            return None
        raw = self._raw(tag)
        if dictionary_VR(tag) not in _IN_A_CHARACTER_SET:
            return raw.decode("ascii", "replace").strip(" \0")
        delimiters = PN_DELIMS if dictionary_VR(tag) == "PN" else TEXT_VR_DELIMS
        return decode_bytes(raw, encodings, delimiters).strip(" \0")

    def _raw(self, tag: int) -> bytes:
        one: Placed | None = self._placed.get(tag)
        return self._content[one.value : one.end] if one and one.length != UNDEFINED else b""

    def _is_ascii(self) -> bool:
        """Whether no text of the header, at any depth, is of another character set."""
        dataset = read_dataset(BytesIO(self._content), self._implicit, self._written.little)
        return all(value.isascii() and b"\x1b" not in value for value in _texts(dataset))


def _texts(dataset: Any) -> Iterator[bytes]:
    for tag in dataset.keys():  # noqa: SIM118 - items() would decode
        raw = dataset.get_item(tag)
        value = getattr(raw, "value", None)
        vr = str(raw.VR or "UN")
        if vr in _IN_A_CHARACTER_SET and isinstance(value, bytes):
            yield value
        elif vr == "SQ":
            for item in dataset[tag].value:
                yield from _texts(item)


def _fits(tag: int, value: str, encodings: list[str]) -> bool:
    if value.isascii():
        return True
    if dictionary_VR(tag) not in _IN_A_CHARACTER_SET:
        return False
    # pydicom takes the default repertoire for Latin-1, and it is ASCII (PS3.5 6.1.2.1)
    if encodings[0] == "iso8859" and any("\x7f" < one <= "\xff" for one in value):
        return False
    delimiters = PN_DELIMS if dictionary_VR(tag) == "PN" else TEXT_VR_DELIMS
    try:
        return decode_bytes(_encoded(tag, value, encodings), encodings, delimiters) == value
    except (LookupError, UnicodeError):
        return False


def _encoded(tag: int, value: str, encodings: list[str]) -> bytes:
    if value.isascii():
        return value.encode()
    if dictionary_VR(tag) == "PN":
        return bytes(PersonName(value).encode(encodings))
    return value.encode(encodings[0])


def _plain(value: str) -> str:
    """Without accents, and a question mark for what is no Latin letter."""
    bare = unicodedata.normalize("NFKD", value)
    kept = "".join(one for one in bare if not unicodedata.combining(one))
    return kept.encode("ascii", "replace").decode()


def _tag(keyword: str) -> int:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise ValueError(f"{keyword} is no attribute of the standard")
    return tag


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")


def _json(vr: str, value: str) -> dict[str, Any]:
    if not value:
        return {"vr": vr}
    if vr != "PN":
        return {"vr": vr, "Value": [value]}
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), value.split("="), strict=False)
    return {"vr": vr, "Value": [{name: text for name, text in groups if text}]}


def _told(element: Mapping[str, Any]) -> Any:
    values = element.get("Value") or [""]
    return values[0]


def _deflated(content: bytes) -> bytes:
    squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    answer = squeezer.compress(content) + squeezer.flush()
    return answer + b"\0" * (len(answer) % 2)
