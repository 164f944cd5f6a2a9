"""Take back what a hospital sent (PS3.18 has no such service; other servers answer DELETE so).

A study is erased for good, with proof; a series or an instance is thrown away, and comes as new
should it be sent again. Nothing goes that a legal hold lies on.
"""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from crossread.archive import store
from crossread.archive.erase import Ground, erase
from crossread.archive.reject import take_back
from crossread.gateways.dicomweb.door import Action, ThroughOwn
from crossread.hospitals.model import Reader
from crossread.platform.errors import NotFound
from crossread.platform.http import On

router = APIRouter()
_SERIES = "/studies/{study_instance_uid}/series/{series_instance_uid}"


@router.delete("/studies/{study_instance_uid}", status_code=204)
async def study(
    request: Request, on: On, door: ThroughOwn, study_instance_uid: str, reason: str = ""
) -> Response:
    """Erase a study. Refused under a legal hold."""
    await door.change(Action.DELETE)
    async with on.database.transaction() as db:
        found = await store.study_by_uid(db, door.hospital_id, study_instance_uid)
        if found is None:
            raise NotFound("This study is not in the archive.")
        await erase(
            db,
            [found],
            ground=Ground.REQUEST,
            reason=reason or f"DELETE over DICOMweb by {door.sender}",
            by=_person(request),
            now=on.clock(),
        )
    return Response(status_code=204)


@router.delete(_SERIES, status_code=204)
async def series(
    on: On, door: ThroughOwn, study_instance_uid: str, series_instance_uid: str
) -> Response:
    """Throw away a series. Refused under a legal hold."""
    await door.change(Action.DELETE)
    return await _take_back(on, door, study_instance_uid, series_instance_uid, None)


@router.delete(_SERIES + "/instances/{sop_instance_uid}", status_code=204)
async def instance(
    on: On,
    door: ThroughOwn,
    study_instance_uid: str,
    series_instance_uid: str,
    sop_instance_uid: str,
) -> Response:
    """Throw away an instance. Refused under a legal hold."""
    await door.change(Action.DELETE)
    return await _take_back(on, door, study_instance_uid, series_instance_uid, sop_instance_uid)


async def _take_back(
    on: On,
    door: ThroughOwn,
    study_instance_uid: str,
    series_instance_uid: str,
    sop_instance_uid: str | None,
) -> Response:
    async with on.database.transaction() as db:
        study = await store.study_by_uid(db, door.hospital_id, study_instance_uid)
        found = await store.instances_of(db, study.id, series_instance_uid) if study else []
        named = [
            one.sop_instance_uid
            for one in found
            if sop_instance_uid in {None, one.sop_instance_uid} and not one.rejection
        ]
        if study is None or not named:
            raise NotFound("This is not in the archive.")
        await take_back(db, study, named, on.clock())
    await door.changed(Action.DELETE, study)
    return Response(status_code=204)


def _person(request: Request) -> UUID | None:
    reader: Reader | None = getattr(request.state, "reader", None)
    return reader.id if reader is not None else None
