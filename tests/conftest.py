"""What every test may ask for: a database of its own, made from one migrated template."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis  # noqa: F401 - early: its plugin would import it amid threads at the end
import psycopg
import pytest
from psycopg import sql
from tests.region import region  # noqa: F401 - a fixture

from crossread import migrations
from crossread.platform import embedded
from crossread.platform.database import Connection, Database
from crossread.platform.objects import Objects

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A PostgreSQL server: the embedded one, or the one CROSSREAD_TEST_DATABASE_URL names."""
    named = os.environ.get("CROSSREAD_TEST_DATABASE_URL")
    if named:
        yield named
        return
    # not in pytest's own folder: a second pytest closes that to the user the server runs as
    with tempfile.TemporaryDirectory(prefix="crossread-") as place:
        folder = Path(place) / "data"
        try:
            yield embedded.start(folder, database="postgres")
        finally:
            embedded.stop(folder)


@pytest.fixture(scope="session")
def template(server_url: str) -> Iterator[str]:
    """The name of a migrated, empty database from which each test's own is copied."""
    name = f"crossread_template_{uuid4().hex[:8]}"
    _execute(server_url, sql.SQL("create database {}").format(sql.Identifier(name)))
    migrations.upgrade(_named(server_url, name))
    yield name
    _execute(server_url, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    """The URL of a fresh database for one test."""
    name = f"crossread_test_{uuid4().hex[:8]}"
    _execute(
        server_url,
        sql.SQL("create database {} template {}").format(
            sql.Identifier(name), sql.Identifier(template)
        ),
    )
    yield _named(server_url, name)
    _execute(server_url, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open pool on a fresh database."""
    async with Database(database_url, size=6) as opened:
        yield opened


@pytest.fixture
async def db(database: Database) -> AsyncIterator[Connection]:
    """A connection inside one transaction of a fresh database."""
    async with database.transaction() as connection:
        yield connection


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    """An empty object store in a folder."""
    return Objects(str(tmp_path / "objects"))


def _execute(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _named(url: str, name: str) -> str:
    parts = psycopg.conninfo.conninfo_to_dict(url)
    host = parts.get("host", "")
    user = parts.get("user", "postgres")
    password = parts.get("password")
    port = parts.get("port")
    credentials = f"{user}:{password}" if password else f"{user}"
    if str(host).startswith("/"):
        return f"postgresql://{credentials}@/{name}?host={host}" + (f"&port={port}" if port else "")
    return f"postgresql://{credentials}@{host}:{port or 5432}/{name}"
