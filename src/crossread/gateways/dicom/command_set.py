"""The elements of a command set, in Implicit VR Little Endian and of group 0 (PS3.7 6.3)."""

import struct

from crossread.gateways.dicom.pdu import Malformed

ELEMENT = struct.Struct("<HHL")  # group, element, length of the value


def elements(content: bytes) -> dict[int, bytes]:
    """Each value by the number of its element. Raises Malformed."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(content):
        if len(content) - at < 8:
            raise Malformed("A command set ends in the middle of an element.")
        group, element, length = ELEMENT.unpack_from(content, at)
        at += 8
        if length > len(content) - at:
            raise Malformed("An element of a command set is longer than the set.")
        if group == 0:
            found[element] = content[at : at + length]
        at += length
    return found


def number(found: dict[int, bytes], tag: int, absent: int | None = None) -> int:
    """A number (US); `absent` where there is none. Raises Malformed."""
    value = found.get(tag)
    if not value and absent is not None:
        return absent
    if value is None or len(value) != 2:
        raise Malformed("A command set lacks a number that it must have.")
    return int.from_bytes(value, "little")


def uid(found: dict[int, bytes], tag: int) -> str:
    """A UID; empty where there is none."""
    return found.get(tag, b"").decode("ascii", "replace").rstrip("\0 ")
