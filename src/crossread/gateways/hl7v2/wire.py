"""MLLP (HL7 v2 Transport, Appendix C): messages between a start byte and two end bytes."""

import asyncio

START, END, RETURN = 0x0B, 0x1C, 0x0D
LARGEST = 16 * 1024 * 1024  # bytes; an ORU with a PDF fits, a stream without an end does not


class Unframed(Exception):
    """What came is not framed, or too long; `content` is the beginning of it."""

    def __init__(self, content: bytes) -> None:
        super().__init__("not an MLLP frame")
        self.content = content


def frame(message: bytes) -> bytes:
    """A message as it goes over the wire."""
    return bytes([START]) + message + bytes([END, RETURN])


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
    while True:
        try:
            content += await reader.readuntil(bytes([END]))
        except asyncio.IncompleteReadError as error:
            raise Unframed(bytes(content) + error.partial) from error
        except asyncio.LimitOverrunError as error:
            content += await reader.readexactly(error.consumed)
            if len(content) > LARGEST:
                raise Unframed(bytes(content[:4096])) from error
            continue
        after = await reader.read(1)
        if after in {b"\r", b""}:
            return bytes(content[:-1])
        content += after  # an end byte inside the text
        if len(content) > LARGEST:
            raise Unframed(bytes(content[:4096]))
