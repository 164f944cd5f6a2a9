"""A minimal C-FIND SCU: it takes answers as bytes, so that it costs less than what it measures."""

import socket
import struct
from collections.abc import Mapping

from pydicom.datadict import tag_for_keyword

_STUDY_ROOT = b"1.2.840.10008.5.1.4.1.2.2.1"
_IMPLICIT = b"1.2.840.10008.1.2"
_APPLICATION = b"1.2.840.10008.3.1.1.1"
_PENDING = (0xFF00, 0xFF01)


class Finder:
    """An association with an SCP of Study Root FIND."""

    def __init__(self, port: int, *, called: str, calling: str) -> None:
        self._link = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._link.makefile("rb", buffering=1 << 17)
        self._link.sendall(_request(called, calling))
        kind, _ = self._pdu()
        if kind != 0x02:
            raise ConnectionError(f"the association was refused, with PDU {kind}")
        self._message = 0

    def close(self) -> None:
        """Release the association."""
        self._link.sendall(b"\x05\0" + struct.pack(">L4x", 4))
        self._pdu()
        self._link.close()

    def find(self, keys: Mapping[str, str], *, at_most: int = 0) -> int:
        """How many studies fit; with `at_most`, cancels when so many have come."""
        self._message = self._message % 60_000 + 1
        self._send(0x03, _command(self._message))
        self._send(0x02, _identifier(keys))
        found = 0
        while True:
            kind, content = self._pdu()
            if kind != 0x04:
                raise ConnectionError(f"PDU {kind} came instead of an answer")
            for control, value in _values(content):
                if not control & 0x01:
                    found += control >> 1
                    if found == at_most:
                        self._send(0x03, _cancel(self._message))
                    continue
                status = _status(value)
                if status not in _PENDING:
                    if status not in (0x0000, 0xFE00):
                        raise ConnectionError(f"C-FIND ended with status {status:04X}H")
                    return found

    def _send(self, control: int, value: bytes) -> None:
        self._link.sendall(
            struct.pack(">BxLLBB", 0x04, len(value) + 6, len(value) + 2, 1, control) + value
        )

    def _pdu(self) -> tuple[int, bytes]:
        head = self._stream.read(6)
        if len(head) < 6:
            raise ConnectionError("the peer went away")
        kind, length = struct.unpack(">BxL", head)
        return kind, self._stream.read(length)


def _values(content: bytes) -> list[tuple[int, bytes]]:
    """The control header and value of each PDV."""
    found, offset = [], 0
    while offset < len(content):
        [length] = struct.unpack_from(">L", content, offset)
        found.append((content[offset + 5], content[offset + 6 : offset + 4 + length]))
        offset += 4 + length
    return found


def _status(command: bytes) -> int:
    at = command.index(b"\0\0\x00\x09\x02\0\0\0")
    return int(struct.unpack_from("<H", command, at + 8)[0])


def _request(called: str, calling: str) -> bytes:
    context = struct.pack(">BxxxH", 1, 0)[:4] + _item(0x30, _STUDY_ROOT) + _item(0x40, _IMPLICIT)
    user = _item(0x51, struct.pack(">L", 131_072)) + _item(0x52, b"2.25.1")
    body = (
        struct.pack(">H2x16s16s32x", 1, called.ljust(16).encode(), calling.ljust(16).encode())
        + _item(0x10, _APPLICATION)
        + _item(0x20, context)
        + _item(0x50, user)
    )
    return struct.pack(">BxL", 0x01, len(body)) + body


def _item(kind: int, content: bytes) -> bytes:
    return struct.pack(">BxH", kind, len(content)) + content


def _command(message: int) -> bytes:
    return _group(
        (0x0002, _STUDY_ROOT + b"\0"),
        (0x0100, struct.pack("<H", 0x0020)),
        (0x0110, struct.pack("<H", message)),
        (0x0700, struct.pack("<H", 0)),
        (0x0800, struct.pack("<H", 1)),
    )


def _cancel(message: int) -> bytes:
    return _group(
        (0x0100, struct.pack("<H", 0x0FFF)),
        (0x0120, struct.pack("<H", message)),
        (0x0800, struct.pack("<H", 0x0101)),
    )


def _group(*elements: tuple[int, bytes]) -> bytes:
    body = b"".join(struct.pack("<HHL", 0, number, len(one)) + one for number, one in elements)
    return struct.pack("<HHLL", 0, 0, 4, len(body)) + body


def _identifier(keys: Mapping[str, str]) -> bytes:
    written = []
    for keyword, value in {"QueryRetrieveLevel": "STUDY", **keys}.items():
        tag = tag_for_keyword(keyword) or 0
        content = value.encode()
        content += (
            b"\0" * (len(content) % 2) if keyword.endswith("UID") else b" " * (len(content) % 2)
        )
        written.append((tag, struct.pack("<HHL", tag >> 16, tag & 0xFFFF, len(content)) + content))
    return b"".join(one for _, one in sorted(written))
