"""A peer that says exactly the bytes it is told to, right or wrong."""

import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.uid import ExplicitVRLittleEndian

CT = "1.2.840.10008.5.1.4.1.1.2"
VERIFICATION = "1.2.840.10008.1.1"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
APPLICATION_CONTEXT = b"1.2.840.10008.3.1.1.1"

COMMAND, LAST = 1, 2  # bits of the message control header
RELEASE = b"\x05\0\0\0\0\4\0\0\0\0"
ABORT = b"\x07\0\0\0\0\4\0\0\0\0"


def item(kind: int, content: bytes) -> bytes:
    """An item of an A-ASSOCIATE PDU."""
    return struct.pack(">BxH", kind, len(content)) + content


def pdu(kind: int, content: bytes) -> bytes:
    """A PDU."""
    return struct.pack(">BxL", kind, len(content)) + content


def context(number: int, abstract: str, *transfers: str) -> bytes:
    """A presentation context, proposed."""
    syntaxes = b"".join(item(0x40, one.encode()) for one in transfers or (ExplicitVRLittleEndian,))
    return item(0x20, bytes((number, 0, 0, 0)) + item(0x30, abstract.encode()) + syntaxes)


def request(
    contexts: Iterable[bytes],
    *,
    calling: str = "NOORD_PACS",
    called: str = "CROSSREAD",
    version: int = 1,
    application_context: bytes = APPLICATION_CONTEXT,
    user: bytes = b"",
    maximum: int = 16_384,
) -> bytes:
    """An A-ASSOCIATE-RQ."""
    head = struct.pack(">H2x", version) + called.encode().ljust(16) + calling.encode().ljust(16)
    body = head + bytes(32) + item(0x10, application_context) + b"".join(contexts)
    information = item(0x51, struct.pack(">L", maximum)) + item(0x52, b"1.2.3") + user
    return pdu(1, body + item(0x50, information))


def value(number: int, control: int, content: bytes) -> bytes:
    """A presentation data value."""
    return struct.pack(">LBB", len(content) + 2, number, control) + content


def element(tag: int, content: bytes) -> bytes:
    """An element of a command set."""
    content += b"\0" * (len(content) % 2)
    return struct.pack("<HHL", 0, tag, len(content)) + content


def command(
    field: int, *, data_set: bool, sop_class: str = CT, sop_instance: str = "", number: int = 7
) -> bytes:
    """A command set."""
    content = element(0x0002, sop_class.encode()) + element(0x0100, struct.pack("<H", field))
    content += element(0x0110, struct.pack("<H", number))
    content += element(0x0800, struct.pack("<H", 0 if data_set else 0x0101))
    if sop_instance:
        content += element(0x1000, sop_instance.encode())
    return element(0x0000, struct.pack("<L", len(content))) + content


@dataclass
class Speaker:
    """One end of a connection."""

    link: socket.socket

    @classmethod
    def at(cls, port: int) -> "Speaker":
        """Connected, and silent so far."""
        return cls(socket.create_connection(("127.0.0.1", port), timeout=20))

    def says(self, *content: bytes) -> "Speaker":
        """Send bytes."""
        self.link.sendall(b"".join(content))
        return self

    def hears(self) -> tuple[int, bytes]:
        """The next PDU: its kind and what is in it; kind 0 when the connection is closed."""
        try:
            head = self._exactly(6)
            kind, length = struct.unpack(">BxL", head)
            return kind, self._exactly(length)
        except (EOFError, ConnectionError):
            return 0, b""

    def hears_nothing_more(self) -> bool:
        """Whether the connection is closed, after whatever may still come."""
        while True:
            kind, _ = self.hears()
            if kind == 0:
                return True

    def hears_response(self) -> dict[int, bytes]:
        """The command set of the next response, by element."""
        kind, content = self.hears()
        assert kind == 4, f"a PDU of kind {kind}: {content!r}"
        found, at, content = {}, 0, content[6:]
        while at < len(content):
            _, tag, length = struct.unpack_from("<HHL", content, at)
            found[tag] = content[at + 8 : at + 8 + length]
            at += 8 + length
        return found

    def hears_status(self) -> int:
        """The status of the next response."""
        return int.from_bytes(self.hears_response()[0x0900], "little")

    def associates(self, *contexts: bytes, **more: object) -> "Speaker":
        """Open an association; it must be accepted."""
        self.says(request(contexts or (context(1, CT),), **more))  # type: ignore[arg-type]
        kind, _ = self.hears()
        assert kind == 2
        return self

    def announces(self, sop_instance: str, number: int = 1) -> "Speaker":
        """A C-STORE-RQ, without its data set."""
        rq = command(0x0001, data_set=True, sop_instance=sop_instance)
        return self.says(pdu(4, value(number, COMMAND | LAST, rq)))

    def stores(self, sop_instance: str, pieces: Sequence[bytes], number: int = 1) -> int:
        """A whole C-STORE, its data set in these pieces, and its status."""
        self.announces(sop_instance, number)
        for piece in pieces[:-1]:
            self.says(pdu(4, value(number, 0, piece)))
        self.says(pdu(4, value(number, LAST, pieces[-1])))
        return self.hears_status()

    def echoes(self, number: int = 1) -> int:
        """The status of a C-ECHO."""
        rq = command(0x0030, data_set=False, sop_class=VERIFICATION)
        self.says(pdu(4, value(number, COMMAND | LAST, rq)))
        return self.hears_status()

    def releases(self) -> bool:
        """Whether the association ends as it should."""
        self.says(RELEASE)
        kind, _ = self.hears()
        return kind == 6 and self.hears_nothing_more()

    def close(self) -> None:
        """Go away."""
        self.link.close()

    def _exactly(self, length: int) -> bytes:
        content = b""
        while len(content) < length:
            piece = self.link.recv(length - len(content))
            if not piece:
                raise EOFError
            content += piece
        return content
