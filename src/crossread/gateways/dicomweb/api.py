"""DICOMweb around a task (PS3.18 10.4, 10.6): what its reader may see, and nothing else.

The root is the task's, so that every request says for which purpose it is made; the rule of access
answers each, for the task's own study and for priors of the same person at any hospital.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse

from crossread.access import ask
from crossread.access.ask import Asked
from crossread.access.model import Decision, Sight
from crossread.archive import retrieve, store
from crossread.archive.metadata import metadata
from crossread.archive.model import Instance, Study
from crossread.hospitals.caller import Caller
from crossread.hospitals.model import Reader
from crossread.platform.errors import NotFound
from crossread.platform.http import Ground, On
from crossread.worklist.api import visible

router = APIRouter(prefix="/api/tasks/{task_id}/dicom-web", tags=["dicomweb"])

# a series of 400 images is 400 requests: one answer of the rule serves them for this long, and one
# line of the audit for longer; a consent that is withdrawn counts within seconds
ANSWER_LASTS = timedelta(seconds=2)
AUDIT_LASTS = timedelta(minutes=10)
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Answer:
    """What the rule said of late to one reader, about one study, around one task."""

    study: Study
    decision: Decision
    asked_at: datetime
    audited_at: datetime


_Key = tuple[UUID, UUID, str]  # reader, task, Study Instance UID


class Doorkeeper:
    """Asks the rule of access, and remembers its answer for a moment."""

    def __init__(self) -> None:
        self._answers: dict[_Key, _Answer] = {}

    async def study(
        self, on: Ground, reader: Reader, task_id: UUID, study_instance_uid: str
    ) -> Study:
        """The study, if this reader may see its images around this task.

        Raises NotFound, AccessDenied.
        """
        now = on.clock()
        key = (reader.id, task_id, study_instance_uid)
        known = self._answers.get(key)
        if known is None or now - known.asked_at > ANSWER_LASTS:
            known = await self._ask(on, reader, task_id, study_instance_uid, known)
            self._remember(key, known)
        ask.enforce(known.decision)
        return known.study

    async def _ask(
        self,
        on: Ground,
        reader: Reader,
        task_id: UUID,
        study_instance_uid: str,
        known: _Answer | None,
    ) -> _Answer:
        now = on.clock()
        async with on.database.transaction() as db:
            task = await visible(db, reader, task_id)
            copies = await store.studies_with_uid(db, study_instance_uid)
            if not copies:
                raise NotFound("This study is not in the archive.")
            asked = Asked(reader, task, Sight.CONTENT, "images")
            answers = await ask.decisions(db, asked, copies, now)
            # of several hospitals' copies the task's own first, then any that she may see
            study = min(
                copies, key=lambda copy: (copy.id != task.study_id, not answers[copy.id].allowed)
            )
            decision = answers[study.id]
            fresh = (
                known is None
                or known.decision.allowed != decision.allowed
                or now - known.audited_at > AUDIT_LASTS
            )
            if fresh:
                await ask.audit(db, asked, study, decision)
        audited_at = now if fresh or known is None else known.audited_at
        return _Answer(study, decision, now, audited_at)

    def _remember(self, key: _Key, answer: _Answer) -> None:
        self._answers.pop(key, None)
        self._answers[key] = answer
        while len(self._answers) > _REMEMBERED:
            self._answers.pop(next(iter(self._answers)))


async def _study(
    request: Request, on: On, caller: Caller, task_id: UUID, study_instance_uid: str
) -> Study:
    keeper: Doorkeeper = request.app.state.doorkeeper
    return await keeper.study(on, caller, task_id, study_instance_uid)


Seen = Annotated[Study, Depends(_study)]


@router.get("/studies/{study_instance_uid}/series")
async def series(on: On, study: Seen) -> Response:
    """QIDO-RS: the series of a study (PS3.18 10.6)."""
    async with on.database.transaction() as db:
        found = await store.series_of(db, study.id)
    return _json(
        [
            {
                "00080060": {"vr": "CS", "Value": [one.modality]},
                "0008103E": {"vr": "LO", "Value": [one.description]},
                "0020000D": {"vr": "UI", "Value": [study.study_instance_uid]},
                "0020000E": {"vr": "UI", "Value": [one.series_instance_uid]},
                "00200011": {"vr": "IS", "Value": [] if one.number is None else [one.number]},
                "00180015": {"vr": "CS", "Value": [one.body_part]},
                "00201209": {"vr": "IS", "Value": [one.instance_count]},
            }
            for one in found
        ]
    )


@router.get("/studies/{study_instance_uid}/metadata")
async def study_metadata(on: On, study: Seen) -> Response:
    """WADO-RS: the metadata of every instance of a study (PS3.18 10.4.1.1.2)."""
    async with on.database.transaction() as db:
        found = await store.instances_of(db, study.id)
    return _json(await _metadata(on, found))


@router.get("/studies/{study_instance_uid}/series/{series_instance_uid}/metadata")
async def series_metadata(on: On, study: Seen, series_instance_uid: str) -> Response:
    """WADO-RS: the metadata of every instance of a series."""
    async with on.database.transaction() as db:
        found = await store.instances_of(db, study.id, series_instance_uid)
    if not found:
        raise NotFound("This series is not in the archive.")
    return _json(await _metadata(on, found))


@router.get(
    "/studies/{study_instance_uid}/series/{series_instance_uid}/instances/{sop_instance_uid}"
)
async def instance(request: Request, on: On, study: Seen, sop_instance_uid: str) -> Response:
    """WADO-RS: one instance as it was received, behind our file meta."""
    found = await _instance(on, study, sop_instance_uid)
    content = await retrieve.file(on.objects, found)
    if "multipart/related" in request.headers.get("accept", ""):
        return _multipart(
            [content], f"application/dicom; transfer-syntax={found.transfer_syntax_uid}"
        )
    return Response(content, media_type="application/dicom", headers=_LASTING)


@router.get(
    "/studies/{study_instance_uid}/series/{series_instance_uid}/instances/{sop_instance_uid}"
    "/frames/{numbers}"
)
async def frames(on: On, study: Seen, sop_instance_uid: str, numbers: str) -> Response:
    """WADO-RS: frames (from 1, comma separated) in the transfer syntax they are kept in."""
    found = await _instance(on, study, sop_instance_uid)
    wanted = [int(number) for number in numbers.split(",") if number.isdigit()]
    if not wanted:
        raise NotFound("There is no such frame.")
    parts = [await retrieve.frame(on.objects, found, number) for number in wanted]
    return _multipart(
        parts, f"application/octet-stream; transfer-syntax={found.transfer_syntax_uid}"
    )


@router.get("/studies/{study_instance_uid}")
async def whole_study(on: On, study: Seen) -> StreamingResponse:
    """WADO-RS: every instance of a study, one after the other."""
    async with on.database.transaction() as db:
        found = await store.instances_of(db, study.id)
    boundary = uuid4().hex

    async def parts() -> Any:
        async for one, content in retrieve.stream(on.objects, found):
            kind = f"application/dicom; transfer-syntax={one.transfer_syntax_uid}"
            yield _part(boundary, kind, content)
        yield f"--{boundary}--\r\n".encode()

    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return StreamingResponse(parts(), media_type=kind)


# what is under a UID never changes; only its own reader's browser may keep it
_LASTING = {"Cache-Control": "private, max-age=3600, immutable"}


async def _instance(on: Ground, study: Study, sop_instance_uid: str) -> Instance:
    async with on.database.transaction() as db:
        found = await store.instance(db, study.hospital_id, sop_instance_uid)
    if found is None or found.study_id != study.id:
        raise NotFound("This image is not in the archive.")
    return found


async def _metadata(on: Ground, found: list[Instance]) -> list[dict[str, Any]]:
    headers = await retrieve.headers(on.objects, found)
    return [
        metadata(header) | {"00083002": {"vr": "UI", "Value": [one.transfer_syntax_uid]}}
        for one, header in zip(found, headers, strict=True)
    ]


def _json(body: list[dict[str, Any]]) -> Response:
    return JSONResponse(body, media_type="application/dicom+json")


def _multipart(parts: list[bytes], kind: str) -> Response:
    boundary = uuid4().hex
    body = b"".join(_part(boundary, kind, part) for part in parts)
    outer = kind.partition(";")[0]
    return Response(
        body + f"--{boundary}--\r\n".encode(),
        media_type=f'multipart/related; type="{outer}"; boundary={boundary}',
        headers=_LASTING,
    )


def _part(boundary: str, kind: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content + b"\r\n"
