"""A received data set as a file (PS3.10 7): our own file meta before bytes that nobody touches."""

import struct

from crossread.archive.model import Arrival

# under 2.25 (PS3.5 B.2), so that nobody had to give us a root
IMPLEMENTATION_CLASS_UID = "2.25.302063145896240119850742306811947562013"
IMPLEMENTATION_VERSION_NAME = "CROSSREAD_0"
_PREAMBLE = b"\x00" * 128 + b"DICM"


def file_head(arrival: Arrival, sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """Preamble and file meta; the data set follows it.

    Written here and not by pydicom, since what goes into quarantine may announce UIDs that are none
    and must be kept all the same.
    """
    meta = b"".join(
        (
            _element(0x0001, b"OB", b"\x00\x01"),
            _element(0x0002, b"UI", sop_class_uid),
            _element(0x0003, b"UI", sop_instance_uid),
            _element(0x0010, b"UI", arrival.transfer_syntax_uid),
            _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME),
            _element(0x0016, b"AE", arrival.sender[:16]),
        )
    )
    return _PREAMBLE + _element(0x0000, b"UL", struct.pack("<L", len(meta))) + meta


def _element(number: int, vr: bytes, value: bytes | str) -> bytes:
    """One element of group 0002, in Explicit VR Little Endian (PS3.5 7.1.2)."""
    encoded = value if isinstance(value, bytes) else value.encode("ascii", "replace")
    if len(encoded) % 2:
        encoded += b" " if vr in {b"SH", b"AE"} else b"\x00"
    length = struct.pack("<HL", 0, len(encoded)) if vr == b"OB" else struct.pack("<H", len(encoded))
    return struct.pack("<HH", 0x0002, number) + vr + length + encoded
