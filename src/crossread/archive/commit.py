"""Group commit: instances that come in at the same moment share one statement and one commit.

Whoever comes first commits for all who wait, so that a sender alone pays for no hand-over and many
senders pay for one commit together.
"""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from uuid import UUID

import psycopg

from crossread.archive import store
from crossread.archive.admit import NOTES, admit
from crossread.archive.candidate import Candidate
from crossread.archive.model import Outcome, Study
from crossread.platform.database import Database

BATCH = 64  # instances of one commit
PATIENCE = 60.0  # seconds that a sender waits for the database
_REMEMBERED = 20_000
# what a later instance may add to its study where the first was silent
_FILLED = tuple(
    one.name
    for one in fields(Study)
    if one.name
    in {
        "accession_number", "patient_number", "patient_name", "birth_date", "sex", "study_at",
        "description", "body_part",
    }
)  # fmt: skip


@dataclass(slots=True)
class _Ticket:
    """One who waits, and what became of hers."""

    candidate: Candidate
    done: threading.Event = field(default_factory=threading.Event)
    outcome: Outcome | None = None
    refusal: BaseException | None = None

    @property
    def answer(self) -> Outcome | BaseException:
        """What became of it, once that is known."""
        if self.refusal is not None:
            return self.refusal
        assert self.outcome is not None  # noqa: S101 - set with `done`
        return self.outcome


class Committer:
    """Commits what any number of threads bring."""

    def __init__(self, database: Database, loop: asyncio.AbstractEventLoop) -> None:
        self._database, self._loop = database, loop
        self._connection: psycopg.Connection | None = None
        self._turn, self._door = threading.Lock(), threading.Lock()
        self._waiting: list[_Ticket] = []
        # what their studies are still silent on, by series and SOP class: a study lists its classes
        self._series: dict[tuple[UUID, str], frozenset[str]] = {}
        self._packs: set[UUID] = set()

    def admit(self, candidate: Candidate) -> Outcome:
        """Commit one instance. Raises NotArchived, or psycopg's errors when that cannot be done."""
        [answer] = self.admit_all([candidate])
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def admit_all(self, candidates: Sequence[Candidate]) -> list[Outcome | BaseException]:
        """Commit instances together; of each what became of it, or why it did not."""
        tickets = [_Ticket(one) for one in candidates]
        with self._door:
            self._waiting += tickets
        while not all(one.done.is_set() for one in tickets):
            with self._turn:
                if not all(one.done.is_set() for one in tickets):
                    self._commit(self._next())
        return [one.answer for one in tickets]

    def close(self) -> None:
        """Let go of the connection."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()

    def _next(self) -> list[_Ticket]:
        with self._door:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
        return batch

    def _commit(self, batch: Sequence[_Ticket]) -> None:
        left, tried = list(batch), set[int]()
        while left:
            plain = {
                one.candidate.instance.id: one
                for one in left
                if id(one) not in tried and self._is_known(one.candidate)
            }
            tried.update(map(id, plain.values()))
            try:
                added = self._together(list(plain.values()))
            except psycopg.IntegrityError:  # what we knew of was taken away in the meantime
                self._series.clear()
                added = set()
            except BaseException as error:
                self._connection = None
                _fail(left, error)
                return
            others = []
            for ticket in left:
                key = ticket.candidate.instance.id
                if key in added and plain[key] is ticket:  # of two that sent the same, one is added
                    ticket.outcome = Outcome.STORED
                    ticket.done.set()
                else:
                    others.append(ticket)
            if others:  # the first of a series makes it known, and the rest can go together
                self._alone(others[0])
                others[0].done.set()
            left = others[1:]

    def _together(self, tickets: Sequence[_Ticket]) -> set[UUID]:
        if not tickets:
            return set()
        rows = [(one.candidate.instance, one.candidate.received_at) for one in tickets]
        try:
            return store.admit(self._open(), rows)
        except psycopg.OperationalError:  # the server restarted; whether it committed, it will say
            self._connection = None
            return store.admit(self._open(), rows)

    def _alone(self, ticket: _Ticket) -> None:
        """The way that announces what is new, and explains what is refused."""
        try:
            answer = asyncio.run_coroutine_threadsafe(self._admit(ticket.candidate), self._loop)
            ticket.outcome, study = answer.result(PATIENCE)
            self._remember(ticket.candidate, study, ticket.outcome)
        except BaseException as error:  # each sender hears of her own
            ticket.refusal = error

    async def _admit(self, candidate: Candidate) -> tuple[Outcome, Study]:
        async with self._database.transaction() as db:
            return await admit(db, candidate)

    def _is_known(self, candidate: Candidate) -> bool:
        silent = self._series.get(_kind(candidate))
        return (
            silent is not None
            and candidate.instance.sop_class_uid not in NOTES
            and candidate.instance.pack_id in self._packs
            and not any(getattr(candidate.study, name) for name in silent)
        )

    def _remember(self, candidate: Candidate, study: Study, outcome: Outcome) -> None:
        if len(self._series) + len(self._packs) > _REMEMBERED:
            self._series.clear()
            self._packs.clear()
        silent = frozenset(name for name in _FILLED if not getattr(study, name))
        self._series[_kind(candidate)] = silent
        # a repeat says nothing of the pack it was written to: whose that is, is not written down
        if candidate.instance.pack_id is not None and outcome is Outcome.STORED:
            self._packs.add(candidate.instance.pack_id)

    def _open(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._database.connect()
        return self._connection


def _kind(candidate: Candidate) -> tuple[UUID, str]:
    return candidate.series.id, candidate.instance.sop_class_uid


def _fail(batch: Sequence[_Ticket], error: BaseException) -> None:
    for ticket in batch:
        ticket.refusal = error
        ticket.done.set()
