"""Events: what happened, as rows that are written with the change they tell of.

An event's place in the stream is the pair (transaction id, row id), not the row id alone: a row
with a lower id may be committed after one with a higher, and a listener that had already passed it
would never see it. `since` therefore reads only what lies before the oldest transaction still
running (`pg_snapshot_xmin`), in which no gap can open any more.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from psycopg.types.json import Jsonb

from crossread.platform.database import Connection, Database

CHANNEL = "crossread_events"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the stream of events; written `xact.id`, as in Last-Event-ID."""

    xact: int
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a position from its written form; raises ValueError when it is none."""
        xact, dot, row = text.partition(".")
        if not dot:
            raise ValueError(f"not a position: {text!r}")
        return cls(int(xact), int(row))

    def __str__(self) -> str:
        return f"{self.xact}.{self.id}"


START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `facts` never hold patient data: only ids, states and counts."""

    position: Position
    at: datetime
    kind: str  # "study.rested": the thing and what became of it
    subject: str  # id of the thing it happened to
    hospital_id: str | None  # whose file it concerns
    facts: dict[str, Any]


async def append(
    db: Connection,
    kind: str,
    subject: object,
    *,
    hospital_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write an event in the transaction of `db`, and wake the listeners when it commits."""
    await db.execute(
        """
        insert into platform.event (kind, subject, hospital_id, facts)
        values (%s, %s, %s, %s)
        """,
        (str(kind), str(subject), hospital_id, Jsonb(dict(facts or {}))),
    )
    await db.execute("select pg_notify(%s, '')", (CHANNEL,))


async def since(db: Connection, position: Position, *, limit: int = 500) -> list[Event]:
    """Events after `position`, oldest first, that no running transaction can still precede."""
    cursor = await db.execute(
        """
        select xact::text::bigint as xact, id, at, kind, subject, hospital_id, facts
        from platform.event
        where (xact, id) > (%s::text::xid8, %s)
          and xact < pg_snapshot_xmin(pg_current_snapshot())
        order by xact, id
        limit %s
        """,
        (str(position.xact), position.id, limit),
    )
    return [
        Event(
            Position(row["xact"], row["id"]),
            row["at"],
            row["kind"],
            row["subject"],
            row["hospital_id"],
            row["facts"],
        )
        for row in await cursor.fetchall()
    ]


async def latest(db: Connection) -> Position:
    """The place after which everything is still to come."""
    cursor = await db.execute(
        """
        select xact::text::bigint as xact, id
        from platform.event
        where xact < pg_snapshot_xmin(pg_current_snapshot())
        order by xact desc, id desc
        limit 1
        """
    )
    row = await cursor.fetchone()
    return Position(row["xact"], row["id"]) if row else START


async def resume(db: Connection, listener: str) -> Position:
    """Where the named listener had got to, locked until the end of the transaction of `db`."""
    await db.execute(
        "insert into platform.listener (name) values (%s) on conflict do nothing", (listener,)
    )
    cursor = await db.execute(
        """
        select xact::text::bigint as xact, id
        from platform.listener
        where name = %s
        for update
        """,
        (listener,),
    )
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - written by the statement above
    return Position(row["xact"], row["id"])


async def advance(db: Connection, listener: str, position: Position) -> None:
    """Remember that the named listener has dealt with everything up to `position`."""
    await db.execute(
        "update platform.listener set xact = %s::text::xid8, id = %s where name = %s",
        (str(position.xact), position.id, listener),
    )


async def wakes(database: Database, *, at_least_every: float) -> AsyncIterator[None]:
    """Yield whenever something may have happened: at once, on NOTIFY, and at least so often.

    A lost connection ends the iteration with psycopg's OperationalError; call again to go on.
    """
    async with database.listening(CHANNEL) as connection:
        yield
        while True:
            async for _ in connection.notifies(timeout=at_least_every, stop_after=1):
                pass
            yield
            await asyncio.sleep(0)
