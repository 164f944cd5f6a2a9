"""What is erased is gone from every place, is proved without a name, and does not come back."""

import hashlib

import pytest
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import holds
from crossread.archive.erase import Erasure, Ground, erase, erase_patient, seal
from crossread.archive.garbage import PATIENCE, collect
from crossread.archive.holds import OnHold
from crossread.archive.model import Reason
from crossread.archive.store import removal
from crossread.platform.errors import NotFound


async def erased(archive: Archive, number: str = "N100") -> Erasure:
    async with archive.database.transaction() as db:
        return await erase_patient(
            db, "noord", "NOORD", number, reason="Verzoek 26-11", by=None, now=archive.now
        )


async def test_a_patient_is_erased_and_only_she(archive: Archive) -> None:
    hers, others = ct_series(slices=3), ct_series(number="N200", slices=2)
    await archive.takes_all(hers)
    await archive.takes_all(others)
    proof = await erased(archive)
    archive.now += PATIENCE
    assert await collect(archive.database, archive.objects, archive.now) == 3
    left = await archive.rows("select sop_instance_uid from archive.instance")
    assert {row["sop_instance_uid"] for row in left} == {one.SOPInstanceUID for one in others}
    assert [
        row["patient_number"]
        for row in await archive.rows("select patient_number from archive.study")
    ] == ["N200"]
    assert len([one async for one in archive.objects.list("images")]) == len(others)
    [part] = proof.certificate["studies"]
    assert part["study"] == hashlib.sha256(hers[0].StudyInstanceUID.encode()).hexdigest()
    assert len(part["instances"]) == 3
    written = str(proof.certificate)
    assert not any(one in written for one in ("Jansen", "N100", hers[0].StudyInstanceUID))


async def test_a_certificate_that_was_touched_has_another_seal(archive: Archive) -> None:
    await archive.takes_all(ct_series())
    proof = await erased(archive)
    [row] = await archive.rows("select certificate, seal from archive.erasure")
    assert seal(row["certificate"]) == row["seal"] == proof.seal
    assert seal(row["certificate"] | {"reason": "Another"}) != proof.seal


async def test_what_was_erased_is_refused_and_not_even_quarantined(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    study = await archive.study(image)
    await erased(archive)
    assert await archive.refuses(arrival(image)) is Reason.ERASED
    assert not await archive.quarantined()
    async with archive.database.transaction() as db:
        assert await removal.allow_again(db, study.id)
    await archive.takes_all([image])


async def test_a_study_that_a_report_speaks_of_leaves_a_row_without_a_name(
    archive: Archive,
) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    study = await archive.study(image)
    await archive.rows(
        """
        insert into worklist.task (id, hospital_id, study_id, purpose, state, urgency, made_at,
                                   changed_at)
        values (gen_random_uuid(), 'noord', %s, 'primary_read', 'final', 'routine', now(), now())
        returning id
        """,
        (study.id,),
    )
    await erased(archive)
    [row] = await archive.rows("select * from archive.study")
    assert row["availability"] == "offline"
    text = str(row)
    assert not any(one in text for one in ("Jansen", "N100", image.StudyInstanceUID))
    assert await archive.refuses(arrival(image)) is Reason.ERASED
    async with archive.database.transaction() as db:
        assert await removal.allow_again(db, study.id)
    await archive.takes_all([image])
    assert (await archive.study(image)).patient_number == "N100"


async def test_under_a_legal_hold_nothing_is_erased(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    async with archive.database.transaction() as db:
        held = await holds.place(
            db, "noord", patient=("NOORD", "N100"), reason="Zaak 12", by=None, now=archive.now
        )
    with pytest.raises(OnHold):
        await erased(archive)
    async with archive.database.transaction() as db:
        await holds.lift(db, "noord", held, None, archive.now)
    await erased(archive)


async def test_what_is_not_there_cannot_be_erased(archive: Archive) -> None:
    with pytest.raises(NotFound):
        await erased(archive, "N999")


async def test_usage_shrinks_by_what_is_erased(archive: Archive) -> None:
    from crossread.archive import store

    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        await store.rest(db, study.id, archive.now)
        await erase(db, [study], ground=Ground.REQUEST, reason="DELETE", by=None, now=archive.now)
    [usage] = await archive.rows("select studies, instances, bytes from archive.usage")
    assert usage == {"studies": 0, "instances": 0, "bytes": 0}
