"""What the tests of transfers may ask for."""

from collections.abc import AsyncIterator

import pytest
from tests.transfers.carrying import Carrying, carrying

from crossread.platform.database import Database
from crossread.platform.objects import Objects


@pytest.fixture
async def worker(database: Database, objects: Objects) -> AsyncIterator[Carrying]:
    """An archive of Noord, and a worker that is not started yet."""
    async with carrying(database, objects) as made:
        yield made
