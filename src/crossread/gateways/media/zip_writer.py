"""Write a ZIP piece by piece, keeping nothing of it but its table of contents (PS3.12 Annex V).

Each file is whole when it is written, so that its size and CRC stand before it: every reader takes
that, also those that cannot do with data descriptors. Files are stored as they are; ZIP64 comes in
where something is larger than ZIP's 32 bits.

Source: PKWARE APPNOTE 6.3.10, 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16.
"""

import struct
import zlib
from dataclasses import dataclass, field
from datetime import datetime

_LOCAL = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL = struct.Struct("<4sHHHHHHLLLHHHHHLL")
_END = struct.Struct("<4sHHHHLLH")
_END_64 = struct.Struct("<4sQHHLLQQQQ")
_LOCATOR_64 = struct.Struct("<4sLQL")
_FULL, _MANY = 0xFFFFFFFF, 0xFFFF
_PLAIN, _LARGE = 20, 45  # version that is needed to read it: 2.0, and 4.5 for ZIP64
_UNIX = 3 << 8
_MODE = 0o100644 << 16


@dataclass(frozen=True, slots=True)
class _Entry:
    name: bytes
    crc: int
    size: int
    offset: int


@dataclass(slots=True)
class ZipWriter:
    """The table of contents of a ZIP that is being written."""

    at: datetime  # what each file says of when it was written
    _entries: list[_Entry] = field(default_factory=list)
    _offset: int = 0

    def head(self, name: str, content: bytes) -> bytes:
        """What stands before `content`, which the caller writes next."""
        size, crc, encoded = len(content), zlib.crc32(content), name.encode("ascii")
        extra = struct.pack("<HHQQ", 1, 16, size, size) if size >= _FULL else b""
        shown = _FULL if extra else size
        head = _LOCAL.pack(
            b"PK\3\4",
            _LARGE if extra else _PLAIN,
            0,
            0,
            *self._moment(),
            crc,
            shown,
            shown,
            len(encoded),
            len(extra),
        )
        self._entries.append(_Entry(encoded, crc, size, self._offset))
        self._offset += len(head) + len(encoded) + len(extra) + size
        return head + encoded + extra

    def end(self) -> bytes:
        """The table of contents, with which the ZIP ends."""
        table = b"".join(self._listed(one) for one in self._entries)
        count, start = len(self._entries), self._offset
        more = b""
        if count >= _MANY or start >= _FULL or len(table) >= _FULL:
            more = _END_64.pack(
                b"PK\6\6", 44, _UNIX | _LARGE, _LARGE, 0, 0, count, count, len(table), start
            ) + _LOCATOR_64.pack(b"PK\6\7", 0, start + len(table), 1)
        few = min(count, _MANY)
        end = _END.pack(b"PK\5\6", 0, 0, few, few, min(len(table), _FULL), min(start, _FULL), 0)
        return table + more + end

    def _listed(self, one: _Entry) -> bytes:
        large = [number for number in (one.size, one.size, one.offset) if number >= _FULL]
        extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        return (
            _CENTRAL.pack(
                b"PK\1\2",
                _UNIX | (_LARGE if extra else _PLAIN),
                _LARGE if extra else _PLAIN,
                0,
                0,
                *self._moment(),
                one.crc,
                min(one.size, _FULL),
                min(one.size, _FULL),
                len(one.name),
                len(extra),
                0,
                0,
                0,
                _MODE,
                min(one.offset, _FULL),
            )
            + one.name
            + extra
        )

    def _moment(self) -> tuple[int, int]:
        """Time and day as MS-DOS wrote them."""
        at = self.at
        return (
            at.hour << 11 | at.minute << 5 | at.second // 2,
            (at.year - 1980) << 9 | at.month << 5 | at.day,
        )
