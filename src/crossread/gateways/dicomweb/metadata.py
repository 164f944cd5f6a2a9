"""WADO-RS: metadata (PS3.18 10.4.1.1.2)."""

from typing import Any

from fastapi import APIRouter, Request, Response

from crossread.archive import retrieve
from crossread.archive.metadata import metadata
from crossread.archive.model import Instance
from crossread.gateways.dicomweb import answers
from crossread.gateways.dicomweb.door import Seen
from crossread.gateways.dicomweb.wado import instance_of, instances_of
from crossread.platform.http import Ground, On

router = APIRouter()


@router.get("/studies/{study_instance_uid}/metadata")
async def of_study(request: Request, on: On, seen: Seen) -> Response:
    """The metadata of every instance of a study."""
    return answers.datasets(request, await _metadata(on, await instances_of(on, seen)))


@router.get("/studies/{study_instance_uid}/series/{series_instance_uid}/metadata")
async def of_series(request: Request, on: On, seen: Seen, series_instance_uid: str) -> Response:
    """The metadata of every instance of a series."""
    found = await instances_of(on, seen, series_instance_uid)
    return answers.datasets(request, await _metadata(on, found))


@router.get(
    "/studies/{study_instance_uid}/series/{series_instance_uid}/instances/{sop_instance_uid}"
    "/metadata"
)
async def of_instance(
    request: Request, on: On, seen: Seen, series_instance_uid: str, sop_instance_uid: str
) -> Response:
    """The metadata of one instance."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    return answers.datasets(request, await _metadata(on, [found]))


async def _metadata(on: Ground, found: list[Instance]) -> list[dict[str, Any]]:
    headers = await retrieve.headers(on.objects, found)
    return [
        metadata(header) | {"00083002": {"vr": "UI", "Value": [one.transfer_syntax_uid]}}
        for one, header in zip(found, headers, strict=True)
    ]
