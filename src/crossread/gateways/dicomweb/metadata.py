"""WADO-RS: metadata (PS3.18 10.4.1.1.2), from what is prepared of each series where it is."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from crossread.archive import outgoing, retrieve
from crossread.archive.checksum import checksum
from crossread.archive.coerce import Corrections, coerced_json
from crossread.archive.model import Study
from crossread.archive.prepare import compressed, expanded, prepare_series, shown
from crossread.archive.store import prepared
from crossread.archive.store.prepared import Prepared
from crossread.gateways.dicomweb import answers, conditional
from crossread.gateways.dicomweb.door import Seen, Through
from crossread.gateways.dicomweb.negotiation import chosen, wishes
from crossread.gateways.dicomweb.wado import instance_of
from crossread.platform.errors import NotFound
from crossread.platform.http import Ground, On

router = APIRouter()
_URI = b'"BulkDataURI":"'  # within a text its quotes would be escaped
_FAST, _WORTH_IT = 1, 1_024  # level of compression, and bytes from which it pays


@router.get("/studies/{study_instance_uid}/metadata")
async def of_study(request: Request, on: On, seen: Seen, door: Through) -> Response:
    """The metadata of every instance of a study."""
    return await _answer(request, on, seen, door.root, None)


@router.get("/studies/{study_instance_uid}/series/{series_instance_uid}/metadata")
async def of_series(
    request: Request, on: On, seen: Seen, door: Through, series_instance_uid: str
) -> Response:
    """The metadata of every instance of a series."""
    return await _answer(request, on, seen, door.root, series_instance_uid)


@router.get(
    "/studies/{study_instance_uid}/series/{series_instance_uid}/instances/{sop_instance_uid}"
    "/metadata"
)
async def of_instance(
    request: Request,
    on: On,
    seen: Seen,
    door: Through,
    series_instance_uid: str,
    sop_instance_uid: str,
) -> Response:
    """The metadata of one instance."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    known = await outgoing.corrections(on.database, seen.id)
    base = f"{_base(door.root, seen, series_instance_uid)}instances/{{}}/bulkdata/"
    described = await retrieve.described(on.objects, [found], bulk=base)
    if known is not None:
        described = [coerced_json(one, known) for one in described]
    return answers.datasets(request, described)


async def _answer(
    request: Request, on: Ground, seen: Study, root: str, series_instance_uid: str | None
) -> Response:
    offer = chosen(wishes(answers.accept(request)), answers.MODELS)
    async with on.database.transaction() as db:
        series = await prepared.of_study(db, seen.id, series_instance_uid)
        known = await outgoing.corrections_in(db, seen.id)
    if not series:
        raise NotFound("This series is not in the archive.")
    etag = _tag(series, known, f"{root} {offer.kind}")
    if etag is not None and (unchanged := conditional.unchanged(request, etag)) is not None:
        return unchanged
    contents = [await _of_series(on, seen, one, known) for one in series]
    headers = {"Vary": "Accept, Accept-Encoding", **answers.ASKED_AGAIN}
    if etag is not None:
        headers["ETag"] = etag
    bases = [_base(root, seen, one.series_instance_uid) for one in series]
    content = await asyncio.to_thread(_joined, contents, bases)
    if offer.kind == answers.XML:
        return answers.xml(json.loads(content), headers)
    if len(content) >= _WORTH_IT and _takes_gzip(request):
        content = await asyncio.to_thread(compressed, content, _FAST)
        headers["Content-Encoding"] = "gzip"
    return Response(content, 200, headers, offer.kind)


async def _of_series(on: Ground, seen: Study, series: Prepared, known: Corrections | None) -> bytes:
    """The JSON array of a series, whose BulkDataURIs are relative to it."""
    content = await _kept(on, series)
    if content is None:
        async with on.database.transaction() as db:
            found = await shown(db, seen.id, series.series_instance_uid)
        content = await prepare_series(on.database, on.objects, seen, series, found, on.clock())
    if known is None and not series.hidden:
        return content
    described: list[dict[str, Any]] = json.loads(content)
    if series.hidden:
        async with on.database.transaction() as db:
            found = await shown(db, seen.id, series.series_instance_uid)
        uids = {one.sop_instance_uid for one in found}
        described = [one for one in described if one["00080018"]["Value"][0] in uids]
    if known is not None:
        described = [coerced_json(one, known) for one in described]
    return answers.encoded(described)


async def _kept(on: Ground, series: Prepared) -> bytes | None:
    if series.object_key is None or not series.whole:
        return None
    try:
        return await asyncio.to_thread(expanded, await on.objects.get(series.object_key))
    except NotFound:  # prepared anew in the meantime, and this one was collected
        return None


def _joined(contents: Sequence[bytes], bases: Sequence[str]) -> bytes:
    """One array of several, with absolute BulkDataURIs."""
    absolute = [
        content.replace(_URI, _URI + json.dumps(base)[1:-1].encode())
        for content, base in zip(contents, bases, strict=True)
    ]
    if len(absolute) == 1:
        return absolute[0]
    return b"[" + b",".join(one[1:-1] for one in absolute if one != b"[]") + b"]"


def _base(root: str, study: Study, series_instance_uid: str) -> str:
    return f"{root}/studies/{study.study_instance_uid}/series/{series_instance_uid}/"


def _tag(series: Sequence[Prepared], known: Corrections | None, form: str) -> str | None:
    """An ETag where all is prepared and nothing hidden."""
    if any(one.hidden or not one.whole for one in series):
        return None
    corrected = known.corrected_at.isoformat() if known else ""
    keys = "".join(str(one.object_key) for one in series)
    return f'W/"{checksum(f"{keys}{corrected}{form}".encode())}"'


def _takes_gzip(request: Request) -> bool:
    for one in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, quality = one.partition(";")
        if name.strip() in {"gzip", "*"}:
            return quality.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
