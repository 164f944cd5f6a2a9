"""`crossread archive scrub`, `usage`, `quota`, `retention` and `expired`."""

from rich.console import Console
from rich.table import Table

from crossread.archive import scrub
from crossread.archive.store import overview
from crossread.archive.store import scrub as scrubbing
from crossread.commands.archive.ground import on_ground
from crossread.commands.connect import within
from crossread.hospitals import store as hospitals
from crossread.platform import clock
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection, Database, Row
from crossread.platform.objects import Objects

GIGABYTE = 1e9
_SHOWN = 500


def show_scrub(settings: Settings, *, paused: bool | None, now: bool) -> None:
    """Say how far it is, after what was asked of it."""

    async def run(database: Database, _: Objects) -> scrub.Progress:
        async with database.transaction() as db:
            if paused is not None:
                await scrubbing.pause(db, paused)
            if now:
                await scrubbing.ask(db, clock.now())
        return await scrub.progress(database)

    far, console = on_ground(settings, run), Console()
    state = "paused" if far.paused else ("reading" if far.running else "waiting for its next round")
    console.print(f"The scrub is {state}.")
    if now:
        console.print("A round begins as soon as the one under way has ended.")
    if far.running:
        console.print(
            f"Read {far.packs_read} of {far.packs} objects, {far.bytes_read / GIGABYTE:.1f} GB,"
            f" since {far.began_at:%Y-%m-%d %H:%M}."
        )
    if far.ended_at is not None:
        console.print(f"The last full round ended {far.ended_at:%Y-%m-%d %H:%M}.")
    mark = "[red]✗[/red]" if far.damaged else "[green]✓[/green]"
    console.print(f"{mark} {far.damaged} damaged images were found in this round.")


def show_usage(settings: Settings) -> None:
    """Print what is kept of each hospital."""

    async def read(db: Connection) -> list[Row]:
        return [await overview.storage(db, one.id) for one in await hospitals.hospitals(db)]

    table = Table(
        "hospital", "studies", "images", "GB", "warned at", "limit", "years", "holds",
        "damaged", "quarantine",
    )  # fmt: skip
    for row in within(settings, read):
        table.add_row(
            row["hospital_id"],
            str(row["studies"]),
            str(row["instances"]),
            _gigabytes(row["bytes"]),
            _gigabytes(row["warn_bytes"]),
            _gigabytes(row["limit_bytes"]),
            str(row["retention_years"] or "—"),
            str(row["holds"]),
            str(row["damaged"]),
            str(row["quarantined"]),
        )
    Console().print(table)


def set_quota(settings: Settings, hospital: str, warn: float | None, limit: float | None) -> None:
    """Say how much may be kept. Raises ConfigurationError, NotFound."""
    if warn is not None and limit is not None and warn > limit:
        raise ConfigurationError("The warning must come before the limit.")

    async def save(db: Connection) -> None:
        await hospitals.hospital(db, hospital)
        await overview.limit(db, hospital, _bytes(warn), _bytes(limit))

    within(settings, save)
    Console().print(f"[green]✓[/green] The limits of '{hospital}' are set.")


def set_retention(settings: Settings, hospital: str, years: int | None) -> None:
    """Say for how many years. Raises NotFound."""

    async def save(db: Connection) -> None:
        await hospitals.hospital(db, hospital)
        await overview.keep_years(db, hospital, years)

    within(settings, save)
    told = f"{years} years" if years is not None else "good"
    Console().print(f"[green]✓[/green] What '{hospital}' has here is kept for {told}.")


def show_expired(settings: Settings, hospital: str) -> None:
    """Print studies whose years are over, by their UIDs."""

    async def read(db: Connection) -> list[Row]:
        await hospitals.hospital(db, hospital)
        due = await overview.expired(db, hospital, clock.now(), _SHOWN)
        return await overview.shown(db, due)

    table = Table("study", "made", "images", "GB")
    for row in within(settings, read):
        table.add_row(
            row["study_instance_uid"],
            f"{row['study_at']:%Y-%m-%d}",
            str(row["instance_count"]),
            _gigabytes(row["bytes"]),
        )
    Console().print(table)


def _bytes(gigabytes: float | None) -> int | None:
    return None if gigabytes is None else round(gigabytes * GIGABYTE)


def _gigabytes(size: int | None) -> str:
    return "—" if size is None else f"{size / GIGABYTE:.1f}"
