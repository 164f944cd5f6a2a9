"""WADO-RS: single frames (PS3.18 10.4.1.1.6)."""

from fastapi import APIRouter, Request, Response

from crossread.archive import copies
from crossread.archive.copies import Copied
from crossread.archive.model import Instance
from crossread.gateways.dicomweb import answers, conditional, forms
from crossread.gateways.dicomweb.door import Seen
from crossread.gateways.dicomweb.forms import Form
from crossread.gateways.dicomweb.multipart import writer
from crossread.gateways.dicomweb.negotiation import wishes
from crossread.gateways.dicomweb.wado import instance_of
from crossread.platform.http import BadRequest, Ground, On

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
    asked = wishes(answers.accept(request))
    copy = await copies.copy_of(on.database, found) if forms.ask_for_copies(asked) else None
    form = forms.of_frames(asked, found, single=len(wanted) == 1, copied=copy is not None)
    etag = conditional.tag([found], f"{form.kind}-{form.syntax}-{numbers}")
    known = conditional.unchanged(request, etag)
    if known is not None:
        return known
    if form.syntax not in forms.COPIES or form.syntax == found.transfer_syntax_uid:
        copy = None
    headers = {**answers.LASTING, "ETag": etag}
    kind = f"{form.kind}; transfer-syntax={form.syntax}"
    if not form.related:
        headers |= {"Accept-Ranges": "bytes"}
        if "range" not in request.headers:
            return Response(await _frame(on, found, wanted[0], form, copy), 200, headers, kind)
        whole = await _size(on, found, wanted[0], form, copy)
        start, length = conditional.wanted_range(request, etag, whole) or (0, whole)
        content = await _frame(on, found, wanted[0], form, copy, start, length)
        if length < whole:
            headers |= conditional.partial_headers(start, length, whole)
        return Response(content, 206 if length < whole else 200, headers, kind)
    parts = [await _frame(on, found, number, form, copy) for number in wanted]
    written = writer(form.kind)
    pieces = []
    for place, part in enumerate(parts):
        pieces += [written.head(kind, len(part), first=place == 0), part]
    return Response(b"".join([*pieces, written.end]), 200, headers, written.content_type)


async def _size(on: Ground, found: Instance, number: int, form: Form, copy: Copied | None) -> int:
    """How many bytes a frame is; of a copy that is known without reading it."""
    if copy is not None and 1 <= number <= len(copy.frames):
        return copy.frames[number - 1][1]
    return len(await _frame(on, found, number, form, copy))


async def _frame(
    on: Ground,
    found: Instance,
    number: int,
    form: Form,
    copy: Copied | None,
    start: int = 0,
    length: int | None = None,
) -> bytes:
    """A frame, or a part of it: the first part of a copy is a smaller picture."""
    if copy is not None:
        return await copies.frame(on.objects, copy, number, start=start, length=length)
    content = await forms.frame(on.objects, found, number, form)
    return content if length is None else content[start : start + length]


def numbers_of(written: str) -> list[int]:
    """Frame numbers of a path. Raises BadRequest."""
    numbers = [number.strip() for number in written.split(",")]
    if len(numbers) > AT_ONCE or not all(one.isascii() and one.isdigit() for one in numbers):
        raise BadRequest("Frames are numbers from 1, separated by commas.")
    return [int(number) for number in numbers]
