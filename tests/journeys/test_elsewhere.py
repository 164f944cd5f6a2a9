"""Studies that sit in their hospital's own archive are seen, and come when they are needed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.images import ct_series
from tests.region import Browser, Region, until
from tests.transfers.carrying import Orthanc, orthanc

from crossread.archive import store as archive
from crossread.archive.model import study_id
from crossread.consent.model import Decision
from crossread.hospitals import store
from crossread.transfers.model import FetchBy, Rule
from crossread.transfers.store import rules

pytestmark = pytest.mark.peer

BSN = "999911120"


async def furnish(region: Region, peer: Orthanc) -> None:
    """This Orthanc is the PACS of Noord, fetched from by C-GET."""
    async with region.database.transaction() as db:
        known = await store.endpoint(db, "noord/pacs")
        await store.save_endpoint(db, replace(known, port=peer.port))
        await rules.save_rule(db, Rule("noord/pacs", fetch_by=FetchBy.GET))


async def on_offer(region: Region, images: list[Any]) -> tuple[Browser, str]:
    """Noord's order and study, on offer at Midden: its radiologist, and the task."""
    noord = region.ris["noord"]
    await noord.say(
        region.hl7.port, noord.order(accession="A1", number="N100", bsn=BSN, control="M1")
    )
    await region.consent("noord")
    assert set(await region.pacs["noord"].send(region.dicom.port, images)) == {0}
    reader = await region.browser("radiologist@midden")

    async def available() -> str | None:
        tasks = [task for task in await reader.tasks() if task["may_claim"]]
        return str(tasks[0]["id"]) if tasks else None

    return reader, await until(available, what="the study on offer")


async def test_a_prior_in_its_hospitals_pacs_is_seen_and_comes_when_it_is_wanted(
    region: Region, tmp_path: Path
) -> None:
    prior = ct_series(slices=4, accession="A0", study_date="20250101")
    another = ct_series(slices=1, number="N200", accession="A9")
    async with orthanc(tmp_path, region.dicom.port) as peer:
        await furnish(region, peer)
        await peer.takes(prior + another)
        reader, task = await on_offer(region, ct_series(slices=2))
        path = f"/api/tasks/{task}/elsewhere"
        answer = await reader.get(path)
        assert answer["silent"] == []
        [found] = answer["studies"]
        uid = prior[0].StudyInstanceUID
        assert (found["study_instance_uid"], found["images"], found["here"]) == (uid, 4, "none")
        await reader.post(f"{path}/{another[0].StudyInstanceUID}/fetch", 404)
        made = await reader.post(f"{path}/{uid}/fetch", 202)
        again = await reader.post(f"{path}/{uid}/fetch", 202)
        assert again["transfer_id"] == made["transfer_id"]

        async def here() -> bool:
            return not (await reader.get(path))["studies"]

        await until(here, what="the prior")
        async with region.database.transaction() as db:
            study = await archive.study(db, study_id("noord", uid))
        assert (study.instance_count, study.patient_number) == (4, "N100")


async def test_without_consent_nothing_is_asked_and_nothing_seen(
    region: Region, tmp_path: Path
) -> None:
    prior = ct_series(slices=1, accession="A0", study_date="20250101")
    async with orthanc(tmp_path, region.dicom.port) as peer:
        await furnish(region, peer)
        await peer.takes(prior)
        reader, task = await on_offer(region, ct_series(slices=1))
        await reader.post(f"/api/tasks/{task}/claim")
        await region.consent("noord", Decision.DENY)
        path = f"/api/tasks/{task}/elsewhere"
        answer = await reader.http.get(path)
        # as soon as the journey hears of it, she may not know of the task either
        nothing: dict[str, list[str]] = {"studies": [], "silent": []}
        assert answer.status_code == 404 or answer.json() == nothing
        await reader.post(f"{path}/{prior[0].StudyInstanceUID}/fetch", 404)
        stranger = await region.browser("planner@zuid")
        assert (await stranger.http.get(path)).status_code in {403, 404}


async def test_a_hospital_that_does_not_answer_is_named(region: Region) -> None:
    reader, task = await on_offer(region, ct_series(slices=1))
    region.pacs["noord"].stop()
    answer = await reader.get(f"/api/tasks/{task}/elsewhere")
    assert answer["studies"] == []
    [silent] = answer["silent"]
    assert silent["hospital_id"] == "noord"


async def test_what_the_cache_gave_up_comes_back_when_somebody_claims_it(
    region: Region, tmp_path: Path
) -> None:
    images = ct_series(slices=3)
    async with orthanc(tmp_path, region.dicom.port) as peer:
        await furnish(region, peer)
        await peer.takes(images)
        reader, task = await on_offer(region, images)
        study = study_id("noord", images[0].StudyInstanceUID)
        async with region.database.transaction() as db:
            await db.execute(
                "update archive.instance set pack_id = null where study_id = %s", (study,)
            )
            await db.execute(
                "update archive.study set availability = 'nearline' where id = %s", (study,)
            )
        await reader.post(f"/api/tasks/{task}/claim")

        async def online() -> bool:
            async with region.database.transaction() as db:
                return (await archive.study(db, study)).availability == "online"

        await until(online, what="the images")
