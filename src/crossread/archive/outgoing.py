"""What leaves the archive: the kept bytes, with a header that says what is known today.

Without corrections a file goes out bit for bit. A hospital that wants its image exactly as it sent
it asks `retrieve.give_out`, which never changes anything.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from crossread.archive import retrieve
from crossread.archive.coerce import Corrections, coerced
from crossread.archive.model import Instance
from crossread.archive.store import corrections as store
from crossread.platform.database import Connection, Database
from crossread.platform.objects import Objects


async def outgoing(database: Database, objects: Objects, instance: Instance) -> bytes:
    """The file of an instance for somebody outside, corrected.

    Raises NotFound, NotHere, and Damaged, which is announced.
    """
    known = await corrections(database, instance.study_id)
    content = await retrieve.give_out(database, objects, instance)
    return content if known is None else await asyncio.to_thread(coerced, content, instance, known)


async def stream(
    database: Database, objects: Objects, instances: Sequence[Instance]
) -> AsyncIterator[tuple[Instance, bytes]]:
    """The file of each instance, corrected, in their order, with few and large reads.

    Raises NotFound, NotHere, Damaged.
    """
    known: dict[UUID, Corrections | None] = {}
    async for instance, content in retrieve.stream(objects, instances):
        if instance.study_id not in known:
            known[instance.study_id] = await corrections(database, instance.study_id)
        now = known[instance.study_id]
        yield instance, content if now is None else coerced(content, instance, now)


async def corrections(database: Database, study_id: UUID) -> Corrections | None:
    """What is known better of a study than its images say; None: nothing."""
    async with database.transaction() as db:
        return await corrections_in(db, study_id)


async def corrections_in(db: Connection, study_id: UUID) -> Corrections | None:
    """The same, in a transaction that is open."""
    return await store.of_study(db, study_id)
