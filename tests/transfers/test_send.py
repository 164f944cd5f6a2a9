"""A study reaches its hospital's PACS whole and once, whatever happens on the way."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless
from pynetdicom import AE, _config, evt
from tests.archive.arrivals import arrival, encoded
from tests.images import ct_series
from tests.region import until
from tests.transfers.carrying import Carrying, Storescp

from crossread.archive.receive import receive
from crossread.transfers.model import Move, Transfer, TransferState
from crossread.transfers.steer import steer

pytestmark = pytest.mark.peer

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture(autouse=True)
def the_pacs_takes_only_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own listener, in this process, takes every class; a PACS does not."""
    monkeypatch.setattr(_config, "UNRESTRICTED_STORAGE_SERVICE", False)


async def test_a_study_reaches_storescp_as_it_is_kept(worker: Carrying, tmp_path: Path) -> None:
    images = ct_series(slices=40)
    study = await worker.keeps(images)
    pacs = Storescp(tmp_path / "pacs")
    await pacs.start()
    await worker.pacs_is(pacs.port)
    asked = await worker.send(study)
    assert (asked.total, asked.done) == (40, 0)
    worker.start()
    ended = await worker.ends(asked)
    await pacs.kill()
    assert (ended.state, ended.done, ended.failed) == (TransferState.DONE, 40, 0)
    assert ended.bytes > 40 * 64 * 64 * 2
    got = {one.SOPInstanceUID: one for one in pacs.got()}
    for image in images:
        assert encoded(got[image.SOPInstanceUID]) == encoded(image)
    kinds = [kind for kind, _ in await worker.events()]
    assert (kinds[0], kinds[-1]) == ("transfer.asked", "transfer.done")


async def test_a_pacs_that_is_killed_in_the_middle_gets_the_rest_and_nothing_twice(
    worker: Carrying, tmp_path: Path
) -> None:
    images = ct_series(slices=150)
    study = await worker.keeps(images)
    # it sleeps a while after each, so that it can be killed in the middle
    pacs = Storescp(tmp_path / "pacs", options=("--sleep-after", "0"))
    await pacs.start()
    await worker.pacs_is(pacs.port)
    await worker.rule(associations=2, megabits=4)
    asked = await worker.send(study)
    worker.start()

    async def half() -> bool:
        return (await worker.transfer(asked)).done > 30

    await until(half)
    await pacs.kill()

    async def held_back() -> bool:
        return bool((await worker.transfer(asked)).last_error)

    await until(held_back)
    before = await worker.transfer(asked)
    assert 30 < before.done < 150
    assert before.state is TransferState.RUNNING
    await pacs.start()
    await worker.rule(associations=2)
    ended = await worker.ends(asked)
    await asyncio.sleep(0.2)
    await pacs.kill()
    assert (ended.state, ended.done, ended.last_error) == (TransferState.DONE, 150, "")
    sent = Counter(one.SOPInstanceUID for one in pacs.got())
    assert set(sent) == {image.SOPInstanceUID for image in images}
    twice = [uid for uid, times in sent.items() if times > 1]
    # what storescp had in hand when it died was never acknowledged: at most one an association
    assert len(twice) <= 2


async def test_an_image_that_is_refused_fails_with_its_status_and_the_others_go_on(
    worker: Carrying,
) -> None:
    images = ct_series(slices=6)
    study = await worker.keeps(images)
    bad = images[2].SOPInstanceUID
    with pacs(lambda uid: 0xC000 if uid == bad else 0x0000) as (port, got):
        await worker.pacs_is(port)
        asked = await worker.send(study)
        worker.start()
        ended = await worker.ends(asked)
        assert (ended.state, ended.done, ended.failed) == (TransferState.FAILED, 5, 1)
        assert "C000H" in ended.last_error
        [sentence] = await worker.failures(asked)
        assert sentence == "NOORD_PACS refuses this image (status C000H)."
        bad = ""
        async with worker.database.transaction() as db:
            await steer(db, asked.id, Move.RETRY, worker.time())
        again = await worker.ends(asked)
        await worker.stop()
    assert (again.state, again.done, again.failed, again.last_error) == (
        TransferState.DONE,
        6,
        0,
        "",
    )
    assert len(got) == 7


async def test_a_pacs_that_is_full_is_tried_again_and_nothing_fails(worker: Carrying) -> None:
    study = await worker.keeps(ct_series(slices=4))
    answers = [0xA700, 0xA700]
    with pacs(lambda _: answers.pop() if answers else 0x0000) as (port, got):
        await worker.pacs_is(port)
        asked = await worker.send(study)
        worker.start()
        ended = await worker.ends(asked)
        await worker.stop()
    assert (ended.state, ended.done) == (TransferState.DONE, 4)
    assert 4 < len(got) <= 6
    assert "transfer.held_back" in [kind for kind, _ in await worker.events()]


