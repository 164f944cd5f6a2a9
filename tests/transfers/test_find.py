"""What a hospital has is asked of its PACS or its DICOMweb server; what of it is here is said."""

from pathlib import Path

import pytest
from tests.images import ct_series
from tests.transfers.carrying import Carrying, orthanc

from crossread.platform.errors import Refused
from crossread.transfers.find import Here, Standing, find
from crossread.transfers.model import FetchBy
from crossread.transfers.ways import Question

pytestmark = pytest.mark.peer


async def finds(worker: Carrying, **asked: str) -> list[Standing]:
    return await find(
        worker.database, worker.endpoint, Question(**asked), worker.ground.ways.find, reader=None
    )


@pytest.mark.parametrize("by", [FetchBy.MOVE, FetchBy.WEB])
async def test_the_studies_of_a_patient_are_found_and_what_is_here_is_said(
    worker: Carrying, tmp_path: Path, by: FetchBy
) -> None:
    known = ct_series(slices=2, number="N7", study_date="20260301")
    given_up = ct_series(slices=2, number="N7", study_date="20260201", accession="A2")
    elsewhere = ct_series(slices=2, number="N7", study_date="20260101", accession="A3")
    another = ct_series(slices=1, number="N8")
    await worker.keeps(known)
    await worker.gives_up(await worker.keeps(given_up))
    async with orthanc(tmp_path) as peer:
        await worker.pacs_is(peer.port)
        await worker.fetches_by(by, peer)
        await peer.takes(known + given_up + elsewhere + another)
        found = await finds(worker, patient_number="N7")
        assert [one.found.study_instance_uid for one in found] == [
            images[0].StudyInstanceUID for images in (known, given_up, elsewhere)
        ]
        assert [one.here for one in found] == [Here.ALL, Here.GIVEN_UP, Here.NONE]
        assert found[2].found.description == "CT schedel blanco"
        assert found[2].found.modalities == ("CT",)
        assert len(await finds(worker, patient_number="N7", since="20260115")) == 2
        [one] = await finds(worker, accession_number="A3")
        assert one.found.study_instance_uid == elsewhere[0].StudyInstanceUID
        assert await finds(worker, study_instance_uid="1.2.3.4") == []
    async with worker.database.transaction() as db:
        cursor = await db.execute(
            "select count(*) as asked from audit.entry where subject_id = 'endpoint'"
        )
        row = await cursor.fetchone()
    assert row is not None
    assert row["asked"] == 4


async def test_everything_is_never_asked_for(worker: Carrying) -> None:
    with pytest.raises(Refused):
        await finds(worker)
    with pytest.raises(Refused):
        await finds(worker, since="20260101")


@pytest.mark.parametrize("number", ["*", "N1*", "N?", "N1\\N2"])
async def test_no_number_can_ask_for_other_patients(worker: Carrying, number: str) -> None:
    for asked in ("patient_number", "accession_number", "study_instance_uid"):
        with pytest.raises(Refused) as refusal:
            await finds(worker, **{asked: number})
        assert "wildcards" in refusal.value.sentence
