"""`crossread transfer`: send studies to hospitals' archives, fetch them, and see how far it is."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from crossread.platform.configuration import Settings, settings

if TYPE_CHECKING:
    from crossread.transfers.model import Transfer

app = typer.Typer(
    help="Studies on their way to and from hospitals' archives.", no_args_is_help=True
)

WATCHED_EVERY = 1.0  # seconds

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; default ./crossread.toml.")
]
Study = Annotated[str, typer.Argument(help="Study Instance UID.")]
At = Annotated[str, typer.Argument(help="Endpoint, such as noord/pacs.")]
Series = Annotated[str, typer.Option(help="Only this series (its UID).")]
Urgent = Annotated[bool, typer.Option("--urgent", help="Before all bulk, at any hour.")]
Identifier = Annotated[str, typer.Argument(help="The transfer, or the start of its id.")]


@app.command("send")
def send(
    study: Study, endpoint: At, series: Series = "", urgent: Urgent = False, config: Config = None
) -> None:
    """Send a study from here to an endpoint of the hospital that made it."""
    _make("send", study, endpoint, series, config, urgent=urgent)


@app.command("fetch")
def fetch(
    study: Study, endpoint: At, series: Series = "", urgent: Urgent = False, config: Config = None
) -> None:
    """Fetch a study from an endpoint; what is here already is not fetched."""
    _make("fetch", study, endpoint, series, config, urgent=urgent)


@app.command("list")
def show(
    hospital: Annotated[str | None, typer.Option(help="Only of this hospital.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and show the progress.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    config: Config = None,
) -> None:
    """Show transfers and how far they are, those asked for last first."""
    use = settings(config)
    if not watch:
        Console().print(_listed(use, hospital, limit, every=every))
        return
    with Live(refresh_per_second=2) as live:
        while True:
            live.update(_listed(use, hospital, limit, every=every))
            time.sleep(WATCHED_EVERY)


@app.command("show")
def detail(transfer: Identifier, config: Config = None) -> None:
    """Show one transfer, and why images of it failed."""
    from crossread.commands.connect import within
    from crossread.platform.database import Connection
    from crossread.transfers.model import Failure
    from crossread.transfers.store import items, transfers

    async def read(db: Connection) -> "tuple[Transfer, list[Failure]]":
        found = await transfers.by_prefix(db, transfer)
        return found, await items.failures(db, found.id, 100)

    found, failed = within(settings(config), read)
    console = Console()
    console.print(_table([found]))
    if found.last_error:
        console.print(found.last_error)
    for one in failed:
        console.print(f"  {one.sop_instance_uid}  {one.sentence}", highlight=False)


@app.command("pause")
def pause(transfer: Identifier, config: Config = None) -> None:
    """Stop after the image in hand; `resume` goes on from there."""
    _move("pause", transfer, config)


@app.command("resume")
def resume(transfer: Identifier, config: Config = None) -> None:
    """Go on with what was paused."""
    _move("resume", transfer, config)


@app.command("cancel")
def cancel(transfer: Identifier, config: Config = None) -> None:
    """End it; what has arrived stays where it is."""
    _move("cancel", transfer, config)


@app.command("retry")
def retry(transfer: Identifier, config: Config = None) -> None:
    """Try at once, and also what had failed."""
    _move("retry", transfer, config)


@app.command("find")
def find(
    endpoint: At,
    patient: Annotated[str, typer.Option(help="The hospital's own patient number.")] = "",
    accession: Annotated[str, typer.Option(help="Accession number.")] = "",
    study: Annotated[str, typer.Option(help="Study Instance UID.")] = "",
    since: Annotated[str, typer.Option(help="Not before this day, YYYYMMDD.")] = "",
    config: Config = None,
) -> None:
    """Ask an endpoint which studies it has, and show how much of each is here."""
    from crossread.commands.connect import as_found
    from crossread.hospitals import store as hospitals
    from crossread.platform.database import Database
    from crossread.transfers.find import Standing
    from crossread.transfers.find import find as ask
    from crossread.transfers.ways import Question
    from crossread.ways import ways

    use = settings(config)

    async def run() -> list[Standing]:
        async with Database(use.resolved_database_url(), size=2) as database:
            async with database.transaction() as db:
                at = await hospitals.endpoint(db, endpoint)
            question = Question(patient, accession, study, since)
            return await ask(database, at, question, ways(use, None).find, reader=None)

    with as_found(use):
        standings = asyncio.run(run())
    table = Table("study", "date", "modality", "description", "images", "here")
    for one in standings:
        found = one.found
        table.add_row(
            found.study_instance_uid,
            found.study_date,
            ", ".join(found.modalities),
            found.description,
            "" if found.instances is None else str(found.instances),
            one.here.replace("_", " "),
        )
    Console().print(table if standings else "Nothing fits.")


@app.command("rule")
def rule(
    endpoint: At,
    associations: Annotated[int | None, typer.Option(help="At the same time.")] = None,
    mbit: Annotated[float | None, typer.Option(help="Megabits a second; 0: no limit.")] = None,
    between: Annotated[
        list[str] | None,
        typer.Option(help="Hours for bulk, such as 20:00-06:00; more than once."),
    ] = None,
    always: Annotated[bool, typer.Option("--always", help="Bulk may go at any hour.")] = False,
    fetch_by: Annotated[str | None, typer.Option(help="move, get or web.")] = None,
    commit: Annotated[
        bool | None, typer.Option(help="Ask for storage commitment of what is sent.")
    ] = None,
    config: Config = None,
) -> None:
    """Say how an endpoint may be burdened; without options, show it."""
    from crossread.commands.connect import within
    from crossread.hospitals import store as hospitals
    from crossread.platform.database import Connection
    from crossread.platform.errors import Refused
    from crossread.transfers.ask import change_rule
    from crossread.transfers.model import FetchBy, Rule, parse_windows
    from crossread.transfers.store import rules

    if fetch_by is not None and fetch_by not in list(FetchBy):
        raise Refused("A study is fetched by move, get or web.")
    said: dict[str, Any] = {
        "associations": associations,
        "windows": () if always else parse_windows(between) if between else None,
        "fetch_by": FetchBy(fetch_by) if fetch_by else None,
        "commits": commit,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    if mbit is not None:
        changes["megabits"] = mbit or None

    async def change(db: Connection) -> Rule:
        at = await hospitals.endpoint(db, endpoint)
        known = await rules.rule_of(db, at)
        if not changes:
            return known
        changed = replace(known, **changes)
        await change_rule(db, at, changed)
        return changed

    now = within(settings(config), change)
    limit = f"{now.megabits:g} Mbit/s" if now.megabits else "no limit"
    hours = ", ".join(map(str, now.windows)) or "at any hour"
    committed = "asked for" if now.commits else "not asked for"
    Console().print(
        f"{endpoint}: {now.associations} associations, {limit}, bulk {hours},"
        f" fetched by {now.fetch_by}, storage commitment {committed}."
    )


def _make(
    direction: str, study: str, endpoint: str, series: str, config: Path | None, *, urgent: bool
) -> None:
    from crossread.commands.connect import within
    from crossread.hospitals import store as hospitals
    from crossread.platform import clock
    from crossread.platform.database import Connection
    from crossread.transfers import ask
    from crossread.transfers.ask import Why
    from crossread.transfers.model import Priority

    why = Why("command line", Priority.URGENT if urgent else Priority.BULK)

    async def make(db: Connection) -> "Transfer":
        at, now = await hospitals.endpoint(db, endpoint), clock.now()
        if direction == "fetch":
            return await ask.fetch(db, study, at, why, now, series_instance_uid=series)
        known = await ask.study_to_send(db, at.hospital_id, study)
        return await ask.send(db, known, at, why, now, series_instance_uid=series)

    made = within(settings(config), make)
    Console().print(f"[green]✓[/green] Transfer {made.id} is {made.state}.")


def _move(move: str, transfer: str, config: Path | None) -> None:
    from crossread.commands.connect import within
    from crossread.platform import clock
    from crossread.platform.database import Connection
    from crossread.transfers.model import Move
    from crossread.transfers.steer import steer
    from crossread.transfers.store import transfers

    async def make(db: Connection) -> "Transfer":
        found = await transfers.by_prefix(db, transfer)
        return await steer(db, found.id, Move(move), clock.now())

    moved = within(settings(config), make)
    Console().print(f"[green]✓[/green] Transfer {moved.id} is {moved.state}.")


def _listed(use: Settings, hospital: str | None, limit: int, *, every: bool) -> Table:
    from crossread.commands.connect import within
    from crossread.platform.database import Connection
    from crossread.transfers.model import TransferState
    from crossread.transfers.store import transfers

    ended = {TransferState.DONE, TransferState.CANCELLED}
    states = [one for one in TransferState if every or one not in ended]

    async def read(db: Connection) -> "list[Transfer]":
        return await transfers.of_hospital(db, hospital, states, limit)

    return _table(within(use, read))


def _table(found: "list[Transfer]") -> Table:
    table = Table("transfer", "", "endpoint", "study", "state", "images", "failed", "MB", "why not")
    for one in found:
        total = str(one.total) if one.listed else "?"
        table.add_row(
            str(one.id)[:8],
            f"{one.direction}{' !' if one.priority == 'urgent' else ''}",
            one.endpoint_id,
            one.study_instance_uid,
            one.state,
            f"{one.done}/{total}",
            str(one.failed) if one.failed else "",
            f"{one.bytes / 1e6:.1f}",
            one.last_error,
        )
    return table
