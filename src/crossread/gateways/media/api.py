"""HTTP routes of media: a study as a ZIP, and what people bring, for administrators."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.requests import ClientDisconnect

from crossread.archive import imports, store
from crossread.archive.imports import FOREIGN, ImportState, MediaImport
from crossread.archive.model import NotKept
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.media.export import Profile, exported, see_that_it_is_here
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller, need_role
from crossread.hospitals.model import Reader, Role
from crossread.patients.model import patient_id
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound, Unreadable
from crossread.platform.http import BadRequest, Ground, On
from crossread.platform.objects import sync

router = APIRouter(prefix="/api/archive", tags=["media"])

PIECE = 4 << 20  # bytes that are written at once
SHOWN = 50


class RefusalOut(BaseModel):
    """A file that was not taken in, and why."""

    name: str
    reason: str
    sentence: str


class ImportOut(BaseModel):
    """Something that was brought, and what became of it so far."""

    id: UUID
    state: ImportState
    sentence: str
    bytes: int
    asked_at: datetime
    ended_at: datetime | None
    seen: int
    stored: int
    repeated: int
    refused: int
    others: int
    stored_bytes: int
    refusals: list[RefusalOut]
    studies: list[UUID]


@router.get("/studies/{study_id}/export.zip")
async def export(
    on: On, caller: Caller, study_id: UUID, profile: Profile = Profile.GENERAL
) -> StreamingResponse:
    """A study of her own hospital as a ZIP with a DICOMDIR."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        study = await store.study(db, study_id)
        if study.hospital_id != caller.hospital_id:
            raise NotFound("This study is not in the archive.")
        instances = await store.instances_of(db, study.id)
        see_that_it_is_here(instances)
        hospital = await hospitals.hospital(db, study.hospital_id)
        await record(
            db,
            Entry(
                action="export",
                purpose="own_file",
                subject_kind="study",
                subject_id=str(study.id),
                allowed=True,
                reader_id=caller.id,
                reader_hospital_id=caller.hospital_id,
                patient_id=patient_id(study.hospital_id, study.issuer, study.patient_number),
                hospital_id=study.hospital_id,
                form="identified",
                facts={"instances": len(instances), "profile": profile},
            ),
        )
    pieces = exported(
        on.database,
        on.objects,
        study,
        instances,
        hospital=hospital.name,
        profile=profile,
        now=on.clock(),
    )
    name = f"study-{str(study.id)[:8]}.zip"  # says nothing of whose it is
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post("/imports", status_code=202)
async def bring(
    request: Request,
    on: On,
    caller: Caller,
    own_numbers: Annotated[
        bool, Query(description="Patient numbers on it are those of her own hospital.")
    ] = False,
) -> ImportOut:
    """A ZIP, or one DICOM file, as the body: kept at once, and taken in in the background."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise BadRequest("Send the ZIP itself as the body, not in a form.")
    import_id = uuid4()
    key = f"imports/{import_id}"
    size = await _keep(request, on, key)
    async with on.database.transaction() as db:
        await imports.ask(
            db,
            import_id=import_id,
            hospital_id=caller.hospital_id,
            asked_by=caller.id,
            issuer="" if own_numbers else FOREIGN,
            object_key=key,
            size=size,
            now=on.clock(),
        )
        await _audit(db, caller, import_id, size)
        return _shown(await imports.get(db, import_id))


@router.get("/imports")
async def brought(on: On, caller: Caller) -> list[ImportOut]:
    """What was brought to her hospital of late."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        found = await imports.of_hospital(db, caller.hospital_id, SHOWN)
    return [_shown(one) for one in found]


@router.get("/imports/{import_id}")
async def one_import(on: On, caller: Caller, import_id: UUID) -> ImportOut:
    """One of them; the feed tells of each step as `import`."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        found = await imports.get(db, import_id)
    if found.hospital_id != caller.hospital_id:
        raise NotFound("There is no such import.")
    return _shown(found)


async def _keep(request: Request, on: Ground, key: str) -> int:
    """Keep the body, durable when this returns; how many bytes it is.

    Raises Unreadable for an empty, a cut-off and a far too large one, NotKept on a full disk.
    """
    settings = request.app.state.settings
    most = settings.archive.import_at_most_gb << 30
    spool: Path = settings.data_folder.resolve() / "spool"
    path = on.objects.path(key) or spool / key
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        size = await _write(request.stream(), path, most)
        if on.objects.folder is not None:
            await asyncio.to_thread(sync, on.objects.folder, path)
        else:
            with path.open("rb") as content:
                await asyncio.to_thread(on.objects.put_file, key, content)
            path.unlink()
    except BaseException as error:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        match error:
            case ClientDisconnect():
                raise Unreadable("The upload was cut off; send it again.") from error
            case OSError():
                raise NotKept(
                    "There is no room for this now; send it again later.",
                    cause=f"{type(error).__name__} {error.errno}",
                ) from error
            case _:
                raise
    return size


async def _write(body: AsyncIterator[bytes], path: Path, most: int) -> int:
    size, waiting = 0, bytearray()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        async for piece in body:
            size += len(piece)
            if size > most:
                raise Unreadable(
                    f"This is more than {most >> 30} GB; import it on the server, with"
                    " `crossread archive import`."
                )
            waiting += piece
            if len(waiting) >= PIECE:
                await asyncio.to_thread(_all, descriptor, bytes(waiting))
                waiting.clear()
        await asyncio.to_thread(_all, descriptor, bytes(waiting))
    finally:
        os.close(descriptor)
    if not size:
        raise Unreadable("There is nothing in this request; send a ZIP or a DICOM file.")
    return size


def _all(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


async def _audit(db: Connection, caller: Reader, import_id: UUID, size: int) -> None:
    await record(
        db,
        Entry(
            action="import",
            purpose="own_file",
            subject_kind="import",
            subject_id=str(import_id),
            allowed=True,
            reader_id=caller.id,
            reader_hospital_id=caller.hospital_id,
            hospital_id=caller.hospital_id,
            facts={"bytes": size},
        ),
    )


def _shown(one: MediaImport) -> ImportOut:
    return ImportOut(
        id=one.id,
        state=one.state,
        sentence=one.sentence,
        bytes=one.bytes,
        asked_at=one.asked_at,
        ended_at=one.ended_at,
        seen=one.seen,
        stored=one.stored,
        repeated=one.repeated,
        refused=one.refused,
        others=one.others,
        stored_bytes=one.stored_bytes,
        refusals=[
            RefusalOut(name=each.name, reason=each.reason, sentence=each.sentence)
            for each in one.refusals
        ],
        studies=sorted(one.studies),
    )
