"""An endpoint takes responsibility for what it was sent, or is sent it again (PS3.4 Annex J)."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StorageCommitmentPushModel,
)
from tests.images import ct_series
from tests.region import until
from tests.transfers.carrying import Carrying, orthanc

from crossread.gateways.dicom.listener import DicomListener
from crossread.hospitals import store as hospitals
from crossread.platform import clock
from crossread.transfers.model import TransferState
from crossread.transfers.store import items

pytestmark = pytest.mark.peer

WELL_KNOWN = "1.2.840.10008.1.20.1.1"


@pytest.fixture
async def listener(worker: Carrying) -> AsyncIterator[DicomListener]:
    """Where reports arrive that come in an association of their own."""
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
    await worker.stop()
    await made.stop()


@dataclass
class Pacs:
    """A PACS that stores, and commits to all but what it lost."""

    lost: set[str] = field(default_factory=set)
    got: list[str] = field(default_factory=list)
    asked: list[Dataset] = field(default_factory=list)
    port: int = 0

    def store(self, event: evt.Event) -> int:
        self.got.append(str(event.request.AffectedSOPInstanceUID))  # type: ignore[union-attr]
        return 0x0000

    def act(self, event: evt.Event) -> tuple[int, None]:
        self.asked.append(event.action_information)
        return 0x0000, None

    def report(self, to: int, calling: str = "NOORD_PACS") -> int:
        """Report on what was asked last, in an association of our own; how it was answered."""
        asked = self.asked[-1]
        kept, failed = [], []
        for item in asked.ReferencedSOPSequence:
            if item.ReferencedSOPInstanceUID in self.lost:
                item.FailureReason = 0x0112
                failed.append(item)
            else:
                kept.append(item)
        content = Dataset()
        content.TransactionUID = asked.TransactionUID
        if kept:
            content.ReferencedSOPSequence = kept
        if failed:
            content.FailedSOPSequence = failed
        ae = AE(calling)
        ae.add_requested_context(StorageCommitmentPushModel)
        role = build_role(StorageCommitmentPushModel, scp_role=True)
        association = ae.associate("127.0.0.1", to, ae_title="CROSSREAD", ext_neg=[role])
        assert association.is_established
        status, _ = association.send_n_event_report(
            content, 2 if failed else 1, StorageCommitmentPushModel, WELL_KNOWN
        )
        association.release()
        return int(status.get("Status", -1))


@contextmanager
def pacs() -> Iterator[Pacs]:
    """A PACS of Noord."""
    made = Pacs()
    ae = AE("NOORD_PACS")
    ae.add_supported_context(CTImageStorage)
    ae.add_supported_context(StorageCommitmentPushModel)
    server: Any = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        evt_handlers=[(evt.EVT_C_STORE, made.store), (evt.EVT_N_ACTION, made.act)],
    )
    made.port = int(server.server_address[1])
    try:
        yield made
    finally:
        ae.shutdown()


async def committed(worker: Carrying, of: Any) -> int:
    async with worker.database.transaction() as db:
        return await items.committed(db, of.id)


async def test_orthanc_commits_to_what_it_was_sent(
    worker: Carrying, listener: DicomListener, tmp_path: Path
) -> None:
    images = ct_series(slices=5)
    study = await worker.keeps(images)
    async with orthanc(tmp_path, listener.port) as peer:
        await worker.pacs_is(peer.port)
        await worker.rule(commits=True)
        asked = await worker.send(study)
        worker.start()
        ended = await worker.ends(asked, seconds=60)
        assert await peer.instances() == sorted(image.SOPInstanceUID for image in images)
        await worker.stop()
    assert (ended.state, ended.done) == (TransferState.DONE, 5)
    assert await committed(worker, asked) == 5


async def test_what_a_pacs_does_not_commit_to_is_sent_once_more(
    worker: Carrying, listener: DicomListener
) -> None:
    images = ct_series(slices=3)
    study = await worker.keeps(images)
    with pacs() as noord:
        await worker.pacs_is(noord.port)
        await worker.rule(commits=True)
        asked = await worker.send(study)
        worker.start()

        async def first() -> bool:
            return len(noord.asked) == 1

        await until(first, what="N-ACTION")
        noord.lost = {images[1].SOPInstanceUID}
        assert await asyncio.to_thread(noord.report, listener.port) == 0x0000

        async def second() -> bool:
            return len(noord.asked) == 2

        await until(second, what="N-ACTION for what was lost")
        assert noord.got.count(images[1].SOPInstanceUID) == 2
        assert len(noord.got) == 4
        again = noord.asked[1]
        assert [one.ReferencedSOPInstanceUID for one in again.ReferencedSOPSequence] == [
            images[1].SOPInstanceUID
        ]
        noord.lost = set()
        assert await asyncio.to_thread(noord.report, listener.port) == 0x0000
        ended = await worker.ends(asked)
        await worker.stop()
    assert ended.state is TransferState.DONE
    assert await committed(worker, asked) == 3


async def test_a_pacs_cannot_commit_for_another_hospital(
    worker: Carrying, listener: DicomListener
) -> None:
    study = await worker.keeps(ct_series(slices=1))
    with pacs() as noord:
        await worker.pacs_is(noord.port)
        midden = replace(
            worker.endpoint, id="midden/pacs", hospital_id="midden", application="MIDDEN_PACS"
        )
        async with worker.database.transaction() as db:
            await hospitals.save_endpoint(db, midden)
        await worker.rule(commits=True)
        asked = await worker.send(study)
        worker.start()

        async def first() -> bool:
            return len(noord.asked) == 1

        await until(first, what="N-ACTION")
        status = await asyncio.to_thread(noord.report, listener.port, "MIDDEN_PACS")
        await worker.stop()
    assert status == 0x0110
    assert await committed(worker, asked) == 0
