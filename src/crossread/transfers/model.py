"""Transfers, their images, and the rule under which an endpoint is burdened."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from crossread.hospitals.model import EndpointKind
from crossread.platform.errors import Refused, Unreadable

LOCAL = ZoneInfo("Europe/Amsterdam")  # in which hospitals say when nights begin
ASSOCIATIONS_AT_MOST = 32
ITEM_TRIES = 5  # after which an image that does not come, or is not committed, counts as failed
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_WINDOW = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class Direction(StrEnum):
    """Which way the images go, seen from here."""

    SEND = "send"
    FETCH = "fetch"


class Priority(StrEnum):
    """Whether a person waits for it."""

    URGENT = "urgent"  # goes before all bulk, at any hour
    BULK = "bulk"  # in the hours that the endpoint's rule allows


class FetchBy(StrEnum):
    """How a study is got from an endpoint."""

    MOVE = "move"  # C-MOVE to ourselves: its PACS must know our AE title and address
    GET = "get"  # C-GET: nothing to be set up there
    WEB = "web"  # WADO-RS


class TransferState(StrEnum):
    """How far a transfer got."""

    WAITING = "waiting"  # for its turn, the night, or the next try
    RUNNING = "running"
    PAUSED = "paused"  # by a person
    DONE = "done"
    FAILED = "failed"  # all was tried, and some was refused; a person must look
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """How far one image of a transfer got."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Move(StrEnum):
    """What a person may do with a transfer."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"  # also what had failed, and at once


_OPEN = (TransferState.WAITING, TransferState.RUNNING)
# from which states a move may be made, and where it leads
MOVES: dict[Move, tuple[tuple[TransferState, ...], TransferState]] = {
    Move.PAUSE: (_OPEN, TransferState.PAUSED),
    Move.RESUME: ((TransferState.PAUSED,), TransferState.WAITING),
    Move.CANCEL: ((*_OPEN, TransferState.PAUSED, TransferState.FAILED), TransferState.CANCELLED),
    Move.RETRY: (
        (*_OPEN, TransferState.PAUSED, TransferState.FAILED, TransferState.CANCELLED),
        TransferState.WAITING,
    ),
}


class TransferEvent(StrEnum):
    """What this room announces; the subject is the transfer's id.

    Facts: state, direction, total, done, failed, bytes.
    """

    ASKED = "transfer.asked"
    PROGRESSED = "transfer.progressed"  # at most once a second of each
    HELD_BACK = "transfer.held_back"  # the endpoint does not answer; tried again later
    MOVED = "transfer.moved"  # paused, resumed, cancelled, tried again by a person
    DONE = "transfer.done"
    FAILED = "transfer.failed"
    RULE_CHANGED = "transfer.rule_changed"  # subject: the endpoint's id; no facts


@dataclass(frozen=True, slots=True)
class Window:
    """Hours in which bulk may go, in the hospital's own time; it may run over midnight."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read '20:00-06:00'. Raises Unreadable."""
        found = _WINDOW.fullmatch(text.strip())
        if found is None:
            raise Unreadable(f"'{text[:20]}' is no span of hours; write it as 20:00-06:00.")
        hours = [int(part) for part in found.groups()]
        return cls(time(hours[0], hours[1]), time(hours[2], hours[3]))

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, at: time) -> bool:
        """Whether it is open at this hour; one that ends where it starts is always open."""
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def opens_after(self, local: datetime) -> datetime:
        """When it opens next."""
        today = datetime.combine(local.date(), self.start, local.tzinfo)
        return today if today > local else _on_next_day(local.date(), self.start, local)


def _on_next_day(day: date, start: time, local: datetime) -> datetime:
    return datetime.combine(day + timedelta(days=1), start, local.tzinfo)


@dataclass(frozen=True, slots=True)
class Rule:
    """How we may burden an endpoint."""

    endpoint_id: str
    associations: int = 2  # at the same time
    megabits: float | None = None  # a second, over all associations
    windows: tuple[Window, ...] = ()  # for bulk; none: always
    fetch_by: FetchBy = FetchBy.MOVE
    commits: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.associations <= ASSOCIATIONS_AT_MOST:
            raise Refused(f"An endpoint takes 1 to {ASSOCIATIONS_AT_MOST} associations.")
        if self.megabits is not None and not 0 < self.megabits < float("inf"):
            raise Refused("A limit is a number of megabits a second, more than 0.")

    @classmethod
    def default(cls, endpoint_id: str, kind: EndpointKind) -> Self:
        """What counts until somebody writes a rule."""
        web = kind is EndpointKind.WEB
        return cls(endpoint_id, fetch_by=FetchBy.WEB if web else FetchBy.MOVE)

    def may_run(self, priority: Priority, now: datetime) -> bool:
        """Whether a transfer of this priority may run at this moment."""
        if priority is Priority.URGENT or not self.windows:
            return True
        hour = now.astimezone(LOCAL).time()
        return any(window.holds(hour) for window in self.windows)

    def opens_at(self, now: datetime) -> datetime:
        """When bulk may run next: now, or when the next window opens."""
        if self.may_run(Priority.BULK, now):
            return now
        local = now.astimezone(LOCAL)
        opens = min(window.opens_after(local) for window in self.windows).astimezone(now.tzinfo)
        return max(opens, now + timedelta(minutes=1))  # in October an hour comes twice


@dataclass(frozen=True, slots=True)
class Transfer:
    """A study, or a series of it, on its way to or from one endpoint of its own hospital."""

    id: UUID
    sequence: int
    hospital_id: str
    endpoint_id: str
    direction: Direction
    study_instance_uid: str
    series_instance_uid: str  # empty: the whole study
    priority: Priority
    asked_by: str
    task_id: UUID | None
    state: TransferState
    listed: bool
    commits: bool
    transaction_uid: str
    total: int
    done: int
    failed: int
    bytes: int
    attempts: int
    last_error: str
    next_try_at: datetime
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def left(self) -> int:
        """How many images have neither arrived nor failed."""
        return self.total - self.done - self.failed

    @property
    def moves(self) -> list[Move]:
        """What a person may do with it now."""
        return [move for move, (allowed, _) in MOVES.items() if self.state in allowed]


@dataclass(frozen=True, slots=True)
class Item:
    """One image of a transfer."""

    sop_instance_uid: str
    sop_class_uid: str = ""
    series_instance_uid: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that did not arrive, and why."""

    sop_instance_uid: str
    status: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one image in one try."""

    sop_instance_uid: str
    state: ItemState
    bytes: int = 0
    status: int | None = None
    sentence: str = ""


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed tries: 2 s, doubling, at most five minutes."""
    return timedelta(seconds=min(300, 2 ** max(1, min(attempts, 10))))


def is_uid(text: str) -> bool:
    """Whether this is a UID (PS3.5 9.1)."""
    return len(text) <= 64 and _UID.fullmatch(text) is not None


def parse_windows(texts: Iterable[str]) -> tuple[Window, ...]:
    """Several spans of hours. Raises Unreadable."""
    return tuple(Window.parse(text) for text in texts)
