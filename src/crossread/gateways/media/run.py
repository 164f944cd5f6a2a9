"""Take in what was brought, in the background; who takes over goes on where another stopped."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from crossread.archive import imports
from crossread.archive.imports import ImportState, MediaImport, Progress
from crossread.archive.intake import Intake
from crossread.archive.model import Announced
from crossread.gateways.media import sources
from crossread.gateways.media.take_in import Tally, take_in
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.errors import NotFound, Unreadable
from crossread.platform.objects import Objects

SENDER = "MEDIA"  # where the index says who sent a study
TOLD_EVERY = 1.0  # seconds


async def run_import(
    database: Database, objects: Objects, intake: Intake, clock: Clock, import_id: UUID
) -> None:
    """Take in every file of an import, then let go of what was brought.

    Raises NotKept when the archive can keep nothing now: a later try goes on from there.
    """
    async with database.transaction() as db:
        one = await imports.get(db, import_id)
    if one.ended_at is None:
        state, why = await _take(database, objects, intake, one)
        async with database.transaction() as db:
            await imports.end(db, one, state, why, clock())
    await objects.delete(one.object_key)


async def _take(
    database: Database, objects: Objects, intake: Intake, one: MediaImport
) -> tuple[ImportState, str]:
    loop = asyncio.get_running_loop()

    async def save(now_at: Progress) -> None:
        async with database.transaction() as db:
            await imports.progress(db, one, now_at)

    def tell(tally: Tally) -> None:
        asyncio.run_coroutine_threadsafe(save(_progress(tally)), loop).result()

    said = Announced(one.hospital_id, SENDER, "", protocol="media", issuer=one.issuer)
    try:
        async with _on_disk(objects, one.object_key) as path:
            tally = await asyncio.to_thread(_all_of, intake, path, said, one, _seldom(tell))
    except NotFound:
        return ImportState.FAILED, "What was brought is not here any more; bring it again."
    except Unreadable as error:
        return ImportState.FAILED, error.sentence
    await save(_progress(tally))
    return ImportState.FINISHED, ""


def _all_of(
    intake: Intake, path: Path, said: Announced, one: MediaImport, told: Callable[[Tally], None]
) -> Tally:
    before = Tally(
        one.seen,
        one.stored,
        one.repeated,
        one.refused,
        one.others,
        one.stored_bytes,
        list(one.refusals),
        set(one.studies),
    )
    return take_in(intake, sources.files_in(path), said, tally=before, told=told)


def _seldom(tell: Callable[[Tally], None]) -> Callable[[Tally], None]:
    last = time.monotonic()

    def told(tally: Tally) -> None:
        nonlocal last
        if time.monotonic() - last >= TOLD_EVERY:
            tell(tally)
            last = time.monotonic()

    return told


def _progress(tally: Tally) -> Progress:
    return Progress(
        tally.seen,
        tally.stored,
        tally.repeated,
        tally.refused,
        tally.others,
        tally.bytes,
        tuple(tally.refusals),
        tuple(tally.studies),
    )


@asynccontextmanager
async def _on_disk(objects: Objects, key: str) -> AsyncIterator[Path]:
    """A file with the bytes under `key`. Raises NotFound."""
    path = objects.path(key)
    if path is not None:
        if not path.is_file():
            raise NotFound("This object is not in the store.", cause=key)
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="crossread-", suffix=".zip") as file:
        async for piece in objects.stream(key):
            await asyncio.to_thread(file.write, piece)
        file.flush()
        yield Path(file.name)
