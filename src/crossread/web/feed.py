"""The live feed: what happens, as it happens, to those who may know (server-sent events).

One task of the process follows the events and keeps the latest in memory; each open feed takes
from there what its reader may know. A feed that was away longer reads the rest from the table, so
that `Last-Event-ID` never misses anything.
"""

import asyncio
import json
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from crossread.hospitals.model import Reader
from crossread.platform import events
from crossread.platform.database import Connection, Database
from crossread.platform.events import Event, Position
from crossread.worklist import store as tasks

KEPT = 2000  # events in memory
HEARTBEAT = 10.0  # seconds
_TASKS_REMEMBERED = 5000
_TOLD = frozenset({
    "state", "instances", "attempts", "reason", "kind", "rests", "status",
    "direction", "total", "done", "failed", "bytes",
})  # fmt: skip

log = structlog.get_logger(__name__)


class Feed:
    """The events of late, and who may know of each."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._latest: deque[tuple[Event, frozenset[str]]] = deque(maxlen=KEPT)
        self._head = events.START
        self._floor = events.START  # everything after this is in memory
        self._news = asyncio.Condition()
        self._audience: OrderedDict[str, frozenset[str]] = OrderedDict()

    async def follow(self) -> None:
        """Keep up with the events until cancelled; a lost database is waited for."""
        while True:
            try:
                async for _ in events.wakes(self._database, at_least_every=5.0):
                    await self._catch_up()
            except (psycopg.OperationalError, PoolTimeout, OSError) as error:
                log.warning("feed.database_lost", error=type(error).__name__)
                await asyncio.sleep(0.5)

    async def position(self) -> Position:
        """The place up to which everything has been told."""
        async with self._database.transaction() as db:
            return await events.latest(db)

    async def open(self, reader: Reader, after: Position) -> AsyncIterator[bytes]:
        """The stream of one reader, in the form of text/event-stream, without end."""
        yield _frame("hello", {"kind": "hello"}, after)
        while True:
            batch = await self._since(after)
            for event, audience in batch:
                after = event.position
                if reader.hospital_id in audience:
                    yield _frame(_topic(event), _told(event), event.position)
            if not batch:
                try:
                    await asyncio.wait_for(self._beyond(after), HEARTBEAT)
                except TimeoutError:
                    yield b": still here\n\n"

    async def _beyond(self, after: Position) -> None:
        """Wait until there is something after this place."""
        async with self._news:
            await self._news.wait_for(lambda: self._head > after)

    async def _since(self, after: Position) -> list[tuple[Event, frozenset[str]]]:
        if after >= self._floor:
            return [entry for entry in self._latest if entry[0].position > after]
        async with self._database.transaction() as db:
            batch = await events.since(db, after, limit=KEPT)
            return await self._with_audience(db, batch)

    async def _catch_up(self) -> None:
        async with self._database.transaction() as db:
            if self._head == events.START:
                self._head = self._floor = await events.latest(db)
            batch = await self._with_audience(db, await events.since(db, self._head))
        if not batch:
            return
        for entry in batch:
            if len(self._latest) == KEPT:
                self._floor = self._latest[0][0].position
            self._latest.append(entry)
        async with self._news:
            self._head = batch[-1][0].position
            self._news.notify_all()

    async def _with_audience(
        self, db: Connection, batch: list[Event]
    ) -> list[tuple[Event, frozenset[str]]]:
        about = {_task(event) for event in batch} - {None}
        now = await tasks.audiences(db, [task for task in about if task is not None])
        found = []
        for event in batch:
            audience = frozenset({event.hospital_id} if event.hospital_id else ())
            task = _task(event)
            if task is not None:
                # whoever could see the task before this event must hear that it is gone
                before = self._audience.pop(task, frozenset())
                current = now.get(task, frozenset()) | frozenset(event.facts.get("offered_to", ()))
                self._audience[task] = current
                audience |= before | current
            found.append((event, audience))
        while len(self._audience) > _TASKS_REMEMBERED:
            self._audience.popitem(last=False)
        return found


def _task(event: Event) -> str | None:
    if event.kind.startswith("task."):
        return event.subject
    task = event.facts.get("task_id")
    return str(task) if task else None


def _topic(event: Event) -> str:
    return event.kind.partition(".")[0]


def _told(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "subject": event.subject,
        "hospital_id": event.hospital_id,
        "task_id": _task(event),
        "at": event.at.isoformat(),
        "facts": {name: fact for name, fact in event.facts.items() if name in _TOLD},
    }


def _frame(topic: str, told: dict[str, Any], position: Position) -> bytes:
    body = json.dumps(told, separators=(",", ":"), default=str)
    return f"id: {position}\nevent: {topic}\ndata: {body}\n\n".encode()
