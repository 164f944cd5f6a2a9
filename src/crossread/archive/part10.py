"""The head of a file (PS3.10 7.1): as we write it before a data set, and as others wrote theirs."""

import struct
from dataclasses import dataclass

from crossread.archive.model import NotArchived, Reason

# our own root under 2.25 (PS3.5 B.2)
IMPLEMENTATION_CLASS_UID = "2.25.302063145896240119850742306811947562013"
IMPLEMENTATION_VERSION_NAME = "CROSSREAD_0"

META_AT_MOST = 65_536  # bytes of one element
_LONG = frozenset({b"OB", b"UN", b"OW", b"SQ", b"UT"})
_PREAMBLE = b"\0" * 128 + b"DICM"
_SHORT = struct.Struct("<HH2sH")
_VERSION = struct.pack("<HH2sHL", 0x0002, 0x0001, b"OB", 0, 2) + b"\x00\x01"


def head(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str, sender: str) -> bytes:
    """Preamble and file meta of an instance that `sender` (its AE title) sent.

    Written by hand: every image that comes in gets one, and a data set object for each would cost
    more than the image.
    """
    elements = b"".join(
        (
            _VERSION,
            _element(0x0002, b"UI", sop_class_uid or "0"),
            _element(0x0003, b"UI", sop_instance_uid or "0"),
            _element(0x0010, b"UI", transfer_syntax_uid),
            _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
            _element(0x0016, b"AE", sender[:16]),
        )
    )
    length = struct.pack("<HH2sHL", 0x0002, 0x0000, b"UL", 4, len(elements))
    return _PREAMBLE + length + elements


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What the head of somebody else's file says."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    length: int  # of the head; the data set follows


def file_meta(content: bytes | bytearray) -> FileMeta | None:
    """The head of a file of which `content` is the beginning; None while it is not all there.

    Raises NotArchived(NOT_DICOM) where it is no such file.
    """
    named: dict[int, str] = {}
    offset = 132
    if content[128:132] != b"DICM"[: max(0, len(content) - 128)]:
        if content[:2] != b"\x02\0":
            raise NotArchived(Reason.NOT_DICOM, "This is not a DICOM file (PS3.10).")
        offset = 0  # some leave the preamble out
    while True:
        if len(content) < offset + 12:
            return None
        group, number, vr, length = _SHORT.unpack_from(content, offset)
        if group != 0x0002:
            break
        start = offset + 8
        if vr in _LONG:
            [length] = struct.unpack_from("<L", content, offset + 8)
            start += 4
        if length > META_AT_MOST:
            raise NotArchived(Reason.NOT_DICOM, "The head of this DICOM file cannot be read.")
        if len(content) < start + length:
            return None
        named[number] = content[start : start + length].decode("ascii", "replace").strip(" \0")
        offset = start + length
    return FileMeta(named.get(0x0002, ""), named.get(0x0003, ""), named.get(0x0010, ""), offset)


def _element(number: int, vr: bytes, text: str) -> bytes:
    value = text.encode("ascii", "replace")
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    return _SHORT.pack(0x0002, number, vr, len(value)) + value
