"""The ways to an endpoint, as this room needs them and gateways offer them.

A way is one association, or one client of a web server: it serves one courier at a time and is used
again for the next portion. What a way raises: `Unreachable` when the same may succeed later,
`Refused` when it never will.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event as Flag
from typing import Protocol

from crossread.archive.model import Instance
from crossread.hospitals.model import Endpoint
from crossread.transfers.meter import Meter
from crossread.transfers.model import FetchBy, Item


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint said to one image."""

    kept: bool  # success, or a warning with which it was kept all the same
    status: int
    sentence: str = ""  # why not
    again: bool = False  # the same may succeed later


@dataclass(frozen=True, slots=True)
class Portion:
    """What to fetch in one go."""

    study_instance_uid: str
    series_instance_uid: str = ""  # empty: of all series
    sop_instance_uids: tuple[str, ...] = ()  # empty: all of the series, or of the study
    sop_class_uids: tuple[str, ...] = ()  # of its images, where they are known


@dataclass(frozen=True, slots=True)
class Fetched:
    """How fetching a portion ended, as the other side counts it."""

    completed: int
    failed: int
    sentence: str = ""  # of what failed
    status: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What we ask an endpoint about: studies that fit all that is given."""

    patient_number: str = ""
    accession_number: str = ""
    study_instance_uid: str = ""
    since: str = ""  # YYYYMMDD


@dataclass(frozen=True, slots=True)
class Found:
    """A study that an endpoint says it has."""

    study_instance_uid: str
    patient_number: str
    issuer: str
    study_date: str  # YYYYMMDD, or empty
    study_time: str
    description: str
    modalities: tuple[str, ...]
    accession_number: str
    instances: int | None  # as it counts; None: it does not say


@dataclass(frozen=True, slots=True)
class Committed:
    """What an endpoint took responsibility for, and what not (PS3.4 J.3.3)."""

    kept: tuple[str, ...]
    failed: tuple[tuple[str, int], ...]  # with the failure reason of each


class Outlet(Protocol):
    """A way by which images go to an endpoint."""

    async def prepare(self, instances: Sequence[Instance]) -> None:
        """Be able to send these: open, or open anew with what they need."""

    async def send(self, instance: Instance, dataset: memoryview) -> Answer:
        """Send one data set as it is kept; what was said to it."""

    async def close(self) -> None:
        """Say goodbye."""

    def drop(self) -> None:
        """Let go without a word, whatever is on its way."""


class Source(Protocol):
    """A way by which images come from an endpoint."""

    async def listed(self, portion: Portion) -> list[Item] | None:
        """Which images the endpoint has of it; None when it cannot say."""

    async def fetch(self, portion: Portion, stop: Flag) -> Fetched:
        """Have these come in, until all came or `stop` is set. They are archived when it ends."""

    async def close(self) -> None:
        """Say goodbye."""

    def drop(self) -> None:
        """Let go without a word, whatever is on its way."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How to make each way, and what is asked without keeping one."""

    outlet: Callable[[Endpoint], Outlet]
    source: Callable[[Endpoint, FetchBy, Meter], Source]
    find: "Find"
    commit: "Commit"


class Find(Protocol):
    """Ask an endpoint which studies it has."""

    async def __call__(self, endpoint: Endpoint, question: Question) -> list[Found]:
        """All that fit."""


class Commit(Protocol):
    """Ask an endpoint to take responsibility for images."""

    async def __call__(
        self, endpoint: Endpoint, transaction_uid: str, items: Sequence[Item]
    ) -> Committed | None:
        """Its answer if it came at once; None when it is to come in an association of its own."""
