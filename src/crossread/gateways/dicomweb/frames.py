"""WADO-RS: single frames (PS3.18 10.4.1.1.6)."""

from fastapi import APIRouter, Request, Response

from crossread.gateways.dicomweb import answers, conditional, forms
from crossread.gateways.dicomweb.door import Seen
from crossread.gateways.dicomweb.multipart import writer
from crossread.gateways.dicomweb.negotiation import wishes
from crossread.gateways.dicomweb.wado import instance_of
from crossread.platform.http import BadRequest, On

router = APIRouter()
AT_ONCE = 10_000  # frames of one request


@router.get(
    "/studies/{study_instance_uid}/series/{series_instance_uid}/instances/{sop_instance_uid}"
    "/frames/{numbers}"
)
async def frames(
    request: Request,
    on: On,
    seen: Seen,
    series_instance_uid: str,
    sop_instance_uid: str,
    numbers: str,
) -> Response:
    """Frames (from 1, comma separated), each a part."""
    wanted = numbers_of(numbers)
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    form = forms.of_frames(wishes(answers.accept(request)), found, single=len(wanted) == 1)
    etag = conditional.tag([found], f"{form.kind}-{form.syntax}-{numbers}")
    known = conditional.unchanged(request, etag)
    if known is not None:
        return known
    headers = {**answers.LASTING, "ETag": etag}
    kind = f"{form.kind}; transfer-syntax={form.syntax}"
    parts = [await forms.frame(on.objects, found, number, form) for number in wanted]
    if not form.related:
        return Response(parts[0], 200, headers, kind)
    written = writer(form.kind)
    pieces = []
    for place, part in enumerate(parts):
        pieces += [written.head(kind, len(part), first=place == 0), part]
    return Response(b"".join([*pieces, written.end]), 200, headers, written.content_type)


def numbers_of(written: str) -> list[int]:
    """Frame numbers of a path. Raises BadRequest."""
    numbers = [number.strip() for number in written.split(",")]
    if len(numbers) > AT_ONCE or not all(one.isascii() and one.isdigit() for one in numbers):
        raise BadRequest("Frames are numbers from 1, separated by commas.")
    return [int(number) for number in numbers]
