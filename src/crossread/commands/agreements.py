"""`crossread agreement`: who reads what for whom."""

from datetime import timedelta

from rich.console import Console
from rich.table import Table

from crossread.commands.connect import within
from crossread.hospitals import agree, store
from crossread.hospitals.model import Agreement, Form, Keeping, Purpose, Urgency
from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Connection

# what is agreed when nothing else is said: minutes from offer to report
MINUTES = {Urgency.STROKE: 15, Urgency.ACUTE: 60, Urgency.URGENT: 240, Urgency.ROUTINE: 2880}


def add(
    settings: Settings,
    identifier: str,
    source: str,
    readers: list[str],
    *,
    modalities: list[str],
    tariff_cents: int,
    needs_consent: bool,
    keeping: Keeping = Keeping.ARCHIVE,
    cache_days: int = 14,
) -> None:
    """Put the next version of an agreement in force. Raises NotFound for an unknown hospital."""

    async def sign(db: Connection) -> int:
        for hospital_id in (source, *readers):
            await store.hospital(db, hospital_id)
        version = await store.latest_version(db, identifier) + 1
        now = clock.now()
        signed = Agreement(
            id=identifier,
            version=version,
            source_hospital_id=source,
            reading_hospital_ids=tuple(readers),
            purposes=frozenset(Purpose),
            modalities=frozenset(modalities),
            form=Form.IDENTIFIED,
            minutes_by_urgency=MINUTES,
            tariff_cents=tariff_cents,
            starts_at=now - timedelta(seconds=1),
            needs_consent=needs_consent,
            keeping=keeping,
            cache_days=cache_days,
        )
        await agree.sign(db, signed)
        return version

    version = within(settings, sign)
    Console().print(f"[green]✓[/green] Version {version} of '{identifier}' is in force.")


def show(settings: Settings) -> None:
    """Print the agreements in force."""

    async def read(db: Connection) -> list[Agreement]:
        everyone = [one.id for one in await store.hospitals(db)]
        return await store.agreements_of(db, everyone, clock.now())

    table = Table(
        "agreement", "version", "of", "read by", "modalities", "consent", "kept", "tariff"
    )
    for one in within(settings, read):
        table.add_row(
            one.id,
            str(one.version),
            one.source_hospital_id,
            ", ".join(one.reading_hospital_ids),
            ", ".join(sorted(one.modalities)) or "all",
            "needed" if one.needs_consent else "not needed",
            "archive" if one.keeping is Keeping.ARCHIVE else f"cache, {one.cache_days} days",
            f"€ {one.tariff_cents / 100:.2f}",
        )
    Console().print(table)
