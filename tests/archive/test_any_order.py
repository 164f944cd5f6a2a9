"""Whatever receivers go through, in any order: what was acknowledged reads back, and no more stays.

Hypothesis makes up histories of several receivers: fragments of any size, repeats, refusals, peers
that go away, processes that die, and the sweep at any moment between.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.archive.arrivals import arrival
from tests.archive.books import faults
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Arrival, NotArchived, Outcome, Reason
from crossread.archive.sweep import sweep
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital
from crossread.platform.database import Database
from crossread.platform.objects import Objects

RECEIVERS = 3
IMAGES = [
    image
    for study in range(3)
    for series in range(2)
    for image in ct_series(study=f"1.2.{study}", series=f"1.2.{study}.{series}", slices=3)
]

_Answer = TypeVar("_Answer")


class House:
    """A loop in a thread, with a database and an object store on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.database = Database(url, size=4)
        self.folder = folder
        self.runs = 0
        self.now = datetime(2026, 11, 24, tzinfo=UTC)
        self.ask(self._open())

    def ask(self, verb: Coroutine[Any, Any, _Answer]) -> _Answer:
        return asyncio.run_coroutine_threadsafe(verb, self.loop).result(60)

    def fresh(self) -> "tuple[Objects, Intake]":
        self.runs += 1
        objects = Objects(str(self.folder / str(self.runs)))
        return objects, self.ask(self._fresh(objects))

    def close(self) -> None:
        self.ask(self.database.__aexit__(None, None, None))
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def _open(self) -> None:
        await self.database.__aenter__()
        async with self.database.transaction() as db:
            await hospitals.save_hospital(db, Hospital("noord", "Noord"))

    async def _fresh(self, objects: Objects) -> Intake:
        async with self.database.transaction() as db:
            await db.execute("delete from archive.instance")
            await db.execute("delete from archive.series")
            await db.execute("delete from archive.pack")
            await db.execute("delete from archive.study")
        return Intake(self.database, objects, lambda: self.now)


@dataclass
class Open:
    """A receiver, and what is on its way."""

    receiver: Receiver
    sent: Arrival | None = None
    written: int = 0
    held: list[Arrival] = field(default_factory=list)


