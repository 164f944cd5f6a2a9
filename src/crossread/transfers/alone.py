"""Be the only worker that carries for an endpoint."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crossread.platform.database import Database


@asynccontextmanager
async def alone(database: Database, endpoint_id: str) -> AsyncIterator[bool]:
    """Whether no other worker carries for this endpoint, for as long as the block lasts.

    A lock of a session, which ends with its connection: a worker that dies lets go, and none holds
    a transaction open while images go over the network.
    """
    async with database.session() as connection:
        cursor = await connection.execute(
            "select pg_try_advisory_lock(hashtextextended('transfers/' || %s, 0)) as taken",
            (endpoint_id,),
        )
        row = await cursor.fetchone()
        yield bool(row and row["taken"])
