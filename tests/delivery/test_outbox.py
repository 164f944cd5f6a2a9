"""What is owed is kept until it is acknowledged, in order, and a repeat can be told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossread.delivery import store
from crossread.delivery.attempt import Senders, attempt_next
from crossread.delivery.model import DeliveryKind, DeliveryState, pause_after
from crossread.delivery.owe import owe, retry
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind, Hospital
from crossread.platform.database import Database
from crossread.platform.errors import Refused, Unreachable
from crossread.platform.objects import Objects

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
RIS = Endpoint("noord/ris", "noord", EndpointKind.RIS, "127.0.0.1", 1, "NOORD_RIS", "NOORD")


class Receiver:
    """The other side: takes, refuses or does not answer, as `mood` says."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.mood: Callable[[], None] = lambda: None

    async def send(self, _: Endpoint, content: bytes) -> str:
        self.mood()
        self.got.append(content)
        return "AA"

    @property
    def senders(self) -> Senders:
        return dict.fromkeys(DeliveryKind, self.send)


class Time:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def _away() -> None:
    raise Unreachable("NOORD_RIS does not answer now.")


def _says_no() -> None:
    raise Refused("NOORD_RIS refuses this message.")


@pytest.fixture
async def outbox(database: Database, objects: Objects) -> Database:
    """Three messages owed to one RIS."""
    async with database.transaction() as db:
        await hospitals.save_hospital(db, Hospital("noord", "Noord"))
        await hospitals.save_endpoint(db, RIS)
    for number in (1, 2, 3):
        await owed(database, objects, number)
    return database


async def owed(database: Database, objects: Objects, number: int, text: str = "") -> None:
    async with database.transaction() as db:
        await owe(
            db,
            objects,
            endpoint=RIS,
            kind=DeliveryKind.STATUS,
            message_id=f"M{number}",
            label="received",
            content=(text or f"message {number}").encode(),
            task_id=None,
            report_id=None,
            now=NOON,
        )


async def states(database: Database) -> list[DeliveryState]:
    async with database.transaction() as db:
        rows = await store.of_hospital(db, "noord", list(DeliveryState), 10)
    return [one.state for one, _ in reversed(rows)]


async def test_messages_go_out_in_the_order_in_which_they_were_owed(
    outbox: Database, objects: Objects
) -> None:
    receiver, time = Receiver(), Time()
    while await attempt_next(outbox, objects, RIS.id, receiver.senders, time) is not None:
        pass
    assert receiver.got == [b"message 1", b"message 2", b"message 3"]
    assert await states(outbox) == [DeliveryState.ACKNOWLEDGED] * 3


async def test_one_that_cannot_be_delivered_holds_back_later_ones_and_says_why(
    outbox: Database, objects: Objects
) -> None:
    receiver, time = Receiver(), Time()
    receiver.mood = _away
    again = await attempt_next(outbox, objects, RIS.id, receiver.senders, time)
    assert again == NOON + pause_after(1)
    receiver.mood = lambda: None
    assert await attempt_next(outbox, objects, RIS.id, receiver.senders, time) == again
    assert receiver.got == []
    async with outbox.transaction() as db:
        first = await store.first_owed(db, RIS.id)
    assert first is not None
    assert (first.attempts, first.last_error) == (1, "NOORD_RIS does not answer now.")
    time.now = NOON + timedelta(minutes=1)
    await attempt_next(outbox, objects, RIS.id, receiver.senders, time)
    assert receiver.got == [b"message 1"]


async def test_a_refused_one_waits_for_a_person_and_lets_later_ones_pass(
    outbox: Database, objects: Objects
) -> None:
    receiver, time = Receiver(), Time()
    receiver.mood = _says_no
    await attempt_next(outbox, objects, RIS.id, receiver.senders, time)
    receiver.mood = lambda: None
    while await attempt_next(outbox, objects, RIS.id, receiver.senders, time) is not None:
        pass
    assert receiver.got == [b"message 2", b"message 3"]
    async with outbox.transaction() as db:
        [(refused, _)] = await store.of_hospital(db, "noord", [DeliveryState.REFUSED], 5)
        await retry(db, refused.id, time())
    await attempt_next(outbox, objects, RIS.id, receiver.senders, time)
    assert receiver.got[-1] == b"message 1"


async def test_a_crash_between_sending_and_marking_sends_the_very_same_again(
    outbox: Database, objects: Objects
) -> None:
    receiver, time = Receiver(), Time()

    async def sends_and_dies(endpoint: Endpoint, content: bytes) -> str:
        await receiver.send(endpoint, content)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await attempt_next(
            outbox, objects, RIS.id, dict.fromkeys(DeliveryKind, sends_and_dies), time
        )
    await attempt_next(outbox, objects, RIS.id, receiver.senders, time)
    assert receiver.got == [b"message 1", b"message 1"]


async def test_owing_the_same_message_again_changes_nothing(
    outbox: Database, objects: Objects
) -> None:
    await owed(outbox, objects, 1, text="another text")
    receiver = Receiver()
    await attempt_next(outbox, objects, RIS.id, receiver.senders, Time())
    assert receiver.got == [b"message 1"]
    assert len(await states(outbox)) == 3


@given(st.integers(1, 10_000))
def test_pauses_grow_and_have_an_end(attempts: int) -> None:
    pause = pause_after(attempts)
    assert timedelta(seconds=1) <= pause <= timedelta(minutes=5)
    assert pause <= pause_after(attempts + 1)
