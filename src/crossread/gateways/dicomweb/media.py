"""Media types of frames, and the transfer syntaxes they stand for (PS3.18 8.7.3)."""

from crossread.platform.errors import Unreadable

OCTETS = "application/octet-stream"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"

# of each compressed transfer syntax, the media type that one of its frames has
MEDIA_OF: dict[str, str] = {
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.100": "video/mpeg",
    "1.2.840.10008.1.2.4.101": "video/mpeg",
    "1.2.840.10008.1.2.4.102": "video/mp4",
    "1.2.840.10008.1.2.4.103": "video/mp4",
    "1.2.840.10008.1.2.4.104": "video/mp4",
    "1.2.840.10008.1.2.4.105": "video/mp4",
    "1.2.840.10008.1.2.4.106": "video/mp4",
    "1.2.840.10008.1.2.4.107": "video/H265",
    "1.2.840.10008.1.2.4.108": "video/H265",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
}
# what a media type without a transfer syntax means (Table 8.7.3-3)
_DEFAULT: dict[str, str] = {
    OCTETS: EXPLICIT_LITTLE,
    "image/dicom-rle": "1.2.840.10008.1.2.5",
    "image/x-dicom-rle": "1.2.840.10008.1.2.5",
    "image/jpeg": "1.2.840.10008.1.2.4.70",
    "image/jls": "1.2.840.10008.1.2.4.80",
    "image/x-jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90",
    "image/jpx": "1.2.840.10008.1.2.4.92",
    "image/jphc": "1.2.840.10008.1.2.4.201",
    "video/mpeg": "1.2.840.10008.1.2.4.100",
    "video/mpeg2": "1.2.840.10008.1.2.4.100",
    "video/mp4": "1.2.840.10008.1.2.4.102",
    "video/h265": "1.2.840.10008.1.2.4.107",
}
# what the first frame header of a JPEG stream means (ITU T.81 Table B.1)
_JPEG = {0xC0: JPEG_BASELINE, 0xC1: "1.2.840.10008.1.2.4.51", 0xC3: "1.2.840.10008.1.2.4.70"}


def default_syntax(kind: str) -> str | None:
    """The transfer syntax that a media type means where none is named."""
    return _DEFAULT.get(kind.lower())


def syntax_of(kind: str, content: bytes) -> str:
    """The transfer syntax of a frame of this media type. Raises Unreadable."""
    if kind == "image/jpeg":
        at = 2
        while at + 4 <= len(content) and content[at] == 0xFF:
            if content[at + 1] in _JPEG:
                return _JPEG[content[at + 1]]
            at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    found = default_syntax(kind)
    if found is None:
        raise Unreadable(f"Pixels of the media type {kind[:40]} are not known.")
    return found
