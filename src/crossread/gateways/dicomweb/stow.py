"""STOW-RS: take instances in (PS3.18 10.5)."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request, Response

from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Announced, NotArchived, Reason
from crossread.archive.part10 import FileMeta, file_meta
from crossread.gateways.dicomweb import multipart, stow_answer
from crossread.gateways.dicomweb.belt import Belt, CutOff
from crossread.gateways.dicomweb.door import Action, ThroughOwn
from crossread.gateways.dicomweb.multipart import PartBegins, PartEnds, PartGoesOn, Step
from crossread.gateways.dicomweb.refusals import UnsupportedMedia
from crossread.gateways.dicomweb.stow_answer import Taken
from crossread.gateways.dicomweb.stow_keep import Said, hold, told
from crossread.gateways.dicomweb.stow_metadata import METADATA, take_described
from crossread.platform.errors import Unreadable

router = APIRouter()
DICOM = "application/dicom"
TOGETHER = 32  # instances that share a sync and a commit
_IMPLICIT = "1.2.840.10008.1.2"
# a receiver waits for disk and database; threads of its own keep those of the rest free
_THREADS = ThreadPoolExecutor(16, thread_name_prefix="stow")

_T = TypeVar("_T")


@router.post("/studies")
async def store(request: Request, door: ThroughOwn) -> Response:
    """Store instances of any studies (PS3.18 10.5)."""
    return await _store(request, door, "")


@router.post("/studies/{study_instance_uid}")
async def store_in_study(request: Request, door: ThroughOwn, study_instance_uid: str) -> Response:
    """Store instances of this study; those of another are refused."""
    return await _store(request, door, study_instance_uid)


async def _store(request: Request, door: ThroughOwn, study_instance_uid: str) -> Response:
    await door.change(Action.STORE)
    said = Announced(
        door.hospital_id, door.sender, "", protocol="stow", study_instance_uid=study_instance_uid
    )
    take = _way(request.headers.get("content-type", ""))
    taken = await _in_thread(request, partial(take, request.app.state.intake, said))
    for study in {one.study.id: one.study for one in taken if one.study is not None}.values():
        await door.changed(Action.STORE, study)
    return stow_answer.answer(request, door.root, study_instance_uid, taken)


def _way(content_type: str) -> Callable[[Intake, Announced, Iterator[bytes]], list[Taken]]:
    """How a body of this media type is taken in. Raises UnsupportedMedia, NotMultipart."""
    kind, named = multipart.parameters(content_type)
    inner = named.get("type", DICOM).lower()
    if kind == DICOM:
        return _take_one
    if kind == "multipart/related" and inner == DICOM:
        return partial(_take_parts, multipart.boundary_of(content_type))
    if kind == "multipart/related" and inner in METADATA:
        return partial(take_described, multipart.boundary_of(content_type))
    raise UnsupportedMedia(
        "Send multipart/related of application/dicom, application/dicom+json or"
        " application/dicom+xml, or one application/dicom."
    )


async def _in_thread(request: Request, take: Callable[[Iterator[bytes]], _T]) -> _T:
    """Let `take` have the body, in a thread, while it comes."""
    belt = Belt()

    def work() -> _T:
        try:
            return take(belt.pieces())
        except CutOff:
            raise Unreadable("The request was cut off; send it again.") from None
        finally:
            belt.leave()

    working = asyncio.get_running_loop().run_in_executor(_THREADS, work)
    try:
        await belt.carry(request.stream())
    except Exception:
        # the thread sees the end of the belt, and lets go of what it holds
        await asyncio.wait([working])
        working.exception()
        raise
    return await working


def _take_parts(
    boundary: bytes, intake: Intake, said: Announced, body: Iterator[bytes]
) -> list[Taken]:
    reader = multipart.Reader(boundary)

    def steps() -> Iterator[Step]:
        for piece in body:
            yield from reader.feed(piece)
        reader.close()

    return _receive(intake, said, steps())


def _take_one(intake: Intake, said: Announced, body: Iterator[bytes]) -> list[Taken]:
    def steps() -> Iterator[Step]:
        yield PartBegins({"content-type": DICOM})
        for piece in body:
            yield PartGoesOn(memoryview(piece))
        yield PartEnds()

    return _receive(intake, said, steps())


def _receive(intake: Intake, said: Announced, steps: Iterator[Step]) -> list[Taken]:
    """Take in every part; each has its own outcome, and many share one sync and commit."""
    receiver = intake.receiver()
    taken: list[Taken | Said] = []
    part = _Part(receiver, said)
    waiting = 0
    try:
        for step in steps:
            match step:
                case PartGoesOn(piece):
                    part.write(piece)
                case PartBegins():
                    part = _Part(receiver, said)
                case PartEnds():
                    taken.append(part.finish())
                    waiting += isinstance(taken[-1], Said)
                    if waiting == TOGETHER:
                        taken, waiting = _settled(receiver, taken), 0
        return [one for one in _settled(receiver, taken) if isinstance(one, Taken)]
    finally:
        receiver.close()


def _settled(receiver: Receiver, taken: list[Taken | Said]) -> list[Taken | Said]:
    """Keep what waits for it, and say of each what became of it."""
    answers = iter(receiver.settle())
    return [
        told(one, next(answers), one.candidate) if isinstance(one, Said) else one for one in taken
    ]


class _Part:
    """One file (PS3.10) that comes in: its head says how the rest is to be read."""

    def __init__(self, receiver: Receiver, said: Announced) -> None:
        self._receiver, self._said = receiver, said
        self._head: bytearray | None = bytearray()
        self._meta: FileMeta | None = None

    def write(self, piece: memoryview) -> None:
        if self._head is None:
            self._receiver.write(piece)
            return
        self._head += piece
        try:
            self._meta = file_meta(self._head)
        except NotArchived:  # perhaps a data set without a head; else the archive will say so
            self._begin(_IMPLICIT, 0)
            return
        if self._meta is not None:
            self._begin(self._meta.transfer_syntax_uid, self._meta.length)

    def finish(self) -> Taken | Said:
        """It is whole: it waits to be kept, or cannot be."""
        if self._head is not None:
            self._begin(_IMPLICIT, 0)
        meta = self._meta
        if meta is None:
            nothing = Said(self._said.hospital_id, ("", ""), Reason.NOT_DICOM)
            return hold(self._receiver, nothing)
        uids = (meta.sop_class_uid, meta.sop_instance_uid)
        return hold(self._receiver, Said(self._said.hospital_id, uids))

    def _begin(self, syntax: str, offset: int) -> None:
        assert self._head is not None  # noqa: S101 - only the first pieces come here
        meta, said = self._meta, self._said
        self._receiver.begin(
            Announced(
                hospital_id=said.hospital_id,
                sender=said.sender,
                transfer_syntax_uid=syntax,
                sop_class_uid=meta.sop_class_uid if meta else "",
                sop_instance_uid=meta.sop_instance_uid if meta else "",
                protocol=said.protocol,
                study_instance_uid=said.study_instance_uid,
            )
        )
        self._receiver.write(bytes(self._head[offset:]))
        self._head = None
