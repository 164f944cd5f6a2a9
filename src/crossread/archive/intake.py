"""Take images in, as fast as they come, and lose none: the one way into the archive.

An `Intake` serves a process, a `Receiver` one association or request. The bytes of a data set go
into a pack on disk as they arrive, are looked into there, synced, and committed to the index
together with those of other receivers; only then does `finish` return. A crash before that leaves
bytes behind the last acknowledged instance of a pack, which the sweep cuts off.
"""

import asyncio
import errno
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import obstore
import psycopg
import structlog

from crossread.archive import part10, store
from crossread.archive.candidate import Candidate, Place, candidate
from crossread.archive.checksum import Running, running
from crossread.archive.commit import PATIENCE, Committer
from crossread.archive.model import (
    Announced,
    Content,
    NotArchived,
    NotKept,
    Outcome,
    Reason,
    study_id,
)
from crossread.archive.pack import Pack, clear_spool
from crossread.archive.quarantine import hold
from crossread.archive.read import read, study_of
from crossread.archive.store import cache
from crossread.archive.tally import Tally
from crossread.hospitals import store as hospitals
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects

HEAD_AT_MOST = 65_536  # bytes in which a data set must name its study, to lie beside its kin
OPEN_AT_MOST = 4  # packs of a receiver
PACK_AT_MOST = 1 << 30  # bytes after which a new pack is begun

# what a store elsewhere, and a database whose disk is full, raise
_ELSEWHERE_FULL = (obstore.exceptions.BaseError, psycopg.errors.DiskFull)

_Answer = TypeVar("_Answer")

log = structlog.get_logger(__name__)


