"""What is measured: seconds on the clock, seconds of processors, memory; and how often."""

import math
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import psutil
from rich.console import Console

GB, MB = 1e9, 1e6
_CONSOLE = Console(stderr=True, soft_wrap=True)


def say(words: str) -> None:
    """Tell on the screen how far it is; the figures go to standard output."""
    _CONSOLE.print(f"· {words}", highlight=False, markup=False)


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and all below it, and of children that have ended."""
    total = 0.0
    for one in family(pid):
        try:
            used = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += used.user + used.system + used.children_user + used.children_system
    return total


def family(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    try:
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def resident(pid: int) -> int:
    """Bytes of memory that a process and all below it hold, shared ones counted for each."""
    total = 0
    for one in family(pid):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


@dataclass
class Stretch:
    """How long something took, and what its processes used meanwhile."""

    seconds: float = 0.0
    cpu: dict[str, float] = field(default_factory=dict)  # seconds by part of the server


@contextmanager
def stretch(parts: Mapping[str, int]) -> Iterator[Stretch]:
    """Measure what happens inside; `parts` names the processes to look at."""
    result = Stretch()
    before = {name: cpu_seconds(pid) for name, pid in parts.items()}
    began = time.perf_counter()
    yield result
    result.seconds = time.perf_counter() - began
    result.cpu = {name: cpu_seconds(pid) - before[name] for name, pid in parts.items()}


class Watch:
    """The most that a figure ever was, looked at in the background."""

    def __init__(self, figure: Callable[[], int], every: float = 0.05) -> None:
        self.first = self.most = figure()
        self._figure, self._every = figure, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(self._every):
            self.most = max(self.most, self._figure())


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    """The one in the middle."""
    return statistics.median(values)


def closed_loop(
    clients: Sequence[Callable[[int], None]], *, seconds: float, at_most: int
) -> list[float]:
    """How long each call took, where every client calls again as soon as it is answered.

    Each client is given the number of its call. The first call of each is not counted.
    """
    taken: list[list[float]] = [[] for _ in clients]
    failures: list[BaseException] = []
    limit = time.perf_counter() + seconds

    def go_on(which: int) -> None:
        call, number = clients[which], which
        try:
            call(number)
            while time.perf_counter() < limit and len(taken[which]) < at_most:
                number += len(clients)
                began = time.perf_counter()
                call(number)
                taken[which].append(time.perf_counter() - began)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=go_on, args=(which,)) for which in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return [one for own in taken for one in own]
