"""Follow the stream of events, and put in the queue what each kind of event asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from crossread.platform import events
from crossread.platform.database import Connection, Database
from crossread.platform.events import Event
from crossread.platform.jobs import Jobs
from crossread.platform.telemetry import event_followed

BATCH = 200


@dataclass(frozen=True, slots=True)
class Route:
    """What follows an event: the name of a job, about `of`, one at a time per `lock`."""

    job: str
    of: str = "subject"  # 'subject', or the name of a fact
    lock: str | None = None  # prefix; jobs about the same thing then keep their order
    priority: int = 0  # higher ones go first


Routes = Mapping[str, Sequence[Route]]


async def follow(database: Database, jobs: Jobs, listener: str, routes: Routes) -> None:
    """Defer jobs for every event, from where `listener` had got to, until cancelled.

    The jobs and the listener's new place are one transaction: no event is passed over, and none is
    followed twice.
    """
    async for _ in events.wakes(database, at_least_every=5.0):
        while await _take(database, jobs, listener, routes):
            pass


async def _take(database: Database, jobs: Jobs, listener: str, routes: Routes) -> bool:
    async with database.transaction() as db:
        place = await events.resume(db, listener)
        batch = await events.since(db, place, limit=BATCH)
        for event in batch:
            await _defer(db, jobs, event, routes.get(event.kind, ()))
        if batch:
            await events.advance(db, listener, batch[-1].position)
    for event in batch:
        event_followed(event.kind)
    return len(batch) == BATCH


async def _defer(db: Connection, jobs: Jobs, event: Event, routes: Sequence[Route]) -> None:
    for route in routes:
        about = event.subject if route.of == "subject" else event.facts.get(route.of)
        if about is None:
            continue
        await jobs.defer(
            db,
            route.job,
            str(about),
            cause=str(event.position),
            lock=f"{route.lock}/{about}" if route.lock else None,
            priority=route.priority,
        )
