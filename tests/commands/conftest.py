"""What tests of commands may ask for."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict


@pytest.fixture
def empty_database_url(server_url: str, database_url: str) -> Iterator[str]:
    """The URL of a database without any schema."""
    name = f"crossread_empty_{uuid4().hex[:8]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    filled = str(conninfo_to_dict(database_url)["dbname"])
    yield database_url.replace(filled, name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
