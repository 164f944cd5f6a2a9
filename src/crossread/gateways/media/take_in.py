"""Take in what lies on a medium: every DICOM file, with or without a DICOMDIR."""

import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from lzma import LZMAError
from typing import BinaryIO
from uuid import UUID

from crossread.archive import part10
from crossread.archive.imports import Refusal
from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Announced, NotArchived, Outcome
from crossread.gateways.media.sources import Found, Unfit

PIECE = 1 << 20  # bytes
HEAD_AT_MOST = 1 << 20  # bytes in which a file must have told its transfer syntax
REFUSALS_AT_MOST = 1_000  # of which each is listed; the rest is counted
_DIRECTORY = "1.2.840.10008.1.3.10"
_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
_PREFIX = b"\0" * 128 + b"DICM"
# what reading a broken ZIP or a failing CD raises
_BROKEN = (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError)


@dataclass(slots=True)
class Tally:
    """What became of the files so far."""

    seen: int = 0
    stored: int = 0
    repeated: int = 0  # were here already, the very same bytes
    refused: int = 0
    others: int = 0  # no DICOM: programs, pictures, and the DICOMDIR
    bytes: int = 0  # of what was stored
    refusals: list[Refusal] = field(default_factory=list)
    studies: set[UUID] = field(default_factory=set)

    def refuse(self, name: str, reason: str, sentence: str) -> None:
        """Add a refusal."""
        self.refused += 1
        if len(self.refusals) < REFUSALS_AT_MOST:
            self.refusals.append(Refusal(name, reason, sentence))


class _NoDicom(Exception):
    """There is nothing of DICOM in this file."""


def take_in(
    intake: Intake,
    files: Iterable[Found],
    said: Announced,
    *,
    tally: Tally | None = None,
    told: Callable[[Tally], None] = lambda tally: None,
) -> Tally:
    """Take in each file; `said` names hospital and sender. Blocks.

    With the `tally` of an earlier try it goes on behind what was seen then. `told` hears of each
    file; what it raises ends the taking in. Raises NotKept when the archive can keep nothing now.
    """
    tally = tally or Tally()
    before = tally.seen
    receiver = intake.receiver()
    try:
        for place, found in enumerate(files):
            if place < before:
                continue
            _take(receiver, found, said, tally)
            tally.seen += 1
            told(tally)
    finally:
        receiver.close()
    return tally


def _take(receiver: Receiver, found: Found, said: Announced, tally: Tally) -> None:
    try:
        with found.open() as content:
            size = _send(receiver, content, said)
    except _NoDicom:
        tally.others += 1
        return
    except Unfit as unfit:
        tally.refuse(found.name, unfit.reason, unfit.sentence)
        return
    except _BROKEN:
        receiver.abandon()
        tally.refuse(found.name, "broken", "This file cannot be read to its end.")
        return
    try:
        outcome = receiver.finish()
    except NotArchived as refusal:
        tally.refuse(found.name, refusal.reason, refusal.sentence)
        return
    if outcome is Outcome.STORED:
        tally.stored += 1
        tally.bytes += size
    else:
        tally.repeated += 1
    if receiver.latest is not None:
        tally.studies.add(receiver.latest.study.id)


def _send(receiver: Receiver, content: BinaryIO, said: Announced) -> int:
    """Bring a file's data set to the receiver; how many bytes. Raises _NoDicom."""
    head = content.read(PIECE)
    meta, offset = _meta(head)
    if meta.sop_class_uid == _DIRECTORY:
        raise _NoDicom
    receiver.begin(
        replace(
            said,
            transfer_syntax_uid=meta.transfer_syntax_uid,
            sop_class_uid=meta.sop_class_uid,
            sop_instance_uid=meta.sop_instance_uid,
        )
    )
    receiver.write(memoryview(head)[offset:])
    size = len(head) - offset
    while piece := content.read(PIECE):
        receiver.write(piece)
        size += len(piece)
    return size


def _meta(head: bytes) -> tuple[part10.FileMeta, int]:
    """What a file says at its beginning, and where its data set begins. Raises _NoDicom."""
    if head[128:132] == b"DICM":
        meta, skipped = _read(head), 0
    elif head[:2] == b"\2\0" and head[4:6].isupper():  # a head without its preamble
        meta, skipped = _read(_PREFIX + head), len(_PREFIX)
    elif head[:2] == b"\10\0" and len(head) > 8:  # a data set without a head, as old systems wrote
        syntax = _EXPLICIT if head[4:6].isalpha() and head[4:6].isupper() else _IMPLICIT
        return part10.FileMeta("", "", syntax, 0), 0
    else:
        raise _NoDicom
    if not meta.transfer_syntax_uid:
        meta = replace(meta, transfer_syntax_uid=_IMPLICIT)
    return meta, meta.length - skipped


def _read(head: bytes) -> part10.FileMeta:
    try:
        meta = part10.file_meta(head)
    except NotArchived as refusal:
        raise Unfit(refusal.reason, refusal.sentence) from refusal
    if meta is None:
        raise Unfit("not_dicom", "The head of this DICOM file cannot be read.")
    return meta
