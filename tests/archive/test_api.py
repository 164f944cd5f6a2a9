"""Those who look after a hospital's images see its own, and nobody else's."""

from collections.abc import AsyncIterator

import pytest
from tests.archive.arrivals import arrival
from tests.images import ct_series
from tests.region import Browser, Region, until

from crossread.archive import store
from crossread.archive.model import Arrival, NotArchived, Study
from crossread.archive.receive import receive

ROUTES = ("storage", "intake", "scrub", "damaged", "quarantine", "holds", "expired")


async def arrives(region: Region, sent: Arrival) -> None:
    await receive(region.app.state.intake, sent)


@pytest.fixture
async def study(region: Region) -> AsyncIterator[Study]:
    """One of Noord with three images that has come to rest."""
    images = ct_series(slices=3)
    for image in images:
        await arrives(region, arrival(image))

    async def rested() -> Study | None:
        async with region.database.transaction() as db:
            found = await store.study_by_uid(db, "noord", images[0].StudyInstanceUID)
        return found if found and found.rests else None

    yield await until(rested, what="the study to rest")


async def test_what_is_kept_and_how_fast_it_came(region: Region, study: Study) -> None:
    await region.app.state.intake.tally.write()
    administrator = await region.browser("pacs_administrator@noord")
    [noord] = (await administrator.get("/api/archive/storage"))["hospitals"]
    assert (noord["hospital_id"], noord["studies"], noord["instances"]) == ("noord", 1, 3)
    assert noord["bytes"] == study.bytes
    minutes = (await administrator.get("/api/archive/intake"))["minutes"]
    assert sum(one["instances"] for one in minutes) == 3
    found = await administrator.post("/api/archive/studies/search", patient_name="jans")
    [shown] = found["studies"]
    assert (shown["availability"], shown["on_hold"], shown["instance_count"]) == (
        "online",
        False,
        3,
    )
    none = await administrator.post("/api/archive/studies/search", modality="MR")
    assert not none["studies"]
    assert (await administrator.get("/api/archive/scrub"))["paused"] is False


async def test_nobody_but_those_who_look_after_it_may_see_it(region: Region, study: Study) -> None:
    radiologist = await region.browser("radiologist@noord")
    for route in ROUTES:
        answer = await radiologist.http.get(f"/api/archive/{route}")
        assert answer.status_code == 403, route


async def test_another_hospital_sees_and_erases_nothing_of_it(region: Region, study: Study) -> None:
    officer = await region.browser("privacy_officer@midden")
    assert not (await officer.post("/api/archive/studies/search"))["studies"]
    assert (await officer.get("/api/archive/storage"))["hospitals"][0]["studies"] == 0
    await officer.post(
        "/api/archive/erase", expect=404, study_ids=[str(study.id)], reason="Niet van ons"
    )
    await officer.post("/api/archive/holds", expect=404, study_id=str(study.id), reason="Zaak")
    await officer.post(
        "/api/archive/erase", expect=404, patient_number="N100", issuer="NOORD", reason="Raak?"
    )


async def test_a_hold_keeps_what_a_patient_asks_to_erase(region: Region, study: Study) -> None:
    officer = await region.browser("privacy_officer@noord")
    hold = await officer.post("/api/archive/holds", patient_number="N100", reason="Zaak 12")
    [shown] = (await officer.post("/api/archive/studies/search"))["studies"]
    assert shown["on_hold"]
    refused = await officer.post(
        "/api/archive/erase", expect=403, patient_number="N100", reason="Verzoek"
    )
    assert refused["reasons"] == ["legal_hold"]
    answer = await officer.http.delete(f"/api/archive/holds/{hold['id']}")
    assert answer.status_code == 204
    proof = await officer.post("/api/archive/erase", patient_number="N100", reason="Verzoek")
    assert not (await officer.post("/api/archive/studies/search"))["studies"]
    assert (await officer.get("/api/archive/erasures"))[0]["seal"] == proof["seal"]


async def test_an_administrator_may_not_erase(region: Region, study: Study) -> None:
    administrator = await region.browser("pacs_administrator@noord")
    await administrator.post(
        "/api/archive/erase", expect=403, patient_number="N100", reason="Verzoek"
    )


async def test_what_is_quarantined_is_mended_and_let_in(region: Region) -> None:
    [image] = ct_series(slices=1)
    series = str(image.SeriesInstanceUID)
    del image.SeriesInstanceUID
    with pytest.raises(NotArchived):
        await arrives(region, arrival(image))
    administrator = await region.browser("pacs_administrator@noord")
    [held] = await administrator.get("/api/archive/quarantine")
    assert held["reason"] == "missing_uid"
    header = await administrator.get(f"/api/archive/quarantine/{held['id']}/header")
    assert header["0020000D"]["Value"] == [image.StudyInstanceUID]
    other: Browser = await region.browser("pacs_administrator@midden")
    assert not await other.get("/api/archive/quarantine")
    answer = await other.http.get(f"/api/archive/quarantine/{held['id']}/header")
    assert answer.status_code == 404
    done = await administrator.post(
        f"/api/archive/quarantine/{held['id']}/readmit",
        reason="UID bij de modaliteit nagevraagd",
        values={"SeriesInstanceUID": series},
    )
    assert done == {"outcome": "stored"}
    assert not await administrator.get("/api/archive/quarantine")
