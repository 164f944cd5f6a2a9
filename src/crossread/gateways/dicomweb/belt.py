"""Carries the body of a request from the event loop to a thread: a little ahead, and no more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from queue import SimpleQueue
from threading import Lock

AHEAD_AT_MOST = 8 << 20  # bytes


class CutOff(Exception):
    """The client went away in the middle of the body."""


class Belt:
    """Filled in the loop by `carry`, emptied in a thread by `pieces`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[bytes | CutOff | None] = SimpleQueue()
        self._lock = Lock()
        self._ahead = 0
        self._room: asyncio.Event = asyncio.Event()
        self._waits = False
        self._left = False

    async def carry(self, body: AsyncIterator[bytes]) -> None:
        """Put all of `body` on the belt, as fast as it is taken off."""
        ending: CutOff | None = CutOff()
        try:
            async for piece in body:
                if self._left:
                    return
                if piece:
                    await self._put(piece)
            ending = None
        finally:
            self._queue.put(ending)

    def pieces(self) -> Iterator[bytes]:
        """What comes along, in the thread. Raises CutOff."""
        while True:
            piece = self._queue.get()
            if piece is None:
                return
            if isinstance(piece, CutOff):
                raise piece
            yield piece
            with self._lock:
                self._ahead -= len(piece)
                wake = self._waits and self._ahead < AHEAD_AT_MOST // 2
                if wake:
                    self._waits = False
            if wake:
                self._loop.call_soon_threadsafe(self._room.set)

    def leave(self) -> None:
        """The thread takes nothing more."""
        self._left = True
        with self._lock:
            self._ahead, self._waits = 0, False
        self._loop.call_soon_threadsafe(self._room.set)

    async def _put(self, piece: bytes) -> None:
        self._queue.put(piece)
        with self._lock:
            self._ahead += len(piece)
            full = self._ahead >= AHEAD_AT_MOST
            if full:
                self._waits = True
                self._room.clear()
        if full:
            await self._room.wait()
