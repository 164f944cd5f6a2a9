"""WADO-URI, for clients that know no other (PS3.18 9)."""

from fastapi import APIRouter, Request, Response

from crossread.archive import outgoing
from crossread.archive.render import Look
from crossread.archive.transcode import convertible
from crossread.gateways.dicomweb import answers, forms, looks
from crossread.gateways.dicomweb.door import Through
from crossread.gateways.dicomweb.forms import DICOM, Form
from crossread.gateways.dicomweb.media import EXPLICIT_LITTLE
from crossread.gateways.dicomweb.negotiation import ANY, NotAcceptable, wishes
from crossread.gateways.dicomweb.rendered import picture
from crossread.gateways.dicomweb.wado import instance_of
from crossread.platform.http import BadRequest, On

router = APIRouter()
_PICTURES = ("image/jpeg", "image/png", "image/gif")


@router.get("/wado")
async def retrieve(request: Request, on: On, door: Through) -> Response:
    """One object, by `studyUID`, `seriesUID` and `objectUID`."""
    asked = request.query_params
    if asked.get("requestType") != "WADO":
        raise BadRequest("requestType is WADO.")
    uids = [asked.get(name, "") for name in ("studyUID", "seriesUID", "objectUID")]
    if not all(uids):
        raise BadRequest("studyUID, seriesUID and objectUID name the object that is wanted.")
    study = await door.study(uids[0])
    found = await instance_of(on, study, uids[1], uids[2])
    kind = _kind(asked.get("contentType", "") or _usual(found.frames))
    if kind != DICOM:
        number = asked.get("frameNumber", "1")
        if not number.isascii() or not number.isdigit():
            raise BadRequest("frameNumber is a number from 1.")
        content = await picture(on, found, int(number), _look(request), kind)
        return Response(content, 200, answers.LASTING, kind)
    syntax = asked.get("transferSyntax", EXPLICIT_LITTLE)
    if not convertible(found.transfer_syntax_uid, syntax):
        syntax = ANY if "transferSyntax" not in asked else syntax
    form = Form(DICOM, related=False, syntax=syntax)
    content = await outgoing.outgoing(on.database, on.objects, found)
    content = await forms.file(found, content, form)
    return Response(content, 200, answers.ASKED_AGAIN, DICOM)


def _usual(frames: int) -> str:
    """Single pictures come as JPEG unless something is said (PS3.18 9.1.2.2.1)."""
    return "image/jpeg" if frames == 1 else DICOM


def _kind(content_type: str) -> str:
    """The first media type of the list that can be had. Raises NotAcceptable."""
    for wish in wishes(content_type):
        for kind in (*_PICTURES, DICOM):
            if wish.quality and wish.fits(kind):
                return kind
    raise NotAcceptable([*_PICTURES, DICOM])


def _look(request: Request) -> Look:
    """The look, in the words of PS3.18 9.1.2.2."""
    asked = request.query_params
    named = {"quality": asked["imageQuality"]} if "imageQuality" in asked else {}
    if "windowCenter" in asked and "windowWidth" in asked:
        named["window"] = f"{asked['windowCenter']},{asked['windowWidth']}"
    if "rows" in asked or "columns" in asked:
        high, wide = asked.get("rows", "8192"), asked.get("columns", "8192")
        named["viewport"] = f"{wide},{high}"
    return looks.look(named)
