"""What its hospital rejects is hidden everywhere, is kept, and comes back when that is revoked."""

from uuid import UUID

import pytest
from pydicom import Dataset
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.archive.notes import note
from tests.images import ct_series

from crossread.archive import holds, search, store
from crossread.archive.attributes import Level
from crossread.archive.model import ArchiveEvent, Outcome
from crossread.archive.query import ask
from crossread.archive.reject import Title, heed, heed_late


async def heeded(archive: Archive, sent: Dataset, hospital: str = "noord") -> int:
    """Take in a note, and do what follows from its event."""
    await archive.takes_all([sent], hospital)
    events = await archive.rows(
        "select subject from platform.event where kind = %s order by id", (ArchiveEvent.NOTED,)
    )
    note_id = UUID(events[-1]["subject"])
    return await heed(archive.database, archive.objects, note_id, archive.now)


async def shown(archive: Archive, image: Dataset, hospital: str = "noord") -> set[str]:
    """What can be found of a study, by each way of finding."""
    study = await archive.study(image, hospital)
    query = ask(Level.IMAGE, {"StudyInstanceUID": study.study_instance_uid})
    async with archive.database.transaction() as db:
        listed = {one.sop_instance_uid for one in await store.instances_of(db, study.id)}
        found = await search.find(db, [hospital], query)
    assert {one.values["SOPInstanceUID"] for one in found} == listed
    assert study.instance_count == len(listed)
    return listed


@pytest.mark.parametrize("title", [Title.QUALITY, Title.PATIENT_SAFETY, Title.WRONG_WORKLIST_ENTRY])
async def test_rejected_images_and_the_note_are_hidden_and_kept(
    archive: Archive, title: Title
) -> None:
    images = ct_series(slices=3)
    await archive.takes_all(images)
    assert await heeded(archive, note(images[:1], title)) == 2
    assert await shown(archive, images[0]) == {one.SOPInstanceUID for one in images[1:]}
    [count] = await archive.rows("select count(*) as n from archive.instance")
    assert count["n"] == 4
    study = await archive.study(images[0])
    assert (study.modalities, study.series_count) == (("CT",), 1)
    async with archive.database.transaction() as db:
        assert await store.instance(db, "noord", images[0].SOPInstanceUID) is None
    assert await archive.takes(arrival(images[0])) is Outcome.REPEATED


async def test_the_modality_that_came_first_stays_the_first(archive: Archive) -> None:
    images = ct_series(slices=2)
    audio = ct_series(slices=1, study=images[0].StudyInstanceUID)
    audio[0].Modality = "AU"
    await archive.takes_all([*images, *audio])
    await heeded(archive, note(images[:1], Title.QUALITY))
    assert (await archive.study(images[0])).modalities == ("CT", "AU")


async def test_doing_it_again_changes_nothing(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    sent = note(images[:1], Title.QUALITY)
    await heeded(archive, sent)
    [row] = await archive.rows(
        "select id from archive.instance where sop_instance_uid = %s", (sent.SOPInstanceUID,)
    )
    assert await heed(archive.database, archive.objects, row["id"], archive.now) == 0
    assert len(await archive.events(ArchiveEvent.REJECTED)) == 1


async def test_an_ordinary_key_object_selection_rejects_nothing(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    assert await heeded(archive, note(images, "113000")) == 0
    assert await heeded(archive, note(images, Title.QUALITY, scheme="99ELSEWHERE")) == 0
    assert len(await shown(archive, images[0])) == 4


async def test_a_note_about_a_note_revokes_it_whichever_is_heeded_again(archive: Archive) -> None:
    images = ct_series(slices=3)
    await archive.takes_all(images)
    first = note(images[:2], Title.QUALITY)
    await heeded(archive, first)
    await heeded(archive, note([first], Title.QUALITY))
    assert await shown(archive, images[0]) == {one.SOPInstanceUID for one in images}
    [row] = await archive.rows(
        "select id from archive.instance where sop_instance_uid = %s", (first.SOPInstanceUID,)
    )
    assert await heed(archive.database, archive.objects, row["id"], archive.now) == 0
    assert len(await shown(archive, images[0])) == 3


async def test_an_image_that_comes_after_its_note_is_hidden_too(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images[:1])
    await heeded(archive, note(images[1:], Title.PATIENT_SAFETY))
    await archive.takes_all(images[1:])
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        assert await heed_late(db, study.id) == 1
        assert await heed_late(db, study.id) == 0
    assert await shown(archive, images[0]) == {images[0].SOPInstanceUID}


async def test_a_hospital_rejects_only_its_own(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    await archive.takes_all(images, "midden")
    await heeded(archive, note(images, Title.QUALITY), "midden")
    assert len(await shown(archive, images[0])) == 2
    assert not await shown(archive, images[0], "midden")


async def test_a_study_of_which_all_is_rejected_is_not_found(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    await heeded(archive, note(images, Title.QUALITY))
    async with archive.database.transaction() as db:
        for level in (Level.STUDY, Level.SERIES):
            assert not await search.find(db, ["noord"], ask(level, {"PatientID": "N100"}))


async def test_what_need_not_be_kept_is_thrown_away_unless_the_law_holds_it(
    archive: Archive,
) -> None:
    images = ct_series(slices=3)
    await archive.takes_all(images)
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        held = await holds.place(
            db, "noord", study=study, reason="Zaak 12", by=None, now=archive.now
        )
    await heeded(archive, note(images[:1], Title.RETENTION_EXPIRED))
    [count] = await archive.rows("select count(*) as n from archive.instance")
    assert count["n"] == 4
    async with archive.database.transaction() as db:
        await holds.lift(db, "noord", held, None, archive.now)
    await heeded(archive, note(images[1:2], Title.RETENTION_EXPIRED))
    gone = images[1].SOPInstanceUID
    assert not await archive.rows(
        "select 1 from archive.instance where sop_instance_uid = %s", (gone,)
    )
    [holes] = await archive.rows("select sum(holes) as holes from archive.pack")
    assert holes["holes"] > 0
    assert await archive.takes(arrival(images[1])) is Outcome.STORED
    assert gone in await shown(archive, images[0])
