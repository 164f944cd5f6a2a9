"""C-FIND-RSP messages with an identifier, ready for the wire (PS3.7 9.3.2.2, PS3.8 9.3.5)."""

import struct
from collections.abc import Iterable, Iterator

_C_FIND_RSP = 0x8020
_COMMAND, _LAST = 0x01, 0x02  # message control header (PS3.8 E.2)
_UNLIMITED = 1 << 20


class Pending:
    """Writes the pending answers to one C-FIND-RQ."""

    def __init__(self, context: int, message: int, sop_class: str, longest: int) -> None:
        self._context = context
        self._longest = (longest or _UNLIMITED) - 6  # a PDU's length counts its PDV's header
        self._commands: dict[int, list[bytes]] = {}
        self._message, self._sop_class = message, sop_class

    def fragments(self, status: int, identifier: bytes) -> list[bytes]:
        """One answer: its command and its identifier, as values of PDVs."""
        command = self._commands.get(status)
        if command is None:
            command = self._commands[status] = list(self._cut(self._command(status), _COMMAND))
        return [*command, *self._cut(identifier, 0)]

    def pdus(self, fragments: Iterable[bytes]) -> bytes:
        """Each fragment in a P-DATA-TF of its own, which every peer takes."""
        return b"".join(
            struct.pack(">BxLLB", 0x04, len(one) + 5, len(one) + 1, self._context) + one
            for one in fragments
        )

    def _command(self, status: int) -> bytes:
        uid = self._sop_class.encode("ascii")
        uid += b"\0" * (len(uid) % 2)
        fields = b"".join(
            (
                _element(0x0002, uid),
                _element(0x0100, struct.pack("<H", _C_FIND_RSP)),
                _element(0x0120, struct.pack("<H", self._message)),
                _element(0x0800, struct.pack("<H", 0x0001)),  # an identifier follows
                _element(0x0900, struct.pack("<H", status)),
            )
        )
        return _element(0x0000, struct.pack("<L", len(fields))) + fields

    def _cut(self, content: bytes, kind: int) -> Iterator[bytes]:
        for start in range(0, len(content), self._longest):
            end = start + self._longest
            last = _LAST if end >= len(content) else 0
            yield bytes((kind | last,)) + content[start:end]


def _element(number: int, content: bytes) -> bytes:
    return struct.pack("<HHL", 0x0000, number, len(content)) + content
