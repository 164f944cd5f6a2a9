"""`crossread archive quarantine`."""

from uuid import UUID

from rich.console import Console
from rich.table import Table

from crossread.archive import resolve
from crossread.archive.intake import Intake
from crossread.archive.model import Outcome
from crossread.archive.store import quarantine as store
from crossread.commands.archive.ground import on_ground
from crossread.commands.connect import within
from crossread.hospitals import store as hospitals
from crossread.platform import clock
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection, Database, Row
from crossread.platform.objects import Objects


def show(settings: Settings, hospital: str | None, *, every: bool, limit: int) -> None:
    """Print what was refused."""

    async def read(db: Connection) -> list[Row]:
        return await store.held(db, hospital, None if every else "held", limit)

    table = Table("id", "came", "hospital", "sender", "reason", "what to do", "state")
    for row in within(settings, read):
        table.add_row(
            str(row["id"]),
            f"{row['received_at']:%Y-%m-%d %H:%M}",
            row["hospital_id"] or "—",
            row["sender"],
            row["reason"],
            row["sentence"],
            row["state"],
        )
    Console().print(table)


def readmit(
    settings: Settings,
    identifier: UUID,
    reason: str,
    values: list[str],
    hospital: str,
    *,
    replace: bool,
) -> None:
    """Let something in. Raises ConfigurationError for a value that cannot be read."""
    mended = dict(_pair(value) for value in values)
    wish = resolve.Readmission(reason, mended, hospital_id=hospital, replace=replace)

    async def run(database: Database, objects: Objects) -> Outcome:
        if hospital:
            async with database.transaction() as db:
                await hospitals.hospital(db, hospital)
        spool = settings.data_folder.resolve() / "spool" / "readmit"
        intake = Intake(database, objects, clock.now, spool=spool)
        try:
            return await resolve.readmit(
                intake, identifier, wish, hospital_id=None, by=None, now=clock.now()
            )
        finally:
            await intake.close()

    outcome = on_ground(settings, run)
    what = "It was here already." if outcome is Outcome.REPEATED else "It is in the archive."
    Console().print(f"[green]✓[/green] {what}")


def discard(settings: Settings, identifier: UUID, reason: str) -> None:
    """Throw something away."""

    async def run(database: Database, objects: Objects) -> None:
        await resolve.discard(
            database, identifier, reason=reason, hospital_id=None, by=None, now=clock.now()
        )

    on_ground(settings, run)
    Console().print("[green]✓[/green] It was thrown away.")


def _pair(value: str) -> tuple[str, str]:
    keyword, equals, text = value.partition("=")
    if not equals or keyword not in resolve.MENDABLE:
        raise ConfigurationError(
            f"'{keyword}' cannot be mended; give KEYWORD=VALUE with one of"
            f" {', '.join(resolve.MENDABLE)}."
        )
    return keyword, text