class Histories(RuleBasedStateMachine):
    """Any history of a few receivers."""

    house: ClassVar[House]

    @initialize()
    def begin_empty(self) -> None:
        self.objects, self.intake = self.house.fresh()
        self.open = [Open(self.intake.receiver()) for _ in range(RECEIVERS)]
        self.acknowledged: dict[str, bytes] = {}
        self.holes = False  # what is refused amid others that are held leaves its room behind

    @rule(who=st.integers(0, RECEIVERS - 1), which=st.sampled_from(IMAGES), other=st.booleans())
    def announce(self, who: int, which: Any, other: bool) -> None:
        which.PatientComments = "changed" if other else ""
        one = self.open[who]
        one.sent, one.written = arrival(which), 0
        one.receiver.begin(one.sent.announced)

    @rule(who=st.integers(0, RECEIVERS - 1), length=st.integers(1, 9000))
    def write(self, who: int, length: int) -> None:
        one = self.open[who]
        if one.sent is not None:
            piece = one.sent.dataset[one.written : one.written + length]
            one.receiver.write(piece)
            one.written += len(piece)

    @rule(who=st.integers(0, RECEIVERS - 1), whole=st.sampled_from([True, True, True, False]))
    def finish(self, who: int, whole: bool) -> None:
        one = self.open[who]
        if one.sent is None:
            return
        if whole:
            one.receiver.write(one.sent.dataset[one.written :])
            one.written = len(one.sent.dataset)
        sent, one.sent = one.sent, None
        uid = sent.announced.sop_instance_uid
        known = self.acknowledged.get(uid)
        complete = one.written == len(sent.dataset)
        try:
            outcome = one.receiver.finish()
        except NotArchived as refusal:
            assert not complete or known not in {None, sent.dataset}
            if complete:
                assert refusal.reason is Reason.OTHER_CONTENT
            return
        assert complete
        assert outcome is (Outcome.STORED if known is None else Outcome.REPEATED)
        self.acknowledged[uid] = sent.dataset

    @rule(who=st.integers(0, RECEIVERS - 1))
    def hold(self, who: int) -> None:
        one = self.open[who]
        if one.sent is None:
            return
        one.receiver.write(one.sent.dataset[one.written :])
        sent, one.sent = one.sent, None
        one.receiver.hold()  # what is whole can only be refused by the index
        one.held.append(sent)

    @rule(who=st.integers(0, RECEIVERS - 1))
    def settle(self, who: int) -> None:
        one = self.open[who]
        answers = one.receiver.settle()
        held, one.held = one.held, []
        assert len(answers) == len(held)
        for sent, answer in zip(held, answers, strict=True):
            uid = sent.announced.sop_instance_uid
            known = self.acknowledged.get(uid)
            if isinstance(answer, NotArchived):
                assert answer.reason is Reason.OTHER_CONTENT
                self.holes = True
                continue
            assert isinstance(answer, Outcome), answer
            self.holes |= answer is Outcome.REPEATED
            assert known in {None, sent.dataset}
            self.acknowledged[uid] = sent.dataset

    @rule(who=st.integers(0, RECEIVERS - 1))
    def abandon(self, who: int) -> None:
        self.open[who].receiver.abandon()
        self.open[who].sent = None

    @rule(who=st.integers(0, RECEIVERS - 1))
    def close(self, who: int) -> None:
        self.settle(who)
        self.open[who].receiver.close()
        self.open[who] = Open(self.intake.receiver())

    @rule(who=st.integers(0, RECEIVERS - 1))
    def die(self, who: int) -> None:
        for pack in self.open[who].receiver._packs.values():
            pack.leave()  # as the kernel does
        self.open[who] = Open(self.intake.receiver())

    @rule()
    def come_to_rest(self) -> None:
        self.house.ask(self._rest())

    @rule()
    @precondition(lambda self: self.acknowledged)
    def sweep_and_read_back(self) -> None:
        self._sweep()
        for uid, content in self.acknowledged.items():
            assert self.house.ask(self._read(uid)) == content

    def teardown(self) -> None:
        for who in range(RECEIVERS):
            self.close(who)
            self.open[who].receiver.close()
        self._sweep()
        wrong = self.house.ask(faults(self.house.database, self.objects))
        assert [one for one in wrong if not (self.holes and "of which" in one)] == []
        self.house.ask(self._holes_are_known())
        for uid, content in self.acknowledged.items():
            assert self.house.ask(self._read(uid)) == content
        self.house.ask(self.intake.close())

    def _sweep(self) -> None:
        self.house.now += timedelta(minutes=2)
        self.house.ask(
            sweep(self.house.database, self.objects, self.house.now, younger=timedelta())
        )

    async def _rest(self) -> None:
        async with self.house.database.transaction() as db:
            await db.execute("update archive.study set state = 'at_rest'")

    async def _holes_are_known(self) -> None:
        """What lies in a pack and is no instance's is counted, to be put in order."""
        sizes = {one.key: one.size async for one in self.objects.list("images")}
        async with self.house.database.transaction() as db:
            cursor = await db.execute(
                """
                select p.object_key, p.holes, sum(i.bytes)::bigint as bytes
                from archive.pack p
                join archive.instance i on i.pack_id = p.id
                group by p.id
                """
            )
            for row in await cursor.fetchall():
                assert sizes[row["object_key"]] == row["bytes"] + row["holes"]

    async def _read(self, uid: str) -> bytes:
        async with self.house.database.transaction() as db:
            kept = await store.instance(db, "noord", uid)
        assert kept is not None
        return (await retrieve.file(self.objects, kept))[kept.dataset_offset :]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    made = House(database_url, tmp_path)
    yield made
    made.close()


def test_what_was_acknowledged_reads_back_and_nothing_else_stays(house: House) -> None:
    Histories.house = house
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
