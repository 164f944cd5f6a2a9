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
from crossread.gateways.hl7v2.listener import Hl7Listener
from crossread.gateways.hl7v2.message import Acknowledgement, read
from crossread.hospitals import store as hospitals
from crossread.platform import clock
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection, Database, Row
from crossread.platform.errors import Unreadable
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
        async with database.transaction() as db:
            row = await store.one(db, identifier)
        if row is not None and row["protocol"] == "mllp":
            return await _heard_again(settings, database, objects, row, reason)
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
    what = "It was here already." if outcome is Outcome.REPEATED else "It was let in."
    Console().print(f"[green]✓[/green] {what}")


async def _heard_again(
    settings: Settings, database: Database, objects: Objects, row: Row, reason: str
) -> Outcome:
    """Take an HL7 message as if it came now: its hospital, or crossread, has been mended since."""
    if row["state"] != "held":
        raise ConfigurationError(f"This was {row['state']} already.")
    listener = Hl7Listener(
        database,
        objects,
        host=settings.hl7.host,
        port=settings.hl7.port,
        clock=clock.now,
        application=settings.hl7.application,
        facility=settings.hl7.facility,
    )
    answer = read(await listener.answer(await objects.get(row["object_key"])))
    said = answer.need("MSA").get(1)
    if said != Acknowledgement.ACCEPT:
        error = answer.first("ERR")
        raise Unreadable(
            (error.get(8) if error else "") or "It is still refused.", cause=f"{row['id']} {said}"
        )
    await resolve.settle(
        database,
        row,
        reason,
        by=None,
        now=clock.now(),
        hospital_id=row["hospital_id"],
        facts={"outcome": said},
    )
    return Outcome.STORED


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
