"""How many are served at once, in all and of one hospital."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from crossread.gateways.dicom.rules import Limits


class Full(Exception):
    """There is no place now."""


@dataclass(slots=True)
class Places:
    """Which hospitals have associations open. Used by many threads."""

    limits: Limits
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _taken: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def association(self, hospital: str) -> Iterator[None]:
        """A place for an association of a hospital. Raises Full."""
        with self._lock:
            in_all, own = self._taken.total(), self._taken[hospital]
            if in_all >= self.limits.associations or own >= self.limits.of_a_hospital:
                raise Full
            self._taken[hospital] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[hospital] -= 1
