"""The head of a kept file (PS3.10 7.1): our file meta, then the data set as it came."""

import struct

# our own root under 2.25 (PS3.5 B.2)
IMPLEMENTATION_CLASS_UID = "2.25.302063145896240119850742306811947562013"
IMPLEMENTATION_VERSION_NAME = "CROSSREAD_0"

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


def _element(number: int, vr: bytes, text: str) -> bytes:
    value = text.encode("ascii", "replace")
    if len(value) % 2:
        value += b"\0" if vr == b"UI" else b" "
    return _SHORT.pack(0x0002, number, vr, len(value)) + value
