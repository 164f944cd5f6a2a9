"""WADO-RS: pictures and thumbnails (PS3.18 10.4.1.1.3, 10.4.1.1.7)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter, Request, Response

from crossread.archive import frame_forms, render
from crossread.archive.checksum import checksum
from crossread.archive.model import Instance
from crossread.archive.render import Look
from crossread.gateways.dicomweb import answers, conditional, looks
from crossread.gateways.dicomweb.door import Seen
from crossread.gateways.dicomweb.frames import numbers_of
from crossread.gateways.dicomweb.multipart import writer
from crossread.gateways.dicomweb.negotiation import Offer, chosen, wishes
from crossread.gateways.dicomweb.wado import instance_of, instances_of
from crossread.platform.errors import NotFound
from crossread.platform.http import Ground, On

router = APIRouter()
_SERIES = "/studies/{study_instance_uid}/series/{series_instance_uid}"
_INSTANCE = _SERIES + "/instances/{sop_instance_uid}"
_KINDS = ("image/jpeg", "image/png", "image/gif")
_AT_ONCE = 500  # pictures of one answer
_THUMB = looks.viewport(128, 128)

Shown = tuple[Instance, int]  # an image, and the number of its frame


@router.get(_INSTANCE + "/rendered")
async def instance(
    request: Request, on: On, seen: Seen, series_instance_uid: str, sop_instance_uid: str
) -> Response:
    """An instance: a picture, or one for each frame; as image/gif one that moves."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    return await _pictures(request, on, _frames([found]), looks.look(request.query_params))


@router.get(_INSTANCE + "/frames/{numbers}/rendered")
async def frames(
    request: Request,
    on: On,
    seen: Seen,
    series_instance_uid: str,
    sop_instance_uid: str,
    numbers: str,
) -> Response:
    """Some frames of an instance."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    shown = [(found, number) for number in numbers_of(numbers)]
    return await _pictures(request, on, shown, looks.look(request.query_params))


@router.get(_SERIES + "/rendered")
async def series(request: Request, on: On, seen: Seen, series_instance_uid: str) -> Response:
    """All pictures of a series."""
    found = await instances_of(on, seen, series_instance_uid)
    return await _pictures(request, on, _frames(found), looks.look(request.query_params))


@router.get("/studies/{study_instance_uid}/rendered")
async def study(request: Request, on: On, seen: Seen) -> Response:
    """All pictures of a study."""
    found = await instances_of(on, seen)
    return await _pictures(request, on, _frames(found), looks.look(request.query_params))


@router.get(_INSTANCE + "/thumbnail")
async def thumbnail(
    request: Request, on: On, seen: Seen, series_instance_uid: str, sop_instance_uid: str
) -> Response:
    """A small picture of an instance."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    return await _thumbnail(request, on, [found])


@router.get(_INSTANCE + "/frames/{numbers}/thumbnail")
async def thumbnail_of_frame(
    request: Request,
    on: On,
    seen: Seen,
    series_instance_uid: str,
    sop_instance_uid: str,
    numbers: str,
) -> Response:
    """A small picture of a frame."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    return await _pictures(request, on, [(found, numbers_of(numbers)[0])], _small(request))


@router.get(_SERIES + "/thumbnail")
async def thumbnail_of_series(
    request: Request, on: On, seen: Seen, series_instance_uid: str
) -> Response:
    """A small picture of the middle of a series."""
    return await _thumbnail(request, on, await instances_of(on, seen, series_instance_uid))


@router.get("/studies/{study_instance_uid}/thumbnail")
async def thumbnail_of_study(request: Request, on: On, seen: Seen) -> Response:
    """A small picture of the middle of the first series with pictures."""
    shown = [one for one in await instances_of(on, seen) if one.frames]
    own = [one for one in shown if one.series_id == shown[0].series_id] if shown else []
    return await _thumbnail(request, on, own)


async def _thumbnail(request: Request, on: Ground, found: Sequence[Instance]) -> Response:
    shown = [one for one in found if one.frames]
    if not shown:
        raise NotFound("There is no picture in this.")
    middle = shown[len(shown) // 2]
    return await _pictures(request, on, [(middle, (middle.frames + 1) // 2)], _small(request))


def _small(request: Request) -> Look:
    wanted = looks.look(request.query_params)
    return wanted if wanted.viewport is not None else replace(wanted, viewport=_THUMB)


async def _pictures(request: Request, on: Ground, shown: Sequence[Shown], look: Look) -> Response:
    if not shown:
        raise NotFound("There is no picture in this.")
    if len(shown) > _AT_ONCE:
        raise NotFound(f"These are more than {_AT_ONCE} pictures; ask for them series by series.")
    alone = len(shown) == 1
    offers = [Offer(kind, related=False) for kind in _KINDS] if alone else []
    offers += [Offer(kind) for kind in _KINDS]
    if not alone and len({one.id for one, _ in shown}) == 1:
        offers.append(Offer("image/gif", related=False))  # one that moves
    offer = chosen(wishes(answers.accept(request)), offers)
    instances = list({one.id: one for one, _ in shown}.values())
    numbers = ",".join(str(number) for _, number in shown[:8])
    form = checksum(f"{offer} {numbers} {look}".encode())
    etag = conditional.tag(instances, form)
    if (unchanged := conditional.unchanged(request, etag)) is not None:
        return unchanged
    headers = {**answers.LASTING, "ETag": etag}
    if not offer.related and not alone:
        return Response(await _moving(on, shown, look), 200, headers, offer.kind)
    drawn = [await picture(on, one, number, look, offer.kind) for one, number in shown]
    if not offer.related:
        return Response(drawn[0], 200, headers, offer.kind)
    written = writer(offer.kind)
    pieces = []
    for place, one in enumerate(drawn):
        pieces += [written.head(offer.kind, len(one), first=place == 0), one]
    return Response(b"".join([*pieces, written.end]), 200, headers, written.content_type)


async def picture(on: Ground, one: Instance, number: int, look: Look, kind: str) -> bytes:
    """One frame as a picture of this media type. Raises NotFound, NotHere, NotRenderable."""
    image = await frame_forms.image(on.objects, one, number)
    return await asyncio.to_thread(
        lambda: render.encoded(render.picture(image, number, look), kind, look.quality)
    )


async def _moving(on: Ground, shown: Sequence[Shown], look: Look) -> bytes:
    drawn, milliseconds = [], 100.0
    for one, number in shown:
        image = await frame_forms.image(on.objects, one, number)
        milliseconds = float(image.get("FrameTime") or milliseconds)
        drawn.append(await asyncio.to_thread(render.picture, image, number, look))
    return await asyncio.to_thread(render.animated, drawn, milliseconds)


def _frames(found: Sequence[Instance]) -> list[Shown]:
    return [(one, number) for one in found for number in range(1, one.frames + 1)]
