"""QIDO-RS: search (PS3.18 10.6)."""

from fastapi import APIRouter, Request, Response

from crossread.archive import store
from crossread.gateways.dicomweb import answers
from crossread.gateways.dicomweb.door import Seen
from crossread.platform.http import On

router = APIRouter()


@router.get("/studies/{study_instance_uid}/series")
async def series(request: Request, on: On, seen: Seen) -> Response:
    """The series of a study."""
    async with on.database.transaction() as db:
        found = await store.series_of(db, seen.id)
    return answers.datasets(
        request,
        [
            {
                "00080060": {"vr": "CS", "Value": [one.modality]},
                "0008103E": {"vr": "LO", "Value": [one.description]},
                "0020000D": {"vr": "UI", "Value": [seen.study_instance_uid]},
                "0020000E": {"vr": "UI", "Value": [one.series_instance_uid]},
                "00200011": {"vr": "IS", "Value": [] if one.number is None else [one.number]},
                "00180015": {"vr": "CS", "Value": [one.body_part]},
                "00201209": {"vr": "IS", "Value": [one.instance_count]},
            }
            for one in found
        ],
    )