class Intake:
    """The archive's entrance in this process. Made in the event loop that the rooms live in."""

    def __init__(
        self, database: Database, objects: Objects, clock: Clock, *, spool: Path | None = None
    ) -> None:
        self.database, self.objects, self.clock = database, objects, clock
        self._loop = asyncio.get_running_loop()
        self.committer = Committer(database, self._loop)
        folder = objects.folder or spool
        if folder is None:
            raise ValueError("an object store that is no folder needs a spool")
        self.folder = folder.resolve()
        if objects.folder is None:
            clear_spool(self.folder)
        self.tally = Tally(database, clock)

    def receiver(self) -> "Receiver":
        """For one association or request; used by one thread at a time, never the loop's own."""
        return Receiver(self)

    def ask(self, verb: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Wait, in a receiver's thread, for a verb in the loop."""
        return asyncio.run_coroutine_threadsafe(verb, self._loop).result(PATIENCE)

    async def close(self) -> None:
        """Let go of what it holds."""
        await self.tally.close()
        await asyncio.to_thread(self.committer.close)


class Receiver:
    """One sender's stream of instances."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._packs: dict[tuple[str, str], Pack] = {}  # by hospital and study, last used last
        self._issuers: dict[str, str] = {}
        self._announced: Announced | None = None
        self.latest: Candidate | None = None  # what `finish` was about, if it could be read
        self._pack: Pack | None = None  # where the instance that is on its way is written
        self._held: list[_Held] = []  # whole, and not kept yet

    def begin(self, announced: Announced) -> None:
        """An instance is about to come."""
        if self._announced is not None:
            self.abandon()
        self._announced = announced
        self.latest = None
        self._waiting = bytearray()
        self._checksum: Running = running()
        self._size = 0
        self._pack = None
        self._study: str | None = None  # whose pack it is written to; None: one of its own
        self._failure: Exception | None = None
        self._file_head = part10.head(
            announced.sop_class_uid,
            announced.sop_instance_uid,
            announced.transfer_syntax_uid,
            announced.sender,
        )

    def write(self, piece: Content) -> None:
        """The next bytes of its data set. What goes wrong is said by `finish`."""
        assert self._announced is not None  # noqa: S101 - the caller's order of calls
        if self._failure is not None:
            return
        self._checksum.update(piece)
        self._size += len(piece)
        try:
            if self._pack is not None:
                self._pack.write(piece)
                return
            self._waiting += piece
            study = study_of(self._waiting, self._announced.transfer_syntax_uid)
            if study is not None or len(self._waiting) > HEAD_AT_MOST:
                self._place(self._announced, study)
        except Exception as error:  # the sender goes on sending; it hears of it at the end
            self._failure = error

    def finish(self) -> Outcome:
        """The data set is whole: keep it. Blocks until it is durable and indexed.

        Raises:
            NotArchived: with the reason; what came lies in quarantine.
            NotKept: the store is full or away; a repeat may succeed.
        """
        return self._end(self._keep)

    def hold(self) -> None:
        """The data set is whole: keep it with others, when `settle` is called.

        Raises NotArchived and NotKept as `finish` does, for what can be told at once.
        """
        self._end(self._hold)

    def settle(self) -> list[Outcome | BaseException]:
        """Keep what was held; of each, in order, what became of it or why it was not kept.

        Blocks until all is durable and indexed: one sync and one commit for many. Raises nothing.
        """
        self._settle()
        held, self._held = self._held, []
        return [one.answer for one in held if one.answer is not None]

    def _end(self, keep: Callable[[Announced], _Answer]) -> _Answer:
        announced, self._announced = self._announced, None
        assert announced is not None  # noqa: S101 - the caller's order of calls
        try:
            if self._failure is None and self._pack is None:
                self._place(announced, None)
            if self._failure is not None:
                raise self._failure
            return keep(announced)
        except OSError as error:
            self._drop()
            raise NotKept(
                "The archive cannot keep images now; send it again later.",
                cause=f"{type(error).__name__} {error.errno}",
            ) from error
        except NotArchived as refusal:
            if refusal.reason is Reason.ERASED or announced.held:
                self._drop()
            else:
                self._refuse(announced, refusal)
            raise
        except _ELSEWHERE_FULL as error:
            self._leave()
            raise NotKept(
                "The archive cannot keep images now; send it again later.",
                cause=type(error).__name__,
            ) from error
        except BaseException:
            self._leave()  # it may have been committed: the sweep will see
            raise
        finally:
            self._pack = None
            self._waiting = bytearray()

    def abandon(self) -> None:
        """The sender went away in the middle of an instance: forget what came of it."""
        self._announced = None
        self._drop()
        self._pack = None

    def close(self) -> None:
        """No more will come: the packs are as they will be."""
        if self._announced is not None:
            self.abandon()
        self._settle()
        for key in list(self._packs):
            self._seal(self._packs.pop(key))

    def _place(self, announced: Announced, study: str | None) -> None:
        """Choose the pack, and bring it what came so far."""
        key = (announced.hospital_id, study or str(uuid4()))
        pack = self._packs.get(key)
        if pack.end > PACK_AT_MOST if pack is not None else len(self._packs) >= OPEN_AT_MOST:
            self._settle()  # before one of them is sealed
        pack = self._packs.pop(key, None)
        if pack is not None and pack.end > PACK_AT_MOST:
            self._seal(pack)
            pack = None
        if pack is None:
            if len(self._packs) >= OPEN_AT_MOST:
                self._seal(self._packs.pop(next(iter(self._packs))))
            pack = self._open(*key)
        self._packs[key] = self._pack = pack
        self._study = study
        pack.write(self._file_head)
        pack.write(self._waiting)
        self._waiting = bytearray()

    def _open(self, hospital_id: str, study_instance_uid: str) -> Pack:
        intake, pack_id = self._intake, uuid4()
        study = study_id(hospital_id, study_instance_uid)
        key = f"images/{hospital_id}/{str(study)[:2]}/{study}/{pack_id}"
        intake.ask(_write_down(intake.database, pack_id, hospital_id, key, intake.clock()))
        return Pack(pack_id, key, intake.folder / key, intake.folder)

    def _written(self, announced: Announced) -> Candidate:
        """The rows of what has been written. Raises NotArchived."""
        pack, now = self._pack, self._intake.clock()
        assert pack is not None  # noqa: S101 - placed by `finish`
        offset, start = len(self._file_head), pack.end
        pack.hasten()  # the disk is at work while this looks into the image
        contents = read(pack.mapped(start + offset, self._size), announced)
        if self._study not in {None, contents.study_instance_uid}:
            raise NotArchived(
                Reason.WRONG_VALUE, "The data set names two studies; it can belong to one only."
            )
        place = Place(pack.id, pack.key, start, offset + self._size, offset)
        digest = self._checksum.hexdigest()
        issuer = announced.issuer or self._issuer(announced.hospital_id)
        self.latest = candidate(announced, contents, place, digest, issuer, now)
        return self.latest

    def _hold(self, announced: Announced) -> None:
        if self._intake.objects.folder is None:  # there is nothing to gain: each goes by itself
            outcome = self._keep(announced)
            self._held.append(_Held(announced, None, None, outcome))
            return
        new, pack = self._written(announced), self._pack
        assert pack is not None  # noqa: S101 - placed by `_end`
        pack.hold()
        self._held.append(_Held(announced, new, pack))

    def _settle(self) -> None:
        for one in self._held:
            if one.answer is None and one.pack is not None and one.pack.gone:
                one.answer = _not_now(OSError(errno.EIO, "its pack was given up"))
        waiting = [one for one in self._held if one.answer is None]
        packs = {one.pack.id: one.pack for one in waiting if one.pack is not None}
        candidates = [one.candidate for one in waiting if one.candidate is not None]
        answers: Sequence[Outcome | BaseException]
        try:
            for pack in packs.values():
                pack.sync()
            answers = self._intake.committer.admit_all(candidates)
        except Exception as error:
            answers = [_not_now(error)] * len(waiting)
        for one, answer in zip(waiting, answers, strict=True):
            one.answer = self._settled(one, answer)
        for pack in packs.values():
            self._settle_pack(pack, [one for one in waiting if one.pack is pack])

    def _settled(self, one: "_Held", answer: Outcome | BaseException) -> Outcome | BaseException:
        """Do what follows from an answer; it may become another."""
        assert one.candidate is not None  # noqa: S101 - it has waited
        assert one.pack is not None  # noqa: S101
        image = one.candidate.instance
        if answer is Outcome.STORED:
            self._intake.tally.add(image.hospital_id, image.bytes)
        if not isinstance(answer, NotArchived):
            return answer
        if answer.reason is not Reason.ERASED and not one.announced.held:
            try:
                content = one.pack.mapped(image.start, image.bytes)
                self._quarantine(one.announced, answer, content)
            except Exception as error:
                return _not_now(error)
        return answer

    def _settle_pack(self, pack: Pack, held: Sequence["_Held"]) -> None:
        unclear = any(
            isinstance(one.answer, BaseException) and not isinstance(one.answer, NotArchived)
            for one in held
        )
        images = [
            one.candidate.instance
            for one in held
            if one.candidate is not None and one.answer is Outcome.STORED
        ]
        try:
            if not unclear:
                pack.settle(max([pack.kept, *(one.start + one.bytes for one in images)]))
                return
        except OSError as error:
            log.warning("pack.not_cut", pack=str(pack.id), error=type(error).__name__)
        self._pack, before = pack, self._pack
        self._leave()  # the sweep looks what of it was acknowledged
        self._pack = before if before is not pack else None

    def _keep(self, announced: Announced) -> Outcome:
        new, pack = self._written(announced), self._pack
        assert pack is not None  # noqa: S101 - placed by `_end`
        pack.sync()
        if self._intake.objects.folder is None:
            with pack.path.open("rb") as content:
                self._intake.objects.put_file(pack.key, content)
        outcome = self._intake.committer.admit(new)
        if outcome is Outcome.STORED:
            pack.keep()
            self._intake.tally.add(announced.hospital_id, new.instance.bytes)
        else:
            pack.drop()
        if self._intake.objects.folder is None:
            self._forget(pack)
        return outcome

    def _issuer(self, hospital_id: str) -> str:
        if hospital_id not in self._issuers:
            self._issuers[hospital_id] = self._intake.ask(
                _own_issuer(self._intake.database, hospital_id)
            )
        return self._issuers[hospital_id]

    def _refuse(self, announced: Announced, refusal: NotArchived) -> None:
        """Keep it aside, and take it out of the pack. Raises NotKept when that cannot be done."""
        pack = self._pack
        assert pack is not None  # noqa: S101 - a refusal is about what was written
        try:
            self._quarantine(announced, refusal, pack.mapped(pack.end, pack.pending))
        except BaseException as error:
            self._leave()  # whoever still reads from it, nothing more is written behind it
            raise NotKept(
                "The archive cannot keep aside what is wrong with this image now; send it again"
                " later.",
                cause=f"{refusal.reason} {type(error).__name__}",
            ) from error
        self._drop()

    def _quarantine(self, announced: Announced, refusal: NotArchived, content: memoryview) -> None:
        intake = self._intake
        intake.ask(
            hold(
                intake.database,
                intake.objects,
                hospital_id=announced.hospital_id,
                sender=announced.sender,
                protocol=announced.protocol,
                reason=refusal.reason,
                sentence=refusal.sentence,
                content=content,
                uid=announced.sop_instance_uid,
                transfer_syntax_uid=announced.transfer_syntax_uid,
                now=intake.clock(),
            )
        )

    def _drop(self) -> None:
        """Take back what was written of this instance."""
        if self._pack is not None:
            try:
                self._pack.drop()
            except OSError:
                self._leave()

    def _leave(self) -> None:
        """Touch the pack no more: the sweep looks what of it was acknowledged."""
        pack, self._pack = self._pack, None
        if pack is not None:
            self._packs = {key: one for key, one in self._packs.items() if one is not pack}
            pack.leave(unlink=self._intake.objects.folder is None)

    def _forget(self, pack: Pack) -> None:
        self._packs = {key: one for key, one in self._packs.items() if one is not pack}
        self._seal(pack)

    def _seal(self, pack: Pack) -> None:
        intake = self._intake
        try:
            pack.close(unlink=intake.objects.folder is None)
            if intake.objects.folder is None and pack.end == 0:
                intake.ask(intake.objects.delete(pack.key))
            intake.ask(_seal(intake.database, pack.id, intake.clock()))
        except Exception as error:  # the sweep seals it later
            log.warning("pack.not_sealed", pack=str(pack.id), error=type(error).__name__)


@dataclass(slots=True)
class _Held:
    """An instance that is kept when others are."""

    announced: Announced
    candidate: Candidate | None  # None, as the pack: it was kept at once
    pack: Pack | None
    answer: Outcome | BaseException | None = None


def _not_now(error: Exception) -> NotKept:
    number = f" {error.errno}" if isinstance(error, OSError) else ""
    return NotKept(
        "The archive cannot keep images now; send it again later.",
        cause=f"{type(error).__name__}{number}",
    )


async def _write_down(
    database: Database, pack_id: UUID, hospital_id: str, key: str, now: datetime
) -> None:
    async with database.transaction() as db:
        if await cache.is_full(db, hospital_id):
            raise NotKept(
                "The archive keeps as much of this hospital as was agreed; make room, or agree on"
                " more."
            )
        await store.open_pack(db, pack_id, hospital_id, key, now)


async def _seal(database: Database, pack_id: UUID, now: datetime) -> None:
    async with database.transaction() as db:
        await store.seal_packs(db, [pack_id], now)


async def _own_issuer(database: Database, hospital_id: str) -> str:
    async with database.transaction() as db:
        return await hospitals.own_issuer(db, hospital_id)
