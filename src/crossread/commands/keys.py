"""`crossread hospital key`: keys for hospitals' own systems."""

from rich.console import Console
from rich.table import Table

from crossread.commands.connect import within
from crossread.hospitals import keys, store
from crossread.hospitals.model import Key, Right
from crossread.platform import clock
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection


def make(settings: Settings, hospital_id: str, rights: list[str], label: str) -> None:
    """Make a key and print it, the only time that it can be seen.

    Raises ConfigurationError, NotFound.
    """
    unknown = [right for right in rights if right not in set(Right)]
    if unknown:
        raise ConfigurationError(f"'{unknown[0]}' is no right; there are {', '.join(Right)}.")

    async def save(db: Connection) -> str:
        chosen = [Right(right) for right in rights]
        return await keys.make(db, hospital_id, chosen, label, clock.now())

    Console(soft_wrap=True).print(within(settings, save), markup=False, highlight=False)


def show(settings: Settings, hospital_id: str) -> None:
    """Print what is known of a hospital's keys. Raises NotFound."""

    async def read(db: Connection) -> list[Key]:
        await store.hospital(db, hospital_id)
        return await store.keys(db, hospital_id)

    table = Table("key", "for", "may", "made", "revoked")
    for one in within(settings, read):
        ended = f"{one.revoked_at:%Y-%m-%d %H:%M}" if one.revoked_at else ""
        may = ", ".join(right for right in Right if right in one.rights)
        table.add_row(one.id, one.label, may, f"{one.made_at:%Y-%m-%d %H:%M}", ended)
    Console().print(table)


def revoke(settings: Settings, hospital_id: str, key_id: str) -> None:
    """End a key. Raises NotFound."""

    async def end(db: Connection) -> None:
        await keys.revoke(db, hospital_id, key_id, clock.now())

    within(settings, end)
    Console().print(f"[green]✓[/green] The key '{key_id}' counts no more.")
