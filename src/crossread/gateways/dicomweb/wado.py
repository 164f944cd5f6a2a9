"""WADO-RS: studies, series and instances as they were received (PS3.18 10.4.1.1.1)."""

from collections.abc import AsyncIterator, Sequence

from fastapi import APIRouter, Request, Response

from crossread.archive import outgoing, retrieve, store
from crossread.archive.coerce import Corrections
from crossread.archive.lay_out import laid_out
from crossread.archive.model import Instance, Study
from crossread.archive.prepare import shown
from crossread.archive.retrieve import Damaged
from crossread.gateways.dicomweb import answers, conditional, forms
from crossread.gateways.dicomweb.door import Seen
from crossread.gateways.dicomweb.forms import Form
from crossread.gateways.dicomweb.multipart import Writer, writer
from crossread.gateways.dicomweb.negotiation import wishes
from crossread.platform.errors import NotFound
from crossread.platform.http import Ground, On

router = APIRouter()
PIECE = 1 << 20  # bytes that are sent at once, at least


@router.get("/studies/{study_instance_uid}")
async def study(request: Request, on: On, seen: Seen) -> Response:
    """Every instance of a study, one after the other."""
    return await _all_of(request, on, await instances_of(on, seen))


@router.get("/studies/{study_instance_uid}/series/{series_instance_uid}")
async def series(request: Request, on: On, seen: Seen, series_instance_uid: str) -> Response:
    """Every instance of a series."""
    return await _all_of(request, on, await instances_of(on, seen, series_instance_uid))


@router.get(
    "/studies/{study_instance_uid}/series/{series_instance_uid}/instances/{sop_instance_uid}"
)
async def instance(
    request: Request, on: On, seen: Seen, series_instance_uid: str, sop_instance_uid: str
) -> Response:
    """One instance, behind our file meta."""
    found = await instance_of(on, seen, series_instance_uid, sop_instance_uid)
    form = forms.of_instances(wishes(answers.accept(request)), [found], single=True)
    if form.related:
        return await _all_of(request, on, [found], form)
    known = await outgoing.corrections(on.database, seen.id)
    etag = conditional.tag([found], _form(form, known))
    if (unchanged := conditional.unchanged(request, etag)) is not None:
        return unchanged
    headers = {**answers.ASKED_AGAIN, "ETag": etag}
    if known is not None or form.changes(found):
        content = await outgoing.outgoing(on.database, on.objects, found)
        content = await forms.file(found, content, form)
        return Response(content, 200, headers, _kind(form, found))
    headers["Accept-Ranges"] = "bytes"
    part = conditional.wanted_range(request, etag, found.bytes)
    if part is not None:
        content = await retrieve.part(on.objects, found, *part)
        headers |= conditional.partial_headers(*part, found.bytes)
        return Response(content, 206, headers, forms.DICOM)
    content = await retrieve.give_out(on.database, on.objects, found)
    return Response(content, 200, headers, _kind(form, found))


async def instances_of(
    on: Ground, study: Study, series_instance_uid: str | None = None
) -> list[Instance]:
    """The instances of a study or a series. Raises NotFound."""
    async with on.database.transaction() as db:
        found = await shown(db, study.id, series_instance_uid)
    if not found:
        raise NotFound(
            "This series is not in the archive."
            if series_instance_uid
            else "This study has no images."
        )
    return found


async def instance_of(
    on: Ground, study: Study, series_instance_uid: str, sop_instance_uid: str
) -> Instance:
    """One instance, if it lies in this series of this study. Raises NotFound."""
    async with on.database.transaction() as db:
        found = await store.instance(db, study.hospital_id, sop_instance_uid)
    if (
        found is None
        or found.study_id != study.id
        or found.series_instance_uid != series_instance_uid
        or found.rejection
    ):
        raise NotFound("This image is not in the archive.")
    return found


async def _all_of(
    request: Request, on: Ground, found: Sequence[Instance], form: Form | None = None
) -> Response:
    form = form or forms.of_instances(wishes(answers.accept(request)), found, single=False)
    known = await outgoing.corrections(on.database, found[0].study_id)
    etag = conditional.tag(found, _form(form, known))
    if (unchanged := conditional.unchanged(request, etag)) is not None:
        return unchanged
    written = writer(form.kind)
    headers = {**answers.ASKED_AGAIN, "ETag": etag}
    if known is None and not any(form.changes(one) for one in found):
        heads = [
            written.head(_kind(form, one), one.bytes, first=place == 0)
            for place, one in enumerate(found)
        ]
        length = sum(map(len, heads)) + sum(one.bytes for one in found) + len(written.end)
        headers["content-length"] = str(length)  # so that who gets less knows it
        pieces = _pieces(on, found, heads, written)
    else:
        pieces = _changed_pieces(on, found, form, written)
    return answers.Streamed(pieces, headers, written.content_type)


async def _pieces(
    on: Ground, found: Sequence[Instance], heads: Sequence[bytes], written: Writer
) -> AsyncIterator[bytes | bytearray]:
    """The multipart body of what goes out as it is kept, some megabytes at a time."""
    try:
        async for piece in laid_out(on.objects, found, heads):
            yield piece
    except Damaged as damage:
        await retrieve.announce_damaged(on.database, damage.instance)
        raise  # the answer ends before its last boundary, and short of its length
    yield written.end


async def _changed_pieces(
    on: Ground, found: Sequence[Instance], form: Form, written: Writer
) -> AsyncIterator[bytes | bytearray]:
    """The same of what is corrected, or written in another transfer syntax, on its way out."""
    first = True
    async for one, content in outgoing.stream(on.database, on.objects, found):
        changed = await forms.file(one, content, form)
        yield written.head(_kind(form, one), len(changed), first=first) + changed
        first = False
    yield written.end


def _form(form: Form, known: Corrections | None) -> str:
    """What of an ETag is not in the images themselves."""
    corrected = f"-{known.corrected_at.timestamp()}" if known else ""
    return f"{form.syntax}{corrected}"


def _kind(form: Form, one: Instance) -> str:
    return f"{forms.DICOM}; transfer-syntax={form.syntax_for(one)}"
