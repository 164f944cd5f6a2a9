"""Read what the archive must know out of an encoded data set, and refuse what is broken.

Nothing is decoded but the few values that the index holds: every image that comes in goes through
here, between the last of its bytes and the answer to its sender.
"""

import logging
import re
import struct
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from crossread.archive.encoding import Encoding, encoding
from crossread.archive.frames import Span, encapsulated, native_frame_bytes
from crossread.archive.metadata import text
from crossread.archive.model import Announced, Content, NotArchived, Reason
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, Placed, elements, items

TEXT_AT_MOST = 256  # characters of a value in the index; the file keeps all of it
NUMBER_AT_MOST = 2_147_483_647  # PostgreSQL's integer
_CHARACTER_SET, _STUDY_INSTANCE_UID = 0x00080005, 0x0020000D
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_NEEDED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")
_NUMBERS = {"US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d"}
_IN_A_CHARACTER_SET = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})

# both would repeat the values they complain of, and those can be patient data
warnings.filterwarnings("ignore", module=r"pydicom\b")
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


class Header:
    """The elements before the pixel data, decoded one by one and only when asked for."""

    def __init__(
        self,
        content: Content,
        placed: dict[int, Placed],
        written: Encoding,
        character_set: bytes = b"",
    ) -> None:
        self._content, self._placed, self._written = content, placed, written
        self._character_set = self.raw(_CHARACTER_SET) or character_set

    def __contains__(self, tag: int) -> bool:
        return tag in self._placed

    def raw(self, tag: int) -> bytes:
        """The encoded value; empty where there is none, or a sequence."""
        placed = self._placed.get(tag)
        if placed is None or placed.length in {0, UNDEFINED} or placed.vr == b"SQ":
            return b""
        return bytes(self._content[placed.value : placed.end])

    def text(self, keyword: str) -> str:
        """A value as text; empty where there is none, or none that can be read."""
        tag, vr = _known(keyword)
        value = self.raw(tag)
        if not value:
            return ""
        if vr in _NUMBERS:
            return self._number(value, _NUMBERS[vr])
        if vr in _IN_A_CHARACTER_SET and (b"\x1b" in value or not value.isascii()):
            decoded = self._decoded(value, vr)
        else:
            decoded = value.decode("ascii", "replace")
        return text(decoded).strip()[:TEXT_AT_MOST].rstrip()

    def number(self, keyword: str) -> int | None:
        """A value as a whole number, or None."""
        try:
            number = int(float(self.text(keyword)))
        except (ValueError, OverflowError):
            return None
        return number if abs(number) <= NUMBER_AT_MOST else None

    def items(self, keyword: str) -> list["Header"]:
        """The items of a sequence; none where there is none, or it is broken."""
        placed = self._placed.get(_known(keyword)[0])
        if placed is None or placed.vr not in {b"SQ", b"UN", b""}:
            return []
        written = self._written
        implicit = written.implicit or placed.vr == b"UN"
        found = []
        try:
            for content in items(
                self._content, placed, implicit=written.implicit, little=written.little
            ):
                inner = {
                    one.tag: one
                    for one in elements(content, implicit=implicit, little=written.little)
                }
                within = Encoding(implicit, written.little, deflated=False)
                found.append(Header(content, inner, within, self._character_set))
        except NotArchived:  # the image is kept all the same; this is only left out of the index
            return []
        return found

    def _number(self, value: bytes, form: str) -> str:
        order = "<" if self._written.little else ">"
        try:
            return str(struct.unpack_from(order + form, value)[0])
        except struct.error:
            return ""

    def _decoded(self, value: bytes, vr: str) -> str:
        named = self._character_set.decode("ascii", "replace").strip(" \0")
        delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
        try:
            return decode_bytes(value, _encodings(named), delimiters)
        except Exception:  # pydicom raises many kinds for bytes that are not in the set they name
            return value.decode("ascii", "replace")


