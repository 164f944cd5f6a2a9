"""MLLP (HL7 v2 Transport, Appendix C): messages between a start byte and two end bytes."""

import asyncio

START, END, RETURN = 0x0B, 0x1C, 0x0D
_CLOSE = bytes([END, RETURN])
LARGEST = 16 * 1024 * 1024  # bytes; an ORU with a PDF fits, a stream without an end does not


class Unframed(Exception):
    """What came is not framed, or too long; `content` is the beginning of it."""

    def __init__(self, content: bytes, *, too_long: bool = False) -> None:
        super().__init__("not an MLLP frame")
        self.content = content
        self.too_long = too_long


def frame(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return bytes([START]) + message + _CLOSE


async def receive(reader: asyncio.StreamReader) -> bytes | None:
    """The next message; None when the other side has closed.

    Raises Unframed for anything else than a frame of at most `LARGEST` bytes.
    """
    first = await reader.read(1)
    while first in {b"\r", b"\n"}:  # some senders end a frame with more than they should
        first = await reader.read(1)
    if not first:
        return None
    if first[0] != START:
        raise Unframed(first + await reader.read(4096))
    content = bytearray()
    while not content.endswith(_CLOSE):
        try:
            content += await reader.readuntil(_CLOSE)
        except asyncio.IncompleteReadError as error:
            content += error.partial
            if content.endswith(bytes([END])):  # closed without the last byte, but complete
                return bytes(content[:-1])
            raise Unframed(bytes(content)) from error
        except asyncio.LimitOverrunError as error:
            content += await reader.readexactly(error.consumed)
        if len(content) > LARGEST:
            raise Unframed(bytes(content[:4096]), too_long=True)
    return bytes(content[:-2])
