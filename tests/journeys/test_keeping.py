"""What is kept, hidden and given up, as a whole crossread does it of itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.archive.notes import note
from tests.images import ct_series
from tests.region import Browser, Region, until

from crossread.archive import store
from crossread.archive.evict import evict_due
from crossread.archive.model import Study
from crossread.archive.reject import Title
from crossread.hospitals import agree
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Keeping
from crossread.platform import clock

BSN = "999911120"


async def offered(region: Region, reader: Browser) -> dict[str, Any]:
    """A study of Noord on the list of a reader elsewhere."""
    noord = region.ris["noord"]
    order = noord.order(accession="A1", number="N100", bsn=BSN, control="M1")
    assert "MSA|AA|M1" in await noord.say(region.hl7.port, order)
    await region.consent("noord")
    images = ct_series(accession="A1")
    assert await region.pacs["noord"].send(region.dicom.port, images) == [0, 0, 0]

    async def available() -> dict[str, Any] | None:
        return next((one for one in await reader.tasks() if one["state"] == "available"), None)

    task: dict[str, Any] = await until(available, what="the study on offer")
    return task


async def study_of(region: Region) -> Study:
    async with region.database.transaction() as db:
        [found] = await store.studies(db, "noord", 10)
    return found


async def test_a_cached_study_goes_some_days_after_its_report_is_home(region: Region) -> None:
    async with region.database.transaction() as db:
        [signed] = await hospitals.agreements_of(db, ["noord"], clock.now())
        cached = replace(signed, version=2, keeping=Keeping.CACHE, cache_days=3)
        await agree.sign(db, cached)
    reader = await region.browser("radiologist@midden")
    task = await offered(region, reader)
    path = f"/api/tasks/{task['id']}"
    lease = await reader.post(f"{path}/claim")
    await reader.post(
        f"{path}/sign",
        token=lease["token"],
        fence=lease["fence"],
        status="final",
        language="nl",
        sections={"findings": "Geen bloeding.", "impression": "Normaal."},
        annotations=[],
    )

    async def due() -> Any:
        async with region.database.transaction() as db:
            cursor = await db.execute("select evict_at from archive.study")
            row = await cursor.fetchone()
        return row and row["evict_at"]

    at = await until(due, what="the day on which it may go")
    assert timedelta(days=2) < at - clock.now() <= timedelta(days=3)
    assert await evict_due(region.database, clock.now()) == 0
    assert await evict_due(region.database, at) == 1
    assert (await study_of(region)).availability == "nearline"


async def test_a_study_of_which_all_is_rejected_is_taken_off_the_list_and_comes_back(
    region: Region,
) -> None:
    reader = await region.browser("radiologist@midden")
    await offered(region, reader)
    study = await study_of(region)
    async with region.database.transaction() as db:
        kept = await store.instances_of(db, study.id)
    images = ct_series(study=study.study_instance_uid, series=kept[0].series_instance_uid)
    for image, one in zip(images, kept, strict=True):
        image.SOPInstanceUID = one.sop_instance_uid
    rejecting = note(images, Title.WRONG_WORKLIST_ENTRY)
    assert await region.pacs["noord"].send(region.dicom.port, [rejecting]) == [0]

    async def gone() -> bool:
        return not await reader.tasks()

    async def back() -> bool:
        return any(one["state"] == "available" for one in await reader.tasks())

    await until(gone, what="nobody to be offered it")
    revoking = note([rejecting], Title.QUALITY)
    assert await region.pacs["noord"].send(region.dicom.port, [revoking]) == [0]
    await until(back, what="the study on offer again")


async def test_an_erased_study_is_taken_off_the_list(region: Region) -> None:
    reader = await region.browser("radiologist@midden")
    await offered(region, reader)
    officer = await region.browser("privacy_officer@noord")
    await officer.post("/api/archive/erase", patient_number="N100", reason="Verzoek 26-11")

    async def gone() -> bool:
        return not await reader.tasks()

    await until(gone, what="nobody to be offered it")
    [done] = await (await region.browser("radiologist@noord")).tasks("done")
    assert done["state"] == "cancelled"
