"""From an order and images to a signed report back home."""

import asyncio
from typing import Any

from tests.images import ct_series
from tests.region import Browser, Region, until

from crossread.hospitals import store

BSN = "999911120"


async def _available(reader: Browser) -> dict[str, Any] | None:
    tasks = [task for task in await reader.tasks() if task["state"] == "available"]
    return tasks[0] if tasks else None


async def test_a_study_is_read_elsewhere_and_its_report_comes_home(region: Region) -> None:
    noord, pacs = region.ris["noord"], region.pacs["noord"]
    answer = await noord.say(
        region.hl7.port, noord.order(accession="A1", number="N100", bsn=BSN, control="M1")
    )
    assert "MSA|AA|M1" in answer
    await region.consent("noord")
    images = ct_series(accession="A1")
    assert await pacs.send(region.dicom.port, images) == [0, 0, 0]

    reader = await region.browser("radiologist@midden")
    task = await until(lambda: _available(reader), what="the study on offer")
    assert task["patient"]["name"] == "Jansen, Anna"
    assert (task["instance_count"], task["urgency"]) == (3, "acute")

    path = f"/api/tasks/{task['id']}"
    lease = await reader.post(f"{path}/claim")
    held = {"token": lease["token"], "fence": lease["fence"]}
    length = {
        "tracking_uid": "2.25.42",
        "tool": "Length",
        "study_instance_uid": images[0].StudyInstanceUID,
        "series_instance_uid": images[0].SeriesInstanceUID,
        "sop_instance_uid": images[1].SOPInstanceUID,
        "frame": 1,
        "points": [[10, 10], [50, 40]],
        "label": "bloeding",
    }
    draft = await reader.put(
        f"{path}/draft", **held, sections={"findings": "Bloeding."}, annotations=[length]
    )
    [value] = draft["annotations"][0]["measurements"]
    assert (value["name"], value["unit"]) == ("length", "mm")
    assert abs(value["value"] - 25.0) < 1e-9
    report = await reader.post(
        f"{path}/sign",
        **held,
        status="final",
        language="nl",
        sections={"findings": "Bloeding links, 25 mm.", "impression": "Intracerebrale bloeding."},
        annotations=[length],
    )
    assert report["version"] == 1

    async def delivered() -> bool:
        return any(t["state"] == "delivered" for t in await reader.tasks("done"))

    await until(delivered, what="everything acknowledged")
    kinds = [message.split("|")[8] for message in noord.received]
    assert kinds[0].startswith("ORM^O01")
    [oru] = [message for message in noord.received if "ORU^R01" in message]
    assert "Intracerebrale bloeding." in oru
    assert f"|{images[0].AccessionNumber}|" in oru
    statuses = [m.split("ORC|SC|")[1].split("|")[3] for m in noord.received if "ORC|SC" in m]
    assert statuses == ["SC", "IP", "CM"]
    objects = {dataset.Modality: dataset for dataset in pacs.received}
    assert set(objects) == {"SR", "PR"}
    assert objects["SR"].StudyInstanceUID == images[0].StudyInstanceUID
    assert objects["PR"].PatientID == "N100"


async def test_everybody_with_the_list_open_hears_of_a_claim(region: Region) -> None:
    noord = region.ris["noord"]
    order = noord.order(accession="A1", number="N100", bsn=BSN, control="M1")
    await noord.say(region.hl7.port, order)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series(accession="A1"))
    midden, zuid = await region.browser("radiologist@midden"), await region.browser("planner@noord")
    task = await until(lambda: _available(midden))
    feed = region.app.state.feed
    async with region.database.transaction() as db:
        found = await store.reader_by_username(db, "planner@noord")
    assert found is not None
    heard: list[bytes] = []

    async def listen() -> None:
        nonlocal heard
        async for frame in feed.open(found[0], await feed.position()):
            heard += [frame]

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.2)
    await midden.post(f"/api/tasks/{task['id']}/claim")

    async def told() -> bool:
        return any(b"task.claimed" in frame for frame in heard)

    await until(told, seconds=1, what="the claim on the feed")
    listening.cancel()
    [row] = await zuid.tasks()
    assert row["holder"]["name"] == "Some radiologist of midden"
    assert row["patient"] is None
