"""`crossread user`: people who sign in, and tokens for programs."""

import secrets
from datetime import timedelta
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from crossread.commands.connect import within
from crossread.hospitals import store
from crossread.hospitals.model import Reader, Role
from crossread.hospitals.passwords import hash_password
from crossread.platform import clock
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound
from crossread.web import store as sessions
from crossread.web.session import digest

SHORTEST_PASSWORD = 8


def add(
    settings: Settings,
    username: str,
    name: str,
    hospital_id: str,
    roles: list[str],
    password: str | None,
) -> None:
    """Add somebody, or change her. Raises ConfigurationError, NotFound."""
    unknown = [role for role in roles if role not in set(Role)]
    if unknown:
        raise ConfigurationError(f"'{unknown[0]}' is no role; there are {', '.join(Role)}.")
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise ConfigurationError(f"A password has at least {SHORTEST_PASSWORD} characters.")
    person = Reader(uuid4(), hospital_id, username, name, frozenset(Role(role) for role in roles))

    async def save(db: Connection) -> None:
        await store.hospital(db, hospital_id)
        await store.save_reader(db, person, hash_password(password) if password else None)

    within(settings, save)
    Console().print(f"[green]✓[/green] {username} can sign in.")


def show(settings: Settings) -> None:
    """Print everybody who can sign in."""
    table = Table("sign-in", "name", "hospital", "roles")
    for one in within(settings, store.readers):
        table.add_row(one.username, one.name, one.hospital_id, ", ".join(sorted(one.roles)))
    Console().print(table)


def make_token(settings: Settings, username: str, days: int, label: str) -> None:
    """Make a token and print it, the only time that it can be seen. Raises NotFound."""
    token = secrets.token_urlsafe(32)

    async def save(db: Connection) -> None:
        found = await store.reader_by_username(db, username)
        if found is None:
            raise NotFound(f"Nobody signs in as '{username}'.")
        now = clock.now()
        await sessions.insert_session(
            db, digest(token), found[0].id, "token", now, now + timedelta(days=days), label
        )

    within(settings, save)
    Console(soft_wrap=True).print(token)
