"""Read what the archive must know out of an encoded data set, and refuse what is broken."""

import hashlib
import math
import re
import warnings
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
)

from crossread.archive.model import Arrival, NotArchived, Reason
from crossread.archive.structure import PIXEL_DATA, UNDEFINED, Placed, elements

KEPT_VALUE = 16_384  # bytes; a longer value is bulk data and stays in the object
INFLATED_AT_MOST = 2 << 30  # bytes; more is a bomb, not a data set
_UID = re.compile(r"^[0-9]+(\.[0-9]+)*$")
_BULK = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


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
            return "" if value is None else str(value).replace("\x00", "").strip()
        except Exception:  # pydicom raises many kinds for values that break their VR
            return ""

    def number(self, keyword: str) -> int | None:
        """A value as a whole number, or None."""
        try:
            return int(float(self.text(keyword)))
        except (ValueError, OverflowError):
            return None


def read(arrival: Arrival) -> Contents:
    """Look into an instance. Raises NotArchived with the reason why it cannot be kept.

    Values that break their VR, and text in a character set that nobody knows, do not keep an image
    out: they are left out of the index, and stay in the object as they came.
    """
    syntax = arrival.transfer_syntax_uid
    deflated = syntax == DeflatedExplicitVRLittleEndian
    content = _inflate(arrival.dataset) if deflated else arrival.dataset
    implicit = syntax == ImplicitVRLittleEndian
    little = syntax != ExplicitVRBigEndian
    pixels = _pixels(content, implicit=implicit, little=little)
    header = _header(content[: pixels.start] if pixels else content, implicit, little)
    uids = {keyword: _uid(header, keyword) for keyword in _NEEDED}
    if arrival.sop_instance_uid not in {"", uids["SOPInstanceUID"]}:
        raise NotArchived(
            Reason.WRONG_VALUE,
            "The SOP Instance UID that was announced is not the one in the data set.",
        )
    native = pixels is not None and pixels.length != UNDEFINED and not deflated
    return Contents(
        study_instance_uid=uids["StudyInstanceUID"],
        series_instance_uid=uids["SeriesInstanceUID"],
        sop_instance_uid=uids["SOPInstanceUID"],
        sop_class_uid=uids["SOPClassUID"],
        header=header,
        metadata=_metadata(header),
        digest=hashlib.sha256(arrival.dataset).hexdigest(),
        pixel_start=pixels.value if pixels and native else None,
        pixel_bytes=pixels.length if pixels and native else None,
        frames=_frames(header) if pixels else 0,
    )


_NEEDED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")


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
    digits = (time_text.replace(":", "") + "000000")[:6]
    try:
        return datetime(
            on.year, on.month, on.day, int(digits[:2]), int(digits[2:4]), min(59, int(digits[4:6]))
        )  # noqa: DTZ001 - PS3.3 has no zone here; the hospital's own is meant
    except ValueError:
        return datetime(on.year, on.month, on.day)  # noqa: DTZ001


def _pixels(content: bytes, *, implicit: bool, little: bool) -> Placed | None:
    found = None
    seen = 0
    for placed in elements(content, implicit=implicit, little=little):
        seen += 1
        if placed.tag in PIXEL_DATA and found is None:
            found = placed
    if not seen:
        raise NotArchived(Reason.NOT_DICOM, "The data set is empty.")
    return found


def _inflate(content: bytes) -> bytes:
    try:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = inflater.decompress(content, INFLATED_AT_MOST)
    except zlib.error as error:
        raise NotArchived(Reason.NOT_DICOM, "The deflated data set cannot be inflated.") from error
    if inflater.unconsumed_tail:
        raise NotArchived(Reason.UNSUPPORTED, "The deflated data set is larger than 2 GB.")
    if not inflater.eof:
        raise NotArchived(Reason.TRUNCATED, "The deflated data set is cut off; send it again.")
    return inflated


def _header(content: bytes, implicit: bool, little: bool) -> Dataset:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read_dataset(BytesIO(content), implicit, little)
    except NotArchived:
        raise
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
    if len(value) > 64 or not _UID.match(value):
        raise _wrong(keyword)
    return value


def _wrong(keyword: str) -> NotArchived:
    return NotArchived(Reason.WRONG_VALUE, f"The {keyword} is no UID (PS3.5 9.1).")


def _frames(header: Dataset) -> int:
    try:
        return max(1, int(header.get("NumberOfFrames") or 1))
    except Exception:
        return 1


def _metadata(header: Dataset) -> dict[str, Any]:
    """The header in DICOM JSON; a value that cannot be written as JSON is left out."""
    written: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for tag in header.keys():  # noqa: SIM118 - items() would decode, and may raise
            if tag.element == 0:
                continue
            try:
                element = header[tag]
                if element.VR in _BULK and len(element.value or b"") > KEPT_VALUE:
                    continue
                # a whole Dataset knows how to write nested sequences; one element at a time keeps
                # a broken one from taking the others with it
                one = Dataset()
                one.add(element)
                written |= one.to_json_dict(suppress_invalid_tags=True)
            except Exception:  # noqa: S112 - the value stays in the object as it came
                continue
    cleaned: dict[str, Any] = _clean(written)
    return cleaned


def _clean(value: Any) -> Any:
    """Without what PostgreSQL's jsonb refuses: NUL in text, and numbers that are none."""
    match value:
        case dict():
            return {key: _clean(one) for key, one in value.items()}
        case list():
            return [_clean(one) for one in value]
        case str():
            return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
