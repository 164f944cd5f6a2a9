"""`crossread hospital notify`, `steps` and `commitments`: what machines ask and tell."""

from rich.console import Console
from rich.table import Table

from crossread.archive.store import commitments as asked
from crossread.commands.connect import within
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import DICOM_KINDS, Wish
from crossread.orders import store as orders
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection, Row

SHOWN = 50


def notify(settings: Settings, endpoint_id: str, *, off: bool) -> None:
    """Tell an endpoint of availability from now on, or no longer. Raises NotFound."""

    async def save(db: Connection) -> None:
        endpoint = await hospitals.endpoint(db, endpoint_id)
        if endpoint.kind not in DICOM_KINDS:
            raise ConfigurationError(f"'{endpoint_id}' does not speak DICOM.")
        if off:
            await hospitals.wish_no_more(db, endpoint.id, Wish.AVAILABILITY)
        else:
            await hospitals.wish(db, endpoint.id, Wish.AVAILABILITY)

    within(settings, save)
    says = "is no longer told" if off else "is told"
    Console().print(f"[green]✓[/green] {endpoint_id} {says} when images can be retrieved.")


def steps(settings: Settings, hospital_id: str) -> None:
    """Print what a hospital's machines did of late. Raises NotFound."""

    async def read(db: Connection) -> list[Row]:
        await hospitals.hospital(db, hospital_id)
        return await orders.recent_steps(db, hospital_id, SHOWN)

    table = Table("changed", "state", "station", "modality", "accession", "instances")
    for row in within(settings, read):
        table.add_row(
            f"{row['changed_at']:%Y-%m-%d %H:%M}",
            row["state"],
            row["station"],
            row["modality"],
            ", ".join(row["accession_numbers"]),
            str(row["instances"]),
        )
    Console().print(table)


def commitments(settings: Settings, hospital_id: str) -> None:
    """Print what a hospital asked us to answer for. Raises NotFound."""

    async def read(db: Connection) -> list[Row]:
        await hospitals.hospital(db, hospital_id)
        return await asked.recent(db, hospital_id, SHOWN)

    table = Table("asked", "endpoint", "instances", "answered", "told")
    for row in within(settings, read):
        answered = row["answered_at"]
        table.add_row(
            f"{row['asked_at']:%Y-%m-%d %H:%M}",
            row["endpoint_id"],
            str(row["instances"]),
            f"{answered:%H:%M:%S}" if answered else "not yet",
            row["told"],
        )
    Console().print(table)
