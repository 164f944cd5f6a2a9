"""The PostgreSQL that comes along starts again, whatever killed it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crossread.platform import embedded


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """An empty folder for a server, which is stopped afterwards."""
    yield tmp_path / "pg"
    embedded.stop(tmp_path / "pg")


def rows(url: str) -> list[tuple[int, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute("select n from kept order by n").fetchall()


def test_what_was_committed_is_there_after_a_kill(folder: Path) -> None:
    url = embedded.start(folder)
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 1 as n")
    first = embedded.process_id(folder)
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert embedded.start(folder) == url, "its address stays, so that others find it again"
    assert embedded.process_id(folder) not in {None, first}
    assert rows(url) == [(1,)]


def test_starting_twice_joins_the_one_that_runs(folder: Path) -> None:
    assert embedded.start(folder) == embedded.start(folder)


def test_stopping_leaves_nothing_and_may_be_repeated(folder: Path) -> None:
    embedded.start(folder)
    embedded.stop(folder)
    embedded.stop(folder)
    assert embedded.process_id(folder) is None


def test_the_number_of_a_dead_server_may_meanwhile_be_another_programs(folder: Path) -> None:
    url = embedded.start(folder)
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 1 as n")
    file = folder / "postmaster.pid"
    lines = file.read_text().splitlines(keepends=True)
    embedded.stop(folder)
    # as after a power cut: the file is still there, its number is now our own
    file.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
    assert embedded.process_id(folder) is None
    assert rows(embedded.start(folder)) == [(1,)]


def test_where_the_path_is_too_long_for_a_socket_only_its_owner_reaches_it(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25) / "pg"
    url = embedded.start(folder)
    try:
        sockets = Path(url.partition("?host=")[2])
        assert sockets != folder
        assert sockets.stat().st_mode & 0o077 == 0
        with psycopg.connect(url) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        embedded.stop(folder)
