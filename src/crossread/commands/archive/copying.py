"""`crossread archive copies`: what copies there are for the viewer, and making them now."""

from rich.console import Console
from rich.table import Table

from crossread.archive import copies
from crossread.archive.store import copies as store
from crossread.commands.archive_media import on_ground, study_named
from crossread.commands.connect import within
from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Database
from crossread.platform.objects import Objects


def make(settings: Settings, study: str, hospital: str | None) -> None:
    """Make the copies that a study lacks. Raises NotFound."""

    async def run(database: Database, objects: Objects) -> copies.Made:
        async with database.transaction() as db:
            found = await study_named(db, study, hospital)
        return await copies.make(database, objects, found.id, clock.now())

    made = on_ground(settings, run)
    Console(soft_wrap=True, highlight=False).print(
        f"[green]✓[/green] {made.copies} images have a copy now, {made.bytes / 1e6:.1f} MB for"
        f" {made.kept_bytes / 1e6:.1f} MB; {made.refused} can have none."
    )


def show(settings: Settings) -> None:
    """Print what copies there are, and why others are none."""
    table = Table("hospital", "images", "copies, MB", "as kept, MB", "none, because")
    for row in within(settings, store.status):
        size = f"{row['bytes'] / 1e6:.1f}" if not row["reason"] else ""
        kept = f"{row['kept_bytes'] / 1e6:.1f}" if not row["reason"] else ""
        table.add_row(row["hospital_id"], str(row["instances"]), size, kept, row["reason"])
    Console().print(table)
