"""Storage Commitment: what we answer for, on whose association, and what we do not answer for."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, build_context, evt
from tests.gateways.dicom.listening import Listening, associated, sendable
from tests.images import ct_series
from tests.region import until

from crossread.archive import store
from crossread.delivery import store as deliveries
from crossread.delivery.attempt import attempt_next
from crossread.delivery.model import DeliveryKind, DeliveryState
from crossread.gateways.dicom import notice
from crossread.platform import clock

PUSH = "1.2.840.10008.1.20.1"
WELL_KNOWN = "1.2.840.10008.1.20.1.1"

Reported = list[tuple[int, Dataset]]  # event type and event information


def asked(images: list[Dataset], transaction: str | None = None) -> Dataset:
    """A request to answer for these."""
    made = Dataset()
    made.TransactionUID = transaction or generate_uid()
    made.ReferencedSOPSequence = []
    for image in images:
        item = Dataset()
        item.ReferencedSOPClassUID = image.SOPClassUID
        item.ReferencedSOPInstanceUID = image.SOPInstanceUID
        made.ReferencedSOPSequence.append(item)
    return made


def heard(reported: Reported) -> Callable[[evt.Event], tuple[int, None]]:
    def hear(event: evt.Event) -> tuple[int, None]:
        reported.append((event.event_type or 0, event.event_information))
        return 0x0000, None

    return hear


def ask_and_wait(port: int, request: Dataset, calling: str = "NOORD_PACS") -> tuple[int, Reported]:
    """Ask, and keep the association open until the answer comes on it."""
    reported: Reported = []
    with associated(
        port,
        [build_context(PUSH)],
        calling,
        evt_handlers=[(evt.EVT_N_EVENT_REPORT, heard(reported))],
    ) as association:
        answer, _ = association.send_n_action(request, 1, PUSH, WELL_KNOWN)
        for _ in range(100 if answer.Status == 0 else 0):
            if reported:
                break
            time.sleep(0.05)
    return int(answer.Status), reported


def ask_and_leave(port: int, request: Dataset, calling: str = "NOORD_PACS") -> int:
    with associated(port, [build_context(PUSH)], calling) as association:
        answer, _ = association.send_n_action(request, 1, PUSH, WELL_KNOWN)
    return int(answer.Status)


@contextlib.contextmanager
def modality(title: str = "NOORD_PACS") -> Iterator[tuple[int, Reported, list[Any]]]:
    """A system that hears event reports in associations that we open; its port."""
    reported: Reported = []
    roles: list[Any] = []

    def accepted(event: evt.Event) -> None:
        roles.extend(
            (role.scu_role, role.scp_role) for role in event.assoc.requestor.role_selection.values()
        )

    ae = AE(title)
    ae.add_supported_context(PUSH, scu_role=True, scp_role=True)
    server: Any = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[
            (evt.EVT_N_EVENT_REPORT, heard(reported)),
            (evt.EVT_ACCEPTED, accepted),
        ],
    )
    try:
        yield server.server_address[1], reported, roles
    finally:
        ae.shutdown()


async def answer(
    at: Listening, request: Dataset, calling: str = "NOORD_PACS"
) -> tuple[int, Dataset]:
    """The one answer to a request, on its own association."""
    _, reported = await asyncio.to_thread(ask_and_wait, at.port, request, calling)
    [only] = reported
    return only


async def owed(at: Listening) -> list[Any]:
    return await at.rows("select * from delivery.delivery where kind = 'commitment'")


async def empty_outbox(at: Listening) -> None:
    """What the worker does."""

    async def tell(endpoint: Any, content: bytes) -> str:
        return await notice.tell(endpoint, content, calling="CROSSREAD", timeout=5)

    await attempt_next(
        at.database, at.objects, "noord/pacs", {DeliveryKind.COMMITMENT: tell}, clock.now
    )


async def test_the_answer_comes_on_the_association_that_stays_open(listening: Listening) -> None:
    images = ct_series(slices=3)
    await listening.stores(map(sendable, images))
    request = asked(images)
    status, reported = await asyncio.to_thread(ask_and_wait, listening.port, request)
    assert status == 0x0000
    [(event, told)] = reported
    assert event == 1
    assert told.TransactionUID == request.TransactionUID
    assert {item.ReferencedSOPInstanceUID for item in told.ReferencedSOPSequence} == {
        image.SOPInstanceUID for image in images
    }
    assert "FailedSOPSequence" not in told

    async def settled() -> bool:
        rows = await listening.rows("select told from archive.commitment")
        return rows == [{"told": "association"}]

    await until(settled, what="the answer written down as told")
    assert await owed(listening) == []


async def test_who_hangs_up_is_told_in_an_association_of_ours(listening: Listening) -> None:
    images = ct_series(slices=2)
    await listening.stores(map(sendable, images))
    assert await asyncio.to_thread(ask_and_leave, listening.port, asked(images)) == 0x0000
    [delivery] = await until(lambda: owed(listening), what="the answer in the outbox")
    assert delivery["state"] == DeliveryState.OWED
    await empty_outbox(listening)  # nobody listens there yet
    async with listening.database.transaction() as db:
        await deliveries.owe_again(db, delivery["id"], clock.now())
    with modality() as (port, reported, roles):
        await listening.pacs_listens_at(port)
        await empty_outbox(listening)
    [(event, told)] = reported
    assert (event, len(told.ReferencedSOPSequence)) == (1, 2)
    assert roles == [(False, True)], "the SCP of a new association says that it is one"
    [delivery] = await owed(listening)
    assert delivery["state"] == DeliveryState.ACKNOWLEDGED


async def test_what_we_do_not_answer_for_is_named_with_its_reason(listening: Listening) -> None:
    images = ct_series(slices=3)
    kept, other_class, unknown = images
    await listening.stores(map(sendable, [kept, other_class]))
    other_class.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    event, told = await answer(listening, asked(images))
    assert event == 2
    assert [item.ReferencedSOPInstanceUID for item in told.ReferencedSOPSequence] == [
        kept.SOPInstanceUID
    ]
    assert {
        item.ReferencedSOPInstanceUID: item.FailureReason for item in told.FailedSOPSequence
    } == {other_class.SOPInstanceUID: 0x0119, unknown.SOPInstanceUID: 0x0112}


async def test_a_damaged_image_is_not_answered_for(listening: Listening) -> None:
    [image] = ct_series(slices=1)
    await listening.stores([sendable(image)])
    async with listening.database.transaction() as db:
        instance = await store.instance(db, "noord", image.SOPInstanceUID)
    assert instance is not None
    assert instance.object_key is not None
    content = bytearray(await listening.objects.get(instance.object_key))
    content[instance.start + instance.bytes - 1] ^= 1
    await listening.objects.put(instance.object_key, bytes(content))
    event, told = await answer(listening, asked([image]))
    assert (event, told.FailedSOPSequence[0].FailureReason) == (2, 0x0110)


async def test_another_hospitals_images_are_not_known(listening: Listening) -> None:
    [image] = ct_series(slices=1)
    await listening.stores([sendable(image)])
    event, told = await answer(listening, asked([image]), "MIDDEN_PACS")
    assert (event, told.FailedSOPSequence[0].FailureReason) == (2, 0x0112)


async def test_the_same_request_is_answered_again_and_another_under_its_uid_is_not(
    listening: Listening,
) -> None:
    first, second = ct_series(slices=2)
    await listening.stores(map(sendable, [first, second]))
    request = asked([first])
    for _ in range(2):
        event, told = await answer(listening, request)
        assert event == 1
    other = asked([second], request.TransactionUID)
    event, told = await answer(listening, other)
    assert (event, told.FailedSOPSequence[0].FailureReason) == (2, 0x0131)
    event, told = await answer(listening, request)
    assert event == 1


@pytest.mark.parametrize("missing", ["TransactionUID", "ReferencedSOPSequence"])
async def test_half_a_request_is_refused(listening: Listening, missing: str) -> None:
    request = asked(ct_series(slices=1))
    delattr(request, missing)
    status, reported = await asyncio.to_thread(ask_and_wait, listening.port, request)
    assert (status, reported) == (0x0120, [])


async def test_a_study_that_is_asked_for_whole_comes_to_rest(listening: Listening) -> None:
    images = ct_series(slices=2)
    await listening.stores(map(sendable, images))
    await asyncio.to_thread(ask_and_wait, listening.port, asked(images))
    [said] = await listening.rows(
        "select rule, whole, cardinality(instances) as named from archive.expectation"
    )
    assert said == {"rule": "committed", "whole": True, "named": 2}