async def test_a_pacs_that_does_not_take_the_class_is_no_reason_to_go_on_trying(
    worker: Carrying,
) -> None:
    study = await worker.keeps(ct_series(slices=2))
    with pacs(lambda _: 0x0000, sop_class=MR) as (port, got):
        await worker.pacs_is(port)
        asked = await worker.send(study)
        worker.start()
        ended = await worker.ends(asked)
        await worker.stop()
    assert (ended.state, ended.failed, got) == (TransferState.FAILED, 2, [])
    assert "does not take images of this kind" in ended.last_error


async def test_a_pacs_that_knows_only_implicit_vr_gets_images_in_that(worker: Carrying) -> None:
    images = ct_series(slices=2)
    study = await worker.keeps(images)
    with pacs(lambda _: 0x0000, syntax=ImplicitVRLittleEndian) as (port, got):
        await worker.pacs_is(port)
        asked = await worker.send(study)
        worker.start()
        ended = await worker.ends(asked)
        await worker.stop()
    assert ended.state is TransferState.DONE
    assert sorted(got) == sorted(encoded(image, ImplicitVRLittleEndian) for image in images)


async def test_a_pacs_that_does_not_know_us_is_told_why_and_tried_again(worker: Carrying) -> None:
    study = await worker.keeps(ct_series(slices=1))
    with pacs(lambda _: 0x0000, only="SOMEBODY_ELSE") as (port, _):
        await worker.pacs_is(port)
        asked = await worker.send(study)
        worker.start()

        async def held_back() -> bool:
            return bool((await worker.transfer(asked)).last_error)

        await until(held_back)
        now = await worker.transfer(asked)
        await worker.stop()
    assert "CROSSREAD" in now.last_error
    assert now.state is TransferState.RUNNING


async def test_an_association_that_the_pacs_closed_when_it_was_idle_is_opened_anew(
    worker: Carrying,
) -> None:
    first = await worker.keeps(ct_series(slices=2))
    second = await worker.keeps(ct_series(slices=2))
    with pacs(lambda _: 0x0000, patience=0.4) as (port, got):
        await worker.pacs_is(port)
        worker.start()
        await worker.ends(await worker.send(first))
        await asyncio.sleep(0.8)
        ended = await worker.ends(await worker.send(second))
        await worker.stop()
    assert (ended.state, len(got)) == (TransferState.DONE, 4)
    assert "transfer.held_back" not in [kind for kind, _ in await worker.events()]


async def test_an_image_that_the_cache_gave_up_is_said_to_be_gone(worker: Carrying) -> None:
    study = await worker.keeps(ct_series(slices=1))
    await worker.gives_up(study)
    with pacs(lambda _: 0x0000) as (port, _):
        await worker.pacs_is(port)
        asked = await worker.send(study)
        worker.start()
        ended = await worker.ends(asked)
        await worker.stop()
    assert ended.state is TransferState.FAILED
    assert "fetch it from its hospital" in ended.last_error


@contextmanager
def pacs(
    answer: Callable[[str], int],
    *,
    sop_class: str = CT,
    syntax: str = ExplicitVRLittleEndian,
    only: str = "",
    patience: float = 60,
) -> Iterator[tuple[int, list[bytes]]]:
    """A PACS that answers each image as it says, and what it got."""
    got: list[bytes] = []

    def take(event: evt.Event) -> int:
        request: Any = event.request
        got.append(request.DataSet.getvalue())
        return answer(str(request.AffectedSOPInstanceUID))

    ae = AE("NOORD_PACS")
    ae.add_supported_context(sop_class, syntax)
    ae.network_timeout = patience
    if only:
        ae.require_calling_aet = [only]
    server: Any = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    try:
        yield int(server.server_address[1]), got
    finally:
        ae.shutdown()


@pytest.mark.parametrize(("syntax", "same"), [(RLELossless, True), (ExplicitVRLittleEndian, False)])
async def test_a_compressed_image_goes_as_it_is_kept_where_that_is_taken(
    worker: Carrying, syntax: str, *, same: bool
) -> None:
    [image] = ct_series(slices=1)
    pixels = image.PixelData
    image.compress(RLELossless, generate_instance_uid=False)
    content = BytesIO()
    dcmwrite(content, image, enforce_file_format=True)
    sent = content.getvalue()[content.getvalue().index(b"\x08\x00\x05\x00CS") :]
    await receive(worker.intake, arrival(image, syntax=RLELossless, content=sent))
    study = await worker.study(image.StudyInstanceUID)
    with pacs(lambda _: 0x0000, syntax=syntax) as (port, got):
        await worker.pacs_is(port)
        ended = await started(worker, await worker.send(study))
    assert ended.state is TransferState.DONE
    if same:
        assert got == [sent]
    else:
        assert pixels in got[0]


async def started(worker: Carrying, asked: Transfer) -> Transfer:
    """Carry until this has ended."""
    worker.start()
    ended = await worker.ends(asked)
    await worker.stop()
    return ended
