"""A hospital's PACS administrator sees and steers that hospital's transfers, and nobody else's."""

from tests.images import ct_series
from tests.region import Region, until

from crossread.archive.model import study_id
from crossread.hospitals import store as hospitals
from crossread.platform import clock
from crossread.transfers import ask
from crossread.transfers.ask import Why


async def arrives(region: Region) -> str:
    """A study of Noord that is here; its UID."""
    images = ct_series(slices=3)
    assert set(await region.pacs["noord"].send(region.dicom.port, images)) == {0}
    return str(images[0].StudyInstanceUID)


async def test_a_study_is_sent_and_its_progress_seen(region: Region) -> None:
    study = await arrives(region)
    admin = await region.browser("pacs_administrator@noord")
    [endpoint] = await admin.get("/api/transfers/endpoints")
    assert (endpoint["endpoint_id"], endpoint["associations"]) == ("noord/pacs", 2)
    wish = {"direction": "send", "endpoint_id": "noord/pacs", "study_instance_uid": study}
    made = await admin.post("/api/transfers", 201, **wish)
    assert (made["total"], made["moves"]) == (3, ["pause", "cancel", "retry"])

    async def done() -> bool:
        [one] = await admin.get("/api/transfers")
        return bool(one["state"] == "done")

    await until(done, what="the transfer")
    detail = await admin.get(f"/api/transfers/{made['id']}")
    assert (detail["done"], detail["failures"], detail["moves"]) == (3, [], [])
    assert len(region.pacs["noord"].received) == 3
    assert await admin.get("/api/transfers", state="open") == []


async def test_a_rule_is_changed(region: Region) -> None:
    admin = await region.browser("pacs_administrator@noord")
    rule = {
        "endpoint_id": "noord/pacs",
        "associations": 4,
        "megabits": 100,
        "windows": ["20:00-06:00"],
        "fetch_by": "get",
        "commits": True,
    }
    answer = await admin.http.put("/api/transfers/rule", json=rule)
    assert answer.status_code == 204
    [endpoint] = await admin.get("/api/transfers/endpoints")
    assert {name: endpoint[name] for name in rule} == rule
    wrong = await admin.http.put("/api/transfers/rule", json=rule | {"windows": ["8-9"]})
    assert wrong.status_code == 400
    assert "20:00-06:00" in wrong.json()["sentence"]


async def test_another_hospitals_administrator_gets_nowhere(region: Region) -> None:
    study = await arrives(region)
    async with region.database.transaction() as db:
        known = await ask.study_to_send(db, "noord", study)
        endpoint = await hospitals.endpoint(db, "noord/pacs")
        made = await ask.send(db, known, endpoint, Why("a test"), clock.now())
    assert known.id == study_id("noord", study)
    stranger = await region.browser("pacs_administrator@midden")
    assert await stranger.get("/api/transfers") == []
    assert (await stranger.http.get(f"/api/transfers/{made.id}")).status_code == 404
    await stranger.post(f"/api/transfers/{made.id}/cancel", 404)
    own = {"endpoint_id": "midden/pacs", "study_instance_uid": study}
    theirs = own | {"endpoint_id": "noord/pacs"}
    # neither to Noord's PACS, nor Noord's study to one's own
    await stranger.post("/api/transfers", 404, direction="send", **theirs)
    await stranger.post("/api/transfers", 404, direction="send", **own)
    await stranger.post("/api/transfers", 404, direction="fetch", **theirs)
    await stranger.post("/api/transfers/find", 404, endpoint_id="noord/pacs", patient_number="N1")
    answer = await stranger.http.put("/api/transfers/rule", json={"endpoint_id": "noord/pacs"})
    assert answer.status_code == 404


async def test_who_is_no_pacs_administrator_gets_nowhere(region: Region) -> None:
    study = await arrives(region)
    reader = await region.browser("radiologist@noord")
    for path in ("/api/transfers", "/api/transfers/endpoints"):
        assert (await reader.http.get(path)).status_code == 403
    wish = {"direction": "send", "endpoint_id": "noord/pacs", "study_instance_uid": study}
    await reader.post("/api/transfers", 403, **wish)
    await reader.post("/api/transfers/find", 403, endpoint_id="noord/pacs", patient_number="N1")
