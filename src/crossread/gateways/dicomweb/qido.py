"""QIDO-RS: search (PS3.18 10.6)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from crossread.archive import search
from crossread.archive.answer import dicom_json
from crossread.archive.attributes import Level
from crossread.archive.query import ask
from crossread.gateways.dicomweb import answers
from crossread.gateways.dicomweb.door import Seen, Through
from crossread.gateways.dicomweb.question import Question, question
from crossread.platform.http import Ground, On

router = APIRouter()
_UIDS = {
    Level.STUDY: ("StudyInstanceUID",),
    Level.SERIES: ("StudyInstanceUID", "SeriesInstanceUID"),
    Level.IMAGE: ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}
_NAMES = ("studies", "series", "instances")


@router.get("/studies")
async def studies(request: Request, on: On, door: Through) -> Response:
    """Studies."""
    return await _everywhere(request, on, door, Level.STUDY)


@router.get("/series")
async def all_series(request: Request, on: On, door: Through) -> Response:
    """Series of any study."""
    return await _everywhere(request, on, door, Level.SERIES)


@router.get("/instances")
async def all_instances(request: Request, on: On, door: Through) -> Response:
    """Instances of any study."""
    return await _everywhere(request, on, door, Level.IMAGE)


@router.get("/studies/{study_instance_uid}/series")
async def series(request: Request, on: On, seen: Seen, door: Through) -> Response:
    """The series of a study."""
    asked = question(request.query_params, Level.SERIES, within=Level.STUDY)
    return await _found(request, on, door, [seen.hospital_id], [seen.id], asked)


@router.get("/studies/{study_instance_uid}/instances")
async def instances(request: Request, on: On, seen: Seen, door: Through) -> Response:
    """The instances of a study."""
    asked = question(request.query_params, Level.IMAGE, within=Level.STUDY)
    return await _found(request, on, door, [seen.hospital_id], [seen.id], asked)


@router.get("/studies/{study_instance_uid}/series/{series_instance_uid}/instances")
async def instances_of_series(
    request: Request, on: On, seen: Seen, door: Through, series_instance_uid: str
) -> Response:
    """The instances of a series."""
    asked = question(request.query_params, Level.IMAGE, within=Level.SERIES)
    asked.values["SeriesInstanceUID"] = series_instance_uid
    return await _found(request, on, door, [seen.hospital_id], [seen.id], asked)


async def _everywhere(request: Request, on: Ground, door: Through, level: Level) -> Response:
    asked = question(request.query_params, level, within=None)
    hospital_ids, only = await door.searched()
    return await _found(request, on, door, hospital_ids, only, asked)


async def _found(
    request: Request,
    on: Ground,
    door: Through,
    hospital_ids: Sequence[str],
    only: Sequence[UUID] | None,
    asked: Question,
) -> Response:
    """What fits, one page of it; a warning says when there is more (PS3.18 8.3.4.4)."""
    query = ask(
        asked.level,
        asked.values,
        wanted=asked.wanted,
        fuzzy=asked.fuzzy,
        limit=asked.limit + 1,
        offset=asked.offset,
        studies=only,
    )
    async with on.database.transaction() as db:
        matches = await search.find(db, hospital_ids, query)
    warnings = []
    if len(matches) > asked.limit:
        warnings.append("There are more results; ask for them with offset and limit.")
    if asked.unmatched:
        names = ", ".join(sorted(asked.unmatched))
        warnings.append(f"These attributes are not in the index and were not matched: {names}.")
    headers = {"Vary": "Accept"}
    if warnings:
        headers["Warning"] = ", ".join(f'299 crossread "{one}"' for one in warnings)
    shown = [_dataset(door.root, asked.level, one.values) for one in matches[: asked.limit]]
    if not shown:
        return Response(status_code=204, headers=headers)
    return answers.datasets(request, shown, headers)


def _dataset(root: str, level: Level, values: Mapping[str, Any]) -> dict[str, Any]:
    """A match, and where it can be retrieved (PS3.18 10.6.3.3)."""
    path = "".join(
        f"/{name}/{values[uid]}" for name, uid in zip(_NAMES, _UIDS[level], strict=False)
    )
    found = dicom_json(values)
    found["00081190"] = {"vr": "UR", "Value": [root + path]}
    return dict(sorted(found.items()))
