"""Where couriers put a way that they are done with, for the next one to take."""

import time
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

IDLE_AT_MOST = 2.0  # seconds after which a way that nobody uses is closed


class _Closing(Protocol):
    async def close(self) -> None: ...


_Way = TypeVar("_Way", bound=_Closing)


@dataclass(slots=True)
class _Idle(Generic[_Way]):
    way: _Way
    since: float  # monotonic


class Shelf(Generic[_Way]):
    """Open associations that nobody uses at the moment."""

    def __init__(self) -> None:
        self._idle: list[_Idle[_Way]] = []

    def __bool__(self) -> bool:
        return bool(self._idle)

    def take(self) -> _Way | None:
        """The one used last, if there is one."""
        return self._idle.pop().way if self._idle else None

    def put(self, way: _Way) -> None:
        """It is free again."""
        self._idle.append(_Idle(way, time.monotonic()))

    async def clear(self, idle: float = IDLE_AT_MOST) -> None:
        """Close those that nobody used for so many seconds."""
        before = time.monotonic() - idle
        gone = [one for one in self._idle if one.since <= before]
        self._idle = [one for one in self._idle if one.since > before]
        for one in gone:
            await one.way.close()
