"""WADO-RS: bulk data that metadata names, and pixel data (PS3.18 10.4.1.1.4 and 10.4.1.1.5)."""

from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, Request, Response

from crossread.archive import retrieve
from crossread.archive.model import Instance, Study
from crossread.gateways.dicomweb import answers, conditional, forms
from crossread.gateways.dicomweb.door import Door, Seen, Through
from crossread.gateways.dicomweb.forms import Form
from crossread.gateways.dicomweb.media import EXPLICIT_LITTLE, OCTETS
from crossread.gateways.dicomweb.multipart import Writer, writer
from crossread.gateways.dicomweb.negotiation import Offer, chosen, wishes
from crossread.gateways.dicomweb.wado import PIECE, instance_of, instances_of
from crossread.platform.errors import NotFound
from crossread.platform.http import Ground, On

router = APIRouter()
_SERIES = "/studies/{study_instance_uid}/series/{series_instance_uid}"
_INSTANCE = _SERIES + "/instances/{sop_instance_uid}"
_PIXELS = frozenset({"7FE00010", "7FE00009", "7FE00008"})
_SWAPPED = "1.2.840.10008.1.2.2"  # big endian: its pixels go out frame by frame, turned round


@router.get(_INSTANCE + "/bulkdata/{path:path}")
async def one_value(
    request: Request,
    on: On,
    seen: Seen,
    door: Through,
    series_instance_uid: str,
    sop_instance_uid: str,
    path: str,
) -> Response:
    """The value that a BulkDataURI names."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    if path.upper() in _PIXELS:
        return await _pixels(request, on, _url(door, seen), [found])
    offer = chosen(wishes(answers.accept(request)), [Offer(OCTETS), Offer(OCTETS, related=False)])
    etag = conditional.tag([found], f"{path}-{offer.related}")
    if (unchanged := conditional.unchanged(request, etag)) is not None:
        return unchanged
    content = await retrieve.bulk(on.objects, found, path)
    if offer.related:
        return _one_part(content, etag)
    return _ranged(request, content, etag)


@router.get(_INSTANCE + "/pixeldata")
async def pixels_of_instance(
    request: Request,
    on: On,
    seen: Seen,
    door: Through,
    series_instance_uid: str,
    sop_instance_uid: str,
) -> Response:
    """The pixel data of one instance, a frame a part."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    return await _pixels(request, on, _url(door, seen), [found])


@router.get(_SERIES + "/pixeldata")
async def pixels_of_series(
    request: Request, on: On, seen: Seen, door: Through, series_instance_uid: str
) -> Response:
    """The pixel data of a series."""
    return await _pixels(
        request, on, _url(door, seen), await instances_of(on, seen, series_instance_uid)
    )


@router.get("/studies/{study_instance_uid}/pixeldata")
async def pixels_of_study(request: Request, on: On, seen: Seen, door: Through) -> Response:
    """The pixel data of a study."""
    return await _pixels(request, on, _url(door, seen), await instances_of(on, seen))


async def _pixels(
    request: Request, on: Ground, study_url: str, instances: Sequence[Instance]
) -> Response:
    found = [one for one in instances if one.frames]
    if not found:
        raise NotFound("There is no pixel data in this.")
    asked = wishes(answers.accept(request))
    single = len(found) == 1 and _native(found[0])
    chosen_forms = [forms.of_frames(asked, one, single=single) for one in found]
    first = chosen_forms[0]
    etag = conditional.tag(found, f"pixels-{first.kind}-{first.syntax}-{first.related}")
    if (unchanged := conditional.unchanged(request, etag)) is not None:
        return unchanged
    if single and not first.related:
        content = await retrieve.part(
            on.objects, found[0], found[0].pixel_offset or 0, found[0].pixel_bytes or 0
        )
        return _ranged(request, content, etag)
    written = writer(first.kind)
    pieces = _pieces(on, study_url, list(zip(found, chosen_forms, strict=True)), written)
    headers = {**answers.LASTING, "ETag": etag}
    return answers.Streamed(pieces, headers, written.content_type)


async def _pieces(
    on: Ground, study_url: str, found: Sequence[tuple[Instance, Form]], written: Writer
) -> AsyncIterator[bytes]:
    """Each frame as a part; native pixels of an instance as one."""
    waiting: list[bytes] = []
    size, first = 0, True
    for one, form in found:
        kind = f"{form.kind}; transfer-syntax={form.syntax}"
        whole = _native(one) and form.syntax == EXPLICIT_LITTLE
        for number in [0] if whole else range(1, one.frames + 1):
            if whole:
                content = await retrieve.part(
                    on.objects, one, one.pixel_offset or 0, one.pixel_bytes or 0
                )
            else:
                content = await forms.frame(on.objects, one, number, form)
            place = f"{study_url}/series/{one.series_instance_uid}/instances/{one.sop_instance_uid}"
            place += f"/frames/{number}" if number else "/pixeldata"
            waiting += [written.head(kind, len(content), first=first, location=place), content]
            size, first = size + len(content), False
            if size >= PIECE:
                yield b"".join(waiting)
                waiting, size = [], 0
    yield b"".join([*waiting, written.end])


def _native(one: Instance) -> bool:
    return one.pixel_offset is not None and one.transfer_syntax_uid != _SWAPPED


def _url(door: Door, seen: Study) -> str:
    return f"{door.root}/studies/{seen.study_instance_uid}"


def _one_part(content: bytes, etag: str) -> Response:
    written = writer(OCTETS)
    body = written.head(OCTETS, len(content), first=True) + content + written.end
    return Response(body, 200, {**answers.LASTING, "ETag": etag}, written.content_type)


def _ranged(request: Request, content: bytes, etag: str) -> Response:
    headers = {**answers.LASTING, "ETag": etag, "Accept-Ranges": "bytes"}
    part = conditional.wanted_range(request, etag, len(content))
    if part is None:
        return Response(content, 200, headers, OCTETS)
    start, length = part
    headers |= conditional.partial_headers(start, length, len(content))
    return Response(content[start : start + length], 206, headers, OCTETS)
