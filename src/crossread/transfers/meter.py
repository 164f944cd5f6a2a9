"""A limit of bytes a second, shared by all who send to one endpoint."""

import threading
import time
from collections.abc import Callable

_BURST = 0.25  # seconds' worth that may go at once after a pause


class Meter:
    """Says how long to wait before so many bytes go. Used from any thread."""

    def __init__(
        self, megabits: float | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock, self._monotonic = threading.Lock(), monotonic
        self._free_at = 0.0
        self._bytes_a_second: float | None = None
        self.limit(megabits)

    def limit(self, megabits: float | None) -> None:
        """Change the limit; None: none."""
        self._bytes_a_second = None if megabits is None else megabits * 125_000

    def wait(self, size: int) -> float:
        """Seconds to wait before `size` bytes go; they count as gone."""
        with self._lock:
            rate, now = self._bytes_a_second, self._monotonic()
            if rate is None:
                return 0.0
            free_at = max(self._free_at, now - _BURST)
            self._free_at = free_at + size / rate
            return max(0.0, free_at - now)
