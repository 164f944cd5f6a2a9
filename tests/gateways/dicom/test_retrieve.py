"""C-MOVE and C-GET give a hospital its own images back, and say what they could not give."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)
from pynetdicom import AE, _config, build_context, build_role, evt
from pynetdicom.dsutils import decode
from tests.archive.arrivals import encoded
from tests.gateways.dicom.listening import Listening, associated, sendable
from tests.images import ct_series

from crossread.archive import store as archive
from crossread.archive.coerce import Corrections
from crossread.archive.correct import correct
from crossread.archive.model import Instance
from crossread.gateways.dicom.suboperations import Tally
from crossread.gateways.dicom.target import contexts, groups

MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
CT = "1.2.840.10008.5.1.4.1.1.2"

Got = dict[str, tuple[str, bytes]]  # by SOP instance: transfer syntax, data set


@contextmanager
def pacs(title: str = "NOORD_PACS", *syntaxes: str) -> Iterator[tuple[int, Got]]:
    """A PACS that keeps the bytes it gets; its port."""
    got: Got = {}

    def take(event: evt.Event) -> int:
        got[str(event.request.AffectedSOPInstanceUID)] = (  # type: ignore[union-attr]
            str(event.context.transfer_syntax),
            event.request.DataSet.getvalue(),  # type: ignore[union-attr]
        )
        return 0x0000

    _config.UNRESTRICTED_STORAGE_SERVICE = False  # it would take more than it says
    ae = AE(title)
    ae.add_supported_context(CT, list(syntaxes) or [ExplicitVRLittleEndian])
    server: Any = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    try:
        yield server.server_address[1], got
    finally:
        ae.shutdown()


def move(port: int, to: str, calling: str = "NOORD_PACS", **keys: Any) -> Dataset:
    """The last answer to a C-MOVE."""
    asked = _asked(keys)
    with associated(port, [build_context(MOVE)], calling) as association:
        return [answer for answer, _ in association.send_c_move(asked, to, MOVE)][-1]


def get(port: int, syntax: str, calling: str = "NOORD_PACS", **keys: Any) -> tuple[Dataset, Got]:
    """The last answer to a C-GET, and what came before it."""
    got: Got = {}

    def take(event: evt.Event) -> int:
        got[str(event.request.AffectedSOPInstanceUID)] = (  # type: ignore[union-attr]
            str(event.context.transfer_syntax),
            event.request.DataSet.getvalue(),  # type: ignore[union-attr]
        )
        return 0x0000

    with associated(
        port,
        [build_context(GET), build_context(CT, syntax)],
        calling,
        ext_neg=[build_role(UID(CT), scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, take)],
    ) as association:
        return [answer for answer, _ in association.send_c_get(_asked(keys), GET)][-1], got


def _asked(keys: dict[str, Any]) -> Dataset:
    asked = Dataset()
    for keyword, value in {"QueryRetrieveLevel": "STUDY", **keys}.items():
        setattr(asked, keyword, value)
    return asked


@pytest.fixture
async def kept(listening: Listening) -> tuple[Listening, list[Dataset]]:
    images = ct_series(slices=3)
    assert await listening.stores(map(sendable, images)) == [0, 0, 0]
    return listening, images


Kept = tuple[Listening, list[Dataset]]


async def test_a_study_is_moved_to_the_pacs_that_asks(kept: Kept) -> None:
    listening, images = kept
    with pacs() as (port, got):
        await listening.pacs_listens_at(port)
        last = await asyncio.to_thread(
            move, listening.port, "NOORD_PACS", StudyInstanceUID=images[0].StudyInstanceUID
        )
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0x0000, 3)
    assert got == {one.SOPInstanceUID: (ExplicitVRLittleEndian, encoded(one)) for one in images}
    [entry] = await listening.rows("select * from audit.entry where action = 'retrieve'")
    assert entry["facts"] == {"instances": 3, "to": "NOORD_PACS"}


async def test_a_patient_with_a_new_number_goes_out_under_it_and_says_the_old_one(
    kept: Kept,
) -> None:
    listening, images = kept
    async with listening.database.transaction() as db:
        study = await archive.study_by_uid(db, "noord", images[0].StudyInstanceUID)
        assert study is not None
        known = Corrections(study.first_received_at, "merge", patient_number="N7")
        await correct(db, study, known)
    last, got = await asyncio.to_thread(
        get, listening.port, ImplicitVRLittleEndian, StudyInstanceUID=study.study_instance_uid
    )
    assert (last.Status, len(got)) == (0x0000, 3)
    for syntax, content in got.values():
        received = decode(BytesIO(content), syntax == ImplicitVRLittleEndian, True)
        [item] = received.OriginalAttributesSequence
        assert received.PatientID == "N7"
        assert item.ModifiedAttributesSequence[0].PatientID == "N100"
        assert received.PixelData


async def test_one_image_and_one_series_can_be_asked_for(kept: Kept) -> None:
    listening, images = kept
    uid = images[0].StudyInstanceUID
    last, got = await asyncio.to_thread(
        get,
        listening.port,
        ExplicitVRLittleEndian,
        QueryRetrieveLevel="IMAGE",
        StudyInstanceUID=uid,
        SOPInstanceUID=[images[0].SOPInstanceUID, images[2].SOPInstanceUID],
    )
    assert last.Status == 0x0000
    assert set(got) == {images[0].SOPInstanceUID, images[2].SOPInstanceUID}
    last, got = await asyncio.to_thread(
        get,
        listening.port,
        ExplicitVRLittleEndian,
        QueryRetrieveLevel="SERIES",
        StudyInstanceUID=uid,
        SeriesInstanceUID=images[0].SeriesInstanceUID,
    )
    assert len(got) == 3


async def test_another_hospitals_study_is_not_given(kept: Kept) -> None:
    listening, images = kept
    last, got = await asyncio.to_thread(
        get,
        listening.port,
        ExplicitVRLittleEndian,
        "MIDDEN_PACS",
        StudyInstanceUID=images[0].StudyInstanceUID,
    )
    assert (last.Status, got) == (0x0000, {})


@pytest.mark.parametrize("to", ["MIDDEN_PACS", "NOBODY"])
async def test_images_go_to_nobody_but_the_callers_own_hospital(kept: Kept, to: str) -> None:
    listening, images = kept
    last = await asyncio.to_thread(
        move, listening.port, to, StudyInstanceUID=images[0].StudyInstanceUID
    )
    assert last.Status == 0xA801


async def test_a_request_without_any_uid_gives_nothing(kept: Kept) -> None:
    listening, _ = kept
    _, got = await asyncio.to_thread(get, listening.port, ExplicitVRLittleEndian)
    assert got == {}


@pytest.mark.parametrize("stored", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
async def test_a_peer_that_knows_only_implicit_vr_gets_it_that_way(
    listening: Listening, stored: str
) -> None:
    [image] = ct_series(slices=1)
    await listening.stores([sendable(image, stored)])
    last, got = await asyncio.to_thread(
        get, listening.port, ImplicitVRLittleEndian, StudyInstanceUID=image.StudyInstanceUID
    )
    assert last.Status == 0x0000
    assert got == {
        image.SOPInstanceUID: (ImplicitVRLittleEndian, encoded(image, ImplicitVRLittleEndian))
    }


async def test_a_damaged_image_is_told_of_and_does_not_keep_the_others_back(kept: Kept) -> None:
    listening, images = kept
    damaged = await listening.kept(images[0].SOPInstanceUID)
    key, last_byte = damaged.object_key or "", damaged.start + damaged.bytes - 1
    content = bytearray(await listening.objects.get(key))
    content[last_byte] ^= 1
    await listening.objects.put(key, bytes(content))
    last, got = await asyncio.to_thread(
        get,
        listening.port,
        ExplicitVRLittleEndian,
        StudyInstanceUID=images[0].StudyInstanceUID,
    )
    assert set(got) == {images[1].SOPInstanceUID, images[2].SOPInstanceUID}
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xB000, 1)
    [told] = await listening.rows("select * from platform.event where kind = 'instance.damaged'")
    assert told["facts"]["sop_instance_uid"] == images[0].SOPInstanceUID


async def test_a_pacs_that_is_down_makes_the_move_fail(kept: Kept) -> None:
    listening, images = kept
    with pacs() as (port, _):
        pass
    await listening.pacs_listens_at(port)
    last = await asyncio.to_thread(
        move, listening.port, "NOORD_PACS", StudyInstanceUID=images[0].StudyInstanceUID
    )
    assert last.Status == 0xA801


@pytest.mark.parametrize("stored", [RLELossless, JPEGLSLossless])
async def test_a_peer_that_cannot_decompress_gets_native_pixels(
    listening: Listening, stored: str
) -> None:
    [image] = ct_series(slices=1)
    whole = image.PixelData
    image.compress(stored, generate_instance_uid=False)
    await listening.stores([sendable(image, stored)])
    last, got = await asyncio.to_thread(
        get, listening.port, ExplicitVRLittleEndian, StudyInstanceUID=image.StudyInstanceUID
    )
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0x0000, 1)
    [(syntax, content)] = got.values()
    assert syntax == ExplicitVRLittleEndian
    assert content.endswith(whole)
    with pacs("NOORD_PACS", ImplicitVRLittleEndian) as (port, moved):
        await listening.pacs_listens_at(port)
        last = await asyncio.to_thread(
            move, listening.port, "NOORD_PACS", StudyInstanceUID=image.StudyInstanceUID
        )
    assert last.Status == 0x0000
    assert [syntax for syntax, _ in moved.values()] == [ImplicitVRLittleEndian]


async def test_what_the_peer_does_not_take_is_counted_and_named(listening: Listening) -> None:
    images = ct_series(slices=2)
    [other] = ct_series(slices=1, study=images[0].StudyInstanceUID)
    other.SOPClassUID = "1.2.840.10008.5.1.4.1.1.4"
    await listening.stores(map(sendable, [*images, other]))
    asked = _asked({"StudyInstanceUID": images[0].StudyInstanceUID})

    def ask(port: int) -> list[tuple[Dataset, Dataset | None]]:
        with associated(port, [build_context(MOVE)]) as association:
            return list(association.send_c_move(asked, "NOORD_PACS", MOVE))

    with pacs() as (port, got):
        await listening.pacs_listens_at(port)
        answers = await asyncio.to_thread(ask, listening.port)
    assert len(got) == 2
    last, identifier = answers[-1]
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0xB000, 2)
    assert (last.NumberOfFailedSuboperations, last.NumberOfWarningSuboperations) == (1, 0)
    assert "NumberOfRemainingSuboperations" not in last
    assert identifier is not None
    assert identifier.FailedSOPInstanceUIDList == other.SOPInstanceUID
    counts = [answer.NumberOfRemainingSuboperations for answer, _ in answers[:-1]]
    assert counts == [2, 1]


async def test_nothing_that_is_taken_means_that_all_fails(kept: Kept) -> None:
    listening, images = kept
    last, got = await asyncio.to_thread(
        get, listening.port, JPEGLSLossless, StudyInstanceUID=images[0].StudyInstanceUID
    )
    assert (last.Status, last.NumberOfFailedSuboperations, got) == (0xA702, 3, {})


async def test_a_move_can_be_cancelled_in_the_middle(listening: Listening) -> None:
    images = ct_series(slices=30)
    await listening.stores(map(sendable, images))

    def ask(port: int) -> Dataset:
        with associated(port, [build_context(MOVE)]) as association:
            asked = _asked({"StudyInstanceUID": images[0].StudyInstanceUID})
            answers = association.send_c_move(asked, "NOORD_PACS", MOVE, msg_id=7)
            next(answers)
            association.send_c_cancel(7, query_model=MOVE)
            return [answer for answer, _ in answers][-1]

    with pacs() as (port, got):
        await listening.pacs_listens_at(port)
        last = await asyncio.to_thread(ask, listening.port)
    assert last.Status == 0xFE00
    assert last.NumberOfCompletedSuboperations == len(got) < 30
    assert last.NumberOfRemainingSuboperations == 30 - len(got)


async def test_the_receiver_learns_who_asked(kept: Kept) -> None:
    listening, images = kept
    heard: list[tuple[str, int]] = []

    def take(event: evt.Event) -> int:
        request: Any = event.request
        heard.append(
            (request.MoveOriginatorApplicationEntityTitle, request.MoveOriginatorMessageID)
        )
        return 0x0000

    ae = AE("NOORD_PACS")
    ae.add_supported_context(CT, ExplicitVRLittleEndian)
    server: Any = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    await listening.pacs_listens_at(server.server_address[1])
    await asyncio.to_thread(
        move, listening.port, "NOORD_PACS", StudyInstanceUID=images[0].StudyInstanceUID
    )
    ae.shutdown()
    assert heard == [("NOORD_PACS", 1)] * 3


def test_more_classes_than_fit_into_one_association_go_over_several() -> None:
    fields: Any = dict.fromkeys(Instance.__dataclass_fields__)
    fields["transfer_syntax_uid"] = JPEGLSLossless
    instances = [Instance(**fields | {"sop_class_uid": f"2.25.{n % 150}"}) for n in range(300)]
    parted = list(groups(instances))
    assert sum(len(group) for group in parted) == 300
    assert len(parted) == 3
    for group in parted:
        assert len(contexts(group)) <= 128
    classes = [{one.sop_class_uid for one in group} for group in parted]
    assert not classes[0] & classes[1]


@given(st.lists(st.sampled_from([0x0000, 0xB000, 0xA700, 0x0110, None]), max_size=20))
def test_counts_always_add_up(statuses: list[int | None]) -> None:
    tally = Tally(len(statuses))
    for place, status in enumerate(statuses):
        tally.count(f"2.25.{place}", status)
    assert tally.remaining == 0
    assert tally.completed + tally.warning + tally.failed == len(statuses)
    assert len(tally.failures) == tally.failed
    assert (tally.status == 0x0000) == (tally.completed == len(statuses))
    assert (tally.status == 0xA702) == (0 < len(statuses) == tally.failed)


async def test_a_receiver_that_hangs_up_in_the_middle_costs_one_image(kept: Kept) -> None:
    listening, images = kept
    got: list[str] = []
    aborted: list[bool] = []

    def take(event: evt.Event) -> int:
        if got and not aborted:
            aborted.append(True)
            event.assoc._abort_nonblocking()
            return 0x0110
        got.append(str(event.request.AffectedSOPInstanceUID))  # type: ignore[union-attr]
        return 0x0000

    ae = AE("NOORD_PACS")
    ae.add_supported_context(CT, ExplicitVRLittleEndian)
    server: Any = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    await listening.pacs_listens_at(server.server_address[1])
    last = await asyncio.to_thread(
        move, listening.port, "NOORD_PACS", StudyInstanceUID=images[0].StudyInstanceUID
    )
    ae.shutdown()
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0xB000, 2)
    assert (last.NumberOfFailedSuboperations, len(got)) == (1, 2)


async def test_an_asker_that_is_gone_ends_the_move_and_others_go_on(listening: Listening) -> None:
    images = ct_series(slices=40)
    await listening.stores(map(sendable, images))
    uid = images[0].StudyInstanceUID

    def ask_and_abort(port: int) -> None:
        with associated(port, [build_context(MOVE)]) as association:
            answers = association.send_c_move(_asked({"StudyInstanceUID": uid}), "NOORD_PACS", MOVE)
            next(answers)
            association.abort()

    with pacs() as (port, got):
        await listening.pacs_listens_at(port)
        await asyncio.to_thread(ask_and_abort, listening.port)
        last = await asyncio.to_thread(
            move, listening.port, "NOORD_PACS", QueryRetrieveLevel="IMAGE",
            StudyInstanceUID=uid, SOPInstanceUID=images[39].SOPInstanceUID,
        )  # fmt: skip
    assert (last.Status, last.NumberOfCompletedSuboperations) == (0x0000, 1)
    assert len(got) < 40
