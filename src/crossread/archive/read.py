"""Read what the archive must know out of an encoded data set, and refuse what is broken."""

import hashlib
import logging
import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from pydicom import Dataset
from pydicom.filereader import read_dataset

from crossread.archive.encoding import Encoding, encoding
from crossread.archive.metadata import metadata, text
from crossread.archive.model import Arrival, NotArchived, Reason
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, Placed, elements

TEXT_AT_MOST = 256  # characters of a value in the index; the file keeps all of it
NUMBER_AT_MOST = 2_147_483_647  # PostgreSQL's integer
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_NEEDED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")

# both would repeat the values they complain of, and those can be patient data
warnings.filterwarnings("ignore", module=r"pydicom\b")
logging.getLogger("pydicom").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Contents:
    """What an instance says of itself."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    header: Dataset  # everything before the pixel data
    metadata: dict[str, Any]  # DICOM JSON (PS3.18 F) without bulk data
    digest: str  # sha-256 of the data set as received, hex
    pixel_start: int | None  # offset of native pixel data in the data set
    pixel_bytes: int | None
    frames: int

    def text(self, keyword: str) -> str:
        """A value as text; empty where there is none, or none that can be read."""
        try:
            value = self.header.get(keyword)
            return "" if value is None else text(str(value)).strip()[:TEXT_AT_MOST]
        except Exception:  # pydicom raises many kinds for values that break their VR
            return ""

    def number(self, keyword: str) -> int | None:
        """A value as a whole number, or None."""
        try:
            number = int(float(self.text(keyword)))
        except (ValueError, OverflowError):
            return None
        return number if abs(number) <= NUMBER_AT_MOST else None


def read(arrival: Arrival) -> Contents:
    """Look into an instance. Raises NotArchived with the reason why it cannot be kept.

    Values that break their VR, and text in a character set that nobody knows, do not keep an image
    out: they are left out of the index, or decoded with replacement characters, and stay in the
    object as they came.
    """
    written = encoding(arrival.transfer_syntax_uid)
    content = written.inflated(arrival.dataset)
    pixels = _pixels(content, written)
    header = _header(content[: pixels.start] if pixels else content, written)
    uids = {keyword: _uid(header, keyword) for keyword in _NEEDED}
    _agree(arrival, uids)
    native = pixels is not None and pixels.length != UNDEFINED and not written.deflated
    return Contents(
        study_instance_uid=uids["StudyInstanceUID"],
        series_instance_uid=uids["SeriesInstanceUID"],
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=uids["SOPClassUID"],
        header=header,
        metadata=metadata(header),
        digest=hashlib.sha256(arrival.dataset).hexdigest(),
        pixel_start=pixels.value if pixels and native else None,
        pixel_bytes=pixels.length if pixels and native else None,
        frames=_frames(header) if pixels else 0,
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


def _pixels(content: bytes, written: Encoding) -> Placed | None:
    """Where the pixel data lies. Raises NotArchived unless all elements are there in full."""
    found = None
    last = -1
    for placed in elements(content, implicit=written.implicit, little=written.little):
        if placed.tag in PIXEL_DATA and found is None:
            found = placed
        last = placed.tag
    if last < 0:
        raise NotArchived(Reason.NOT_DICOM, "The data set is empty.")
    return found


def _header(content: bytes, written: Encoding) -> Dataset:
    try:
        return read_dataset(BytesIO(content), written.implicit, written.little)
    except Exception as error:  # pydicom raises many kinds for bytes that are no elements
        raise NotArchived(
            Reason.NOT_DICOM,
            "This is not a DICOM data set in the transfer syntax that was agreed.",
            cause=type(error).__name__,
        ) from error


def _uid(header: Dataset, keyword: str) -> str:
    try:
        value = str(header.get(keyword) or "").replace("\x00", "").strip()
    except Exception as error:
        raise _wrong(keyword) from error
    if not value:
        raise NotArchived(
            Reason.MISSING_UID,
            f"The data set has no {keyword}; its modality or PACS must give it one.",
        )
    if len(value) > 64 or not _UID.fullmatch(value):
        raise _wrong(keyword)
    return value


def _wrong(keyword: str) -> NotArchived:
    return NotArchived(Reason.WRONG_VALUE, f"The {keyword} is no UID (PS3.5 9.1).")


def _agree(arrival: Arrival, uids: dict[str, str]) -> None:
    """What the sender announced must be what came (PS3.4 B.2.3)."""
    if arrival.sop_instance_uid not in {"", uids["SOPInstanceUID"]}:
        raise NotArchived(
            Reason.WRONG_VALUE,
            "The SOP Instance UID that was announced is not the one in the data set.",
        )
    if arrival.sop_class_uid not in {"", uids["SOPClassUID"]}:
        raise NotArchived(
            Reason.OTHER_CLASS,
            "The SOP Class UID that was announced is not the one in the data set.",
        )


def _frames(header: Dataset) -> int:
    try:
        return min(max(1, int(header.get("NumberOfFrames") or 1)), NUMBER_AT_MOST)
    except Exception:  # pydicom raises many kinds for values that break their VR
        return 1
