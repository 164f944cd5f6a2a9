"""What happens, in the terminal: as it happens, or afterwards as a table."""

import asyncio
from datetime import datetime

from rich.console import Console
from rich.table import Table

from crossread.archive import store as archive
from crossread.commands.demo.radiologist import Reading
from crossread.commands.demo.stage import Stage
from crossread.orders import store as orders
from crossread.platform import events
from crossread.platform.events import Event

# the events that make the journey, in words
STEPS = {
    "order.placed": "order received",
    "study.arriving": "images arriving",
    "order.matched": "images matched to the order",
    "study.rested": "study complete",
    "patient.recognised": "person recognised",
    "consent.recorded": "permission recorded",
    "study.recognised": "person, order and procedure known",
    "task.expected": "expected on the worklist",
    "task.offered": "offered on the worklist",
    "task.held": "held back",
    "task.claimed": "claimed",
    "task.released": "given back",
    "task.drafted": "draft saved",
    "task.signed": "signed",
    "report.signed": "report signed",
    "delivery.owed": "owed to the hospital",
    "delivery.failed": "not delivered yet, tried again",
    "delivery.refused": "refused by the hospital",
    "delivery.acknowledged": "acknowledged by the hospital",
    "task.delivered": "everything delivered",
    "settlement.booked": "settled",
    "quarantine.held": "put in quarantine",
}


async def watch(stage: Stage, console: Console) -> None:
    """Print each event as it happens, until cancelled."""
    async with stage.database.transaction() as db:
        place = await events.latest(db)
    async for _ in events.wakes(stage.database, at_least_every=5):
        async with stage.database.transaction() as db:
            batch = await events.since(db, place)
        for event in batch:
            place = event.position
            if event.kind in STEPS:
                _print(console, event)
        await asyncio.sleep(0)


async def print_journey(stage: Stage, console: Console, reading: Reading) -> None:
    """Print the journey of the study that was read: each event, and how long it took."""
    table = Table(title="The journey", box=None, title_justify="left", header_style="dim")
    for heading in ("at", "after", "what", "of what"):
        table.add_column(heading, justify="right" if heading == "after" else "left")
    before: datetime | None = None
    for event in await _of_this_study(stage, reading):
        took = (event.at - before).total_seconds() if before else 0.0
        before = event.at
        local = event.at.astimezone()
        table.add_row(f"{local:%H:%M:%S}.{local.microsecond // 1000:03}", f"{took:.3f} s",
                      STEPS[event.kind], _about(event))  # fmt: skip
    console.print()
    console.print(table)
    console.print()


async def _of_this_study(stage: Stage, reading: Reading) -> list[Event]:
    """The events of the order, the study, its task and its deliveries."""
    uid = stage.main["study_instance_uid"]
    found: list[Event] = []
    async with stage.database.transaction() as db:
        own = {reading.task_id, reading.report["id"]}
        for study in await archive.studies_with_uid(db, uid):
            own.add(str(study.id))
            order = await orders.order_of_study(db, study.id)
            if order is not None:
                own |= {str(order.id), str(order.patient_id)}
        place = stage.begin
        while batch := await events.since(db, place):
            place = batch[-1].position
            found += [event for event in batch if event.kind in STEPS and _is_own(event, own)]
    return found


def _is_own(event: Event, own: set[str]) -> bool:
    return event.subject in own or str(event.facts.get("task_id")) in own


def _about(event: Event) -> str:
    told = ("kind", "rule", "instances", "evidence", "procedure", "version", "status", "decision")
    return ", ".join(
        f"{name} {event.facts[name]}" for name in told if event.facts.get(name) is not None
    )


def _print(console: Console, event: Event) -> None:
    local = event.at.astimezone()
    hospital = event.hospital_id or ""
    step = STEPS[event.kind]
    console.print(
        f"  [dim]{local:%H:%M:%S}[/dim]  {hospital:8} {step:34} [dim]{_about(event)}[/dim]"
    )
