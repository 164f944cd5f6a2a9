"""PostgreSQL: a pool of connections, and transactions over them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, ConnectionPool

Connection = AsyncConnection[DictRow]
Row = dict[str, Any]

# `jobs` is on the path since procrastinate's SQL does not name its schema
_OPTIONS = "-c timezone=UTC -c search_path=public,jobs"


class Database:
    """A pool of connections to one PostgreSQL database.

    Use as an async context manager; `transaction()` gives a connection inside a transaction that
    commits at the end of the block and rolls back on any exception. A server that has just
    restarted is met with a fresh connection: dead ones are checked for before they are handed out.
    """

    def __init__(self, url: str, *, size: int = 8) -> None:
        self.url = url
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            timeout=20,
            reconnect_timeout=60,
            check=AsyncConnectionPool.check_connection,
            kwargs={"row_factory": dict_row, "options": _OPTIONS},
            name="crossread",
        )
        # of threads that have no event loop; opened by the first of them
        self._blocking = ConnectionPool(
            url,
            min_size=0,
            max_size=size,
            open=False,
            timeout=20,
            reconnect_timeout=60,
            check=ConnectionPool.check_connection,
            kwargs={"options": _OPTIONS},
            name="crossread-threads",
        )

    async def __aenter__(self) -> Self:
        await self._pool.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.shield(self._pool.close())
        await asyncio.to_thread(self._blocking.close)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection inside one transaction."""
        async with self._pool.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def blocking_transaction(self) -> Iterator[psycopg.Connection]:
        """A connection inside one transaction, for a thread without an event loop. Blocks."""
        self._blocking.open()
        with self._blocking.connection() as connection, connection.transaction():
            yield connection

    def connect(self) -> psycopg.Connection:
        """A connection of its own for one thread, in autocommit. Blocks."""
        return psycopg.connect(self.url, autocommit=True, options=_OPTIONS, connect_timeout=10)

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Connection]:
        """A connection of its own, in autocommit, for what must last as long as a session."""
        connection = await AsyncConnection.connect(
            self.url, autocommit=True, row_factory=dict_row, options=_OPTIONS
        )
        try:
            yield connection
        finally:
            await connection.close()

    @asynccontextmanager
    async def listening(self, channel: str) -> AsyncIterator[Connection]:
        """A connection of its own, in autocommit, that hears NOTIFY on `channel`."""
        async with self.session() as connection:
            await connection.execute(f'listen "{channel}"')
            yield connection