@dataclass(frozen=True, slots=True)
class Contents:
    """What an instance says of itself."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    header: Header
    header_bytes: int  # of the data set before its pixel data
    pixel_start: int | None  # offset of native pixel data in the data set
    pixel_bytes: int | None
    frame_bytes: int | None  # of one native frame
    spans: list[Span]  # of encapsulated frames, offsets in the data set
    frames: int


def read(content: Content, announced: Announced) -> Contents:
    """Look into an encoded data set. Raises NotArchived with the reason why it cannot be kept.

    Values that break their VR, and text in a character set that nobody knows, do not keep an image
    out: they are left out of the index, or decoded with replacement characters, and stay in the
    object as they came.
    """
    written = encoding(announced.transfer_syntax_uid)
    inflated = written.inflated(content)
    placed, pixels = _elements(inflated, written)
    header = Header(inflated, placed, written)
    uids = {keyword: _uid(header, keyword) for keyword in _NEEDED}
    _agree(announced, uids)
    frames = (min(max(1, header.number("NumberOfFrames") or 1), NUMBER_AT_MOST)) if pixels else 0
    native = pixels if pixels and pixels.length != UNDEFINED else None
    at_once = native if not written.deflated else None
    compressed = pixels if pixels and not native and not written.deflated else None
    return Contents(
        study_instance_uid=uids["StudyInstanceUID"],
        series_instance_uid=uids["SeriesInstanceUID"],
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=uids["SOPClassUID"],
        header=header,
        header_bytes=len(content) if written.deflated or not pixels else pixels.start,
        pixel_start=at_once.value if at_once else None,
        pixel_bytes=at_once.length if at_once else None,
        frame_bytes=native_frame_bytes(header, native.length, frames) if native else None,
        spans=encapsulated(inflated, compressed, placed, frames) if compressed else [],
        frames=frames,
    )


def day(text: str) -> date | None:
    """A DA value (PS3.5 6.2) as a date, also in the old form with dots; else None."""
    digits = text.replace(".", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def moment(day_text: str, time_text: str) -> datetime | None:
    """DA and TM values as a moment in the hospital's own time; None without a day."""
    on = day(day_text)
    if on is None:
        return None
    digits = (time_text.replace(":", "").partition(".")[0] + "000000")[:6]
    start = datetime(on.year, on.month, on.day)  # noqa: DTZ001 - PS3.3 names no zone here
    try:
        hour, minute, second = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
        return start.replace(hour=hour, minute=minute, second=min(59, second))
    except ValueError:
        return start


def study_of(head: bytes | bytearray, transfer_syntax_uid: str) -> str | None:
    """The Study Instance UID, as soon as the first bytes of a data set show it.

    Only says where to put the rest; None while it is not there, or cannot be seen (deflated).
    """
    try:
        written = encoding(transfer_syntax_uid)
        if written.deflated:
            return None
        for placed in elements(memoryview(head), implicit=written.implicit, little=written.little):
            if placed.tag == _STUDY_INSTANCE_UID:
                return _plain(head[placed.value : placed.end])
    except NotArchived:
        return None
    return None


def _elements(content: Content, written: Encoding) -> tuple[dict[int, Placed], Placed | None]:
    """Everything by its tag, and the pixel data. Raises NotArchived unless all is there in full."""
    found = {
        one.tag: one for one in elements(content, implicit=written.implicit, little=written.little)
    }
    if not found:
        raise NotArchived(Reason.NOT_DICOM, "The data set is empty.")
    pixels = next((found[tag] for tag in sorted(PIXEL_DATA) if tag in found), None)
    return found, pixels


@cache
def _known(keyword: str) -> tuple[int, str]:
    tag = tag_for_keyword(keyword)
    assert tag is not None, keyword  # noqa: S101 - our own constants
    return tag, dictionary_VR(tag)


@cache
def _encodings(named: str) -> list[str]:
    return list(convert_encodings(named.split("\\")))


def _plain(uid: bytes | bytearray) -> str:
    """A UID without its padding, and without what some systems pad it with."""
    return uid.decode("ascii", "replace").replace("\x00", "").strip()


def _uid(header: Header, keyword: str) -> str:
    value = _plain(header.raw(_known(keyword)[0]))
    if not value:
        raise NotArchived(
            Reason.MISSING_UID,
            f"The data set has no {keyword}; its modality or PACS must give it one.",
        )
    if len(value) > 64 or not _UID.fullmatch(value):
        raise NotArchived(Reason.WRONG_VALUE, f"The {keyword} is no UID (PS3.5 9.1).")
    return value


def _agree(announced: Announced, uids: dict[str, str]) -> None:
    """What the sender announced must be what came (PS3.4 B.2.3)."""
    if announced.sop_instance_uid not in {"", uids["SOPInstanceUID"]}:
        raise NotArchived(
            Reason.WRONG_VALUE,
            "The SOP Instance UID that was announced is not the one in the data set.",
        )
    if announced.sop_class_uid not in {"", uids["SOPClassUID"]}:
        raise NotArchived(
            Reason.OTHER_CLASS,
            "The SOP Class UID that was announced is not the one in the data set.",
        )
    if announced.study_instance_uid not in {"", uids["StudyInstanceUID"]}:
        raise NotArchived(
            Reason.OTHER_STUDY, "This instance belongs to another study than it was sent for."
        )
