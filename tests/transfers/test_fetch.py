"""A study comes in from its hospital's PACS: what is missing of it, and nothing twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.images import ct_series
from tests.transfers.carrying import Carrying, Orthanc, orthanc

from crossread.archive import retrieve
from crossread.archive import store as archive
from crossread.gateways.dicom.listener import DicomListener
from crossread.platform import clock
from crossread.transfers.model import FetchBy, TransferState

pytestmark = pytest.mark.peer


@pytest.fixture
async def listener(worker: Carrying) -> AsyncIterator[DicomListener]:
    """Where a C-MOVE to ourselves arrives."""
    made = DicomListener(
        worker.database,
        worker.objects,
        ae_title="CROSSREAD",
        host="127.0.0.1",
        port=0,
        clock=clock.now,
    )
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def pacs(worker: Carrying, listener: DicomListener, tmp_path: Path) -> AsyncIterator[Orthanc]:
    """Orthanc as the PACS of Noord."""
    async with orthanc(tmp_path, listener.port) as peer:
        await worker.pacs_is(peer.port)
        yield peer
        await worker.stop()


@pytest.mark.parametrize("by", list(FetchBy))
async def test_a_study_of_two_series_comes_in_whole(
    worker: Carrying, pacs: Orthanc, by: FetchBy
) -> None:
    images = ct_series(slices=12)
    images += ct_series(slices=8, study=images[0].StudyInstanceUID)
    await pacs.takes(images)
    await worker.fetches_by(by, pacs)
    asked = await worker.fetch(images[0].StudyInstanceUID)
    worker.start()
    ended = await worker.ends(asked)
    assert (ended.state, ended.total, ended.done) == (TransferState.DONE, 20, 20)
    assert await worker.here(images[0].StudyInstanceUID) == 20
    study = await worker.study(images[0].StudyInstanceUID)
    assert study.hospital_id == "noord"


@pytest.mark.parametrize("by", list(FetchBy))
async def test_what_the_cache_gave_up_comes_back_bit_for_bit(
    worker: Carrying, pacs: Orthanc, by: FetchBy
) -> None:
    images = ct_series(slices=6)
    study = await worker.keeps(images)
    await pacs.takes(images)
    await worker.gives_up(study)
    await worker.fetches_by(by, pacs)
    asked = await worker.fetch(study.study_instance_uid)
    worker.start()
    ended = await worker.ends(asked)
    assert (ended.state, ended.done, ended.last_error) == (TransferState.DONE, 6, "")
    async with worker.database.transaction() as db:
        instances = await archive.instances_of(db, study.id)
        again = await archive.study(db, study.id)
    assert again.availability == "online"
    for instance in instances:
        await retrieve.file(worker.objects, instance)


@pytest.mark.parametrize("by", list(FetchBy))
async def test_what_is_damaged_is_fetched_again_and_only_that(
    worker: Carrying, pacs: Orthanc, by: FetchBy
) -> None:
    images = ct_series(slices=4)
    study = await worker.keeps(images)
    await pacs.takes(images)
    async with worker.database.transaction() as db:
        before = await archive.instances_of(db, study.id)
    path = worker.objects.path(before[1].object_key or "")
    assert path is not None
    content = bytearray(path.read_bytes())
    content[before[1].start + before[1].bytes - 8] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(retrieve.Damaged):
        await retrieve.give_out(worker.database, worker.objects, before[1])
    await worker.fetches_by(by, pacs)
    asked = await worker.fetch(study.study_instance_uid)
    worker.start()
    ended = await worker.ends(asked)
    assert (ended.state, ended.done) == (TransferState.DONE, 4)
    async with worker.database.transaction() as db:
        after = await archive.instances_of(db, study.id)
    for one in after:
        await retrieve.file(worker.objects, one)
    assert [a.pack_id == b.pack_id for a, b in zip(after, before, strict=True)] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("by", list(FetchBy))
async def test_only_what_is_missing_is_fetched(
    worker: Carrying, pacs: Orthanc, by: FetchBy
) -> None:
    images = ct_series(slices=10)
    await worker.keeps(images[:4])
    await pacs.takes(images)
    await worker.fetches_by(by, pacs)
    asked = await worker.fetch(images[0].StudyInstanceUID)
    worker.start()
    ended = await worker.ends(asked)
    assert (ended.state, ended.total, ended.done) == (TransferState.DONE, 10, 10)
    async with worker.database.transaction() as db:
        cursor = await db.execute(
            "select count(*) as images from archive.instance i"
            " join archive.pack p on p.id = i.pack_id"
        )
        row = await cursor.fetchone()
    assert row is not None
    assert row["images"] == 10


async def test_a_study_that_the_pacs_does_not_have_is_said_to_be_missing(
    worker: Carrying, pacs: Orthanc
) -> None:
    asked = await worker.fetch("1.2.3.4")
    worker.start()
    ended = await worker.ends(asked)
    assert ended.state is TransferState.FAILED
    assert ended.last_error == "NOORD_PACS does not have this study."


async def test_a_pacs_that_does_not_know_us_as_destination_is_told_so(
    worker: Carrying, tmp_path: Path
) -> None:
    images = ct_series(slices=1)
    async with orthanc(tmp_path) as peer:
        await peer.http.delete("/modalities/crossread")
        await worker.pacs_is(peer.port)
        await peer.takes(images)
        asked = await worker.fetch(images[0].StudyInstanceUID)
        worker.start()
        ended = await worker.ends(asked)
    assert ended.state is TransferState.FAILED
    assert "C-GET" in ended.last_error or "CROSSREAD" in ended.last_error
