"""One peer's bytes, read into one buffer that is used again and again, against a clock.

A peer that stops, or that goes on by one byte a minute, is lost (`Lost`), not waited for.
"""

import contextlib
import math
import select
import socket
import ssl
import time

BUFFER = 1 << 18  # bytes: two P-DATA-TF of 131,072 and their headers almost fill it
LINGER = 1.0  # seconds that we wait for the peer to close


class Lost(Exception):
    """The peer went away or fell silent."""


class Wire:
    """A connected socket, plain or TLS, of which one thread reads and writes."""

    def __init__(self, link: socket.socket, buffer: int = BUFFER) -> None:
        self.link = link
        self._buffer = memoryview(bytearray(buffer))
        self._start = self._end = 0
        self._ends_at = 0.0
        self._patience = math.inf  # that the socket has

    def allow(self, seconds: float) -> None:
        """From now on, so many seconds until the next call of this; then the peer is lost."""
        self._ends_at = time.monotonic() + seconds
        # the clock above is the exact one; the socket's is set anew only when it is far from it
        if not 0.5 <= seconds / self._patience <= 1:
            self._patience = seconds
            self.link.settimeout(seconds)

    def exactly(self, length: int) -> memoryview:
        """The next `length` bytes, good until the next reading. Raises Lost."""
        while self._end - self._start < length:
            self._make_room(length)
            self._receive()
        return self._take(length)

    def some(self, at_most: int) -> memoryview:
        """The next bytes that are there, at least one; good until the next reading. Raises Lost."""
        if self._start == self._end:
            self._start = self._end = 0
            self._receive()
        return self._take(min(at_most, self._end - self._start))

    def skip(self, length: int) -> None:
        """Read `length` bytes and forget them. Raises Lost."""
        while length:
            length -= len(self.some(length))

    def has_more(self, within: float = 0) -> bool:
        """Whether the peer has sent something that is not read yet, or does `within` seconds."""
        if self._start != self._end:
            return True
        if isinstance(self.link, ssl.SSLSocket) and self.link.pending():
            return True
        try:
            poll = select.poll()
            poll.register(self.link, select.POLLIN)
            return bool(poll.poll(within * 1000))
        except (OSError, ValueError):  # closed by another thread
            return True  # reading will say so

    def send(self, content: bytes) -> None:
        """Write all of it. Raises Lost."""
        try:
            self.link.sendall(content)
        except (OSError, ValueError) as error:
            raise Lost(type(error).__name__) from error

    def unread(self) -> bytes:
        """What was received and not read."""
        return bytes(self._buffer[self._start : self._end])

    def _take(self, length: int) -> memoryview:
        start = self._start
        self._start = start + length
        return self._buffer[start : self._start]

    def _make_room(self, length: int) -> None:
        if length > len(self._buffer):
            raise ValueError(f"{length} bytes do not fit in a buffer of {len(self._buffer)}")
        kept = self._end - self._start
        if self._start and self._start + length > len(self._buffer):
            self._buffer[:kept] = bytes(self._buffer[self._start : self._end])
            self._start, self._end = 0, kept
        elif not kept:
            self._start = self._end = 0

    def _receive(self) -> None:
        if time.monotonic() > self._ends_at:
            raise Lost("too slow")
        try:
            received = self.link.recv_into(self._buffer[self._end :])
        except TimeoutError:
            raise Lost("silent") from None
        except (OSError, ValueError) as error:  # ValueError: closed by another thread
            raise Lost(type(error).__name__) from error
        if not received:
            raise Lost("closed")
        self._end += received


def close(link: socket.socket) -> None:
    """Close a socket so that the peer reads what was last written to it.

    Bytes of its own that nobody reads would make the system throw that away.
    """
    with contextlib.suppress(OSError, ValueError):
        if isinstance(link, ssl.SSLSocket):
            link.settimeout(LINGER)
            link.unwrap()
    with contextlib.suppress(OSError, ValueError):
        socket.socket.shutdown(link, socket.SHUT_WR)
        link.settimeout(LINGER)
        until, rest = time.monotonic() + LINGER, bytearray(BUFFER)
        while time.monotonic() < until and socket.socket.recv_into(link, rest):
            pass
    link.close()
