"""Days on which things come late, twice, wrong or not at all; each ends where people can see it."""

import asyncio
from typing import Any

from pydicom.uid import generate_uid
from tests.images import ct_series
from tests.peers import exchange
from tests.region import Browser, Region, until

from crossread.consent.model import Decision

BSN = "999911120"


def order(region: Region, control: str = "M1", **more: str) -> str:
    given = {"accession": "A1", "number": "N100", "bsn": BSN} | more
    return region.ris["noord"].order(control=control, **given)


async def send_order(region: Region, control: str = "M1", **more: str) -> None:
    answer = await region.ris["noord"].say(region.hl7.port, order(region, control, **more))
    assert f"MSA|AA|{control}" in answer


async def in_state(browser: Browser, state: str, view: str = "open") -> list[dict[str, Any]]:
    return [task for task in await browser.tasks(view) if task["state"] == state]


async def claimed(region: Region, reader: Browser) -> tuple[str, dict[str, Any]]:
    [task] = await until(lambda: in_state(reader, "available"), what="a task on offer")
    path = f"/api/tasks/{task['id']}"
    lease = await reader.post(f"{path}/claim")
    return path, {"token": lease["token"], "fence": lease["fence"]}


async def signed(reader: Browser, path: str, held: dict[str, Any], text: str = "Geen.") -> Any:
    sections = {"impression": text}
    return await reader.post(
        f"{path}/sign", **held, status="final", language="nl", sections=sections
    )


async def test_images_without_an_order_wait_for_it_in_sight(region: Region) -> None:
    await region.pacs["noord"].send(region.dicom.port, ct_series(accession="A1"))
    noord = await region.browser("radiologist@noord")
    [task] = await until(lambda: in_state(noord, "incomplete"), what="the study held back")
    assert "no_order" in task["held_back"]
    admin = await region.browser("pacs_administrator@noord")
    [arrival] = (await admin.get("/api/arrivals"))["studies"]
    assert arrival["situation"] == "unmatched"

    await send_order(region)
    await region.consent("noord")
    midden = await region.browser("radiologist@midden")
    [offered] = await until(lambda: in_state(midden, "available"), what="the offer")
    assert offered["id"] == task["id"]
    assert offered["urgency"] == "acute"


async def test_an_order_without_images_is_expected(region: Region) -> None:
    await send_order(region)
    noord = await region.browser("radiologist@noord")
    [task] = await until(lambda: in_state(noord, "expected"), what="the order on the list")
    assert task["held_back"] == ["no_images"]
    assert not task["may_claim"]
    assert task["why_not"] == ["The images are not here yet."]


async def test_a_cancelled_order_takes_its_task_off_the_list(region: Region) -> None:
    await send_order(region)
    noord = await region.browser("radiologist@noord")
    await until(lambda: in_state(noord, "expected"))
    await send_order(region, "M2", control_code="CA")
    await until(lambda: in_state(noord, "cancelled", "done"), what="the cancellation")


async def test_the_same_images_twice_change_nothing(region: Region) -> None:
    images = ct_series()
    assert await region.pacs["noord"].send(region.dicom.port, images) == [0, 0, 0]
    assert await region.pacs["noord"].send(region.dicom.port, images) == [0, 0, 0]
    admin = await region.browser("pacs_administrator@noord")
    [arrival] = (await admin.get("/api/arrivals"))["studies"]
    assert arrival["instance_count"] == 3


async def test_other_content_under_the_same_uid_is_refused_and_kept(region: Region) -> None:
    images = ct_series()
    await region.pacs["noord"].send(region.dicom.port, images)
    images[0].PixelData = bytes(len(images[0].PixelData))
    assert await region.pacs["noord"].send(region.dicom.port, images[:1]) == [0x0111]
    admin = await region.browser("pacs_administrator@noord")
    found = await admin.get("/api/arrivals")
    [held] = found["quarantine"]
    assert held["reason"] == "other_content"
    assert found["studies"][0]["instance_count"] == 3


async def test_a_study_that_grows_is_offered_once_and_tells_of_late_images(
    region: Region,
) -> None:
    study, series = generate_uid(), generate_uid()
    await send_order(region)
    await region.consent("noord")
    pacs = region.pacs["noord"]
    for _ in range(4):
        await pacs.send(region.dicom.port, ct_series(study=study, series=series, slices=1))
        await asyncio.sleep(0.15)
    midden = await region.browser("radiologist@midden")
    [task] = await until(lambda: in_state(midden, "available"), what="the offer")
    assert task["instance_count"] == 4
    await pacs.send(region.dicom.port, ct_series(study=study, slices=2))

    async def late() -> bool:
        [row] = await in_state(midden, "available")
        return bool(row["late_images"] == 2)

    await until(late, what="the mark of late images")


async def test_images_of_another_patient_than_the_order_are_held_back(region: Region) -> None:
    await send_order(region)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series(birth_date="19600606"))
    noord = await region.browser("radiologist@noord")
    [task] = await until(lambda: in_state(noord, "incomplete"), what="the mismatch")

    async def told() -> bool:
        detail = await noord.get(f"/api/tasks/{task['id']}")
        return detail["mismatch"] == ["birth_date"] and "patient_mismatch" in detail["held_back"]

    await until(told, what="the mismatch in words")


async def test_without_consent_only_the_own_hospital_may_read(region: Region) -> None:
    await send_order(region)
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    noord = await region.browser("radiologist@noord")
    [task] = await until(lambda: in_state(noord, "available"))
    assert task["held_back"] == ["no_consent"]
    midden = await region.browser("radiologist@midden")
    assert await midden.tasks("all") == []
    await region.consent("noord")
    await until(lambda: in_state(midden, "available"), what="the offer after consent")
    await region.consent("noord", Decision.DENY)

    async def gone() -> bool:
        return await midden.tasks("all") == []

    await until(gone, seconds=5, what="the withdrawal")


async def test_images_close_when_consent_is_withdrawn_while_reading(region: Region) -> None:
    await send_order(region)
    await region.consent("noord")
    images = ct_series()
    await region.pacs["noord"].send(region.dicom.port, images)
    midden = await region.browser("radiologist@midden")
    path, _ = await claimed(region, midden)
    root = f"{path}/dicom-web/studies/{images[0].StudyInstanceUID}/series"
    assert len(await midden.get(root)) == 1
    await region.consent("noord", Decision.DENY)

    async def closed() -> bool:
        return (await midden.http.get(root)).status_code == 403

    await until(closed, seconds=5, what="the images to close")


async def test_a_ris_that_is_down_gets_everything_in_order_when_it_is_back(
    region: Region,
) -> None:
    await send_order(region)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    reader = await region.browser("radiologist@midden")
    ris = region.ris["noord"]
    port = ris.port
    await ris.stop()
    path, held = await claimed(region, reader)
    await signed(reader, path, held)

    async def failing() -> bool:
        rows = await reader.get(f"{path}/deliveries")
        return any(row["attempts"] and "does not answer" in row["last_error"] for row in rows)

    await until(failing, what="the reason on screen")
    received = len(ris.received)
    await ris.start(port)
    await until(lambda: in_state(reader, "delivered", "done"), what="delivery", seconds=40)
    kinds = [
        "ORU" if "ORU^R01" in one else one.split("ORC|SC|")[1].split("|")[3] for one in ris.received
    ]
    assert kinds[received:] == ["SC", "IP", "CM", "ORU"][received:] or set(kinds) == {
        "SC",
        "IP",
        "CM",
        "ORU",
    }
    assert kinds.index("SC") < kinds.index("IP") < kinds.index("CM")
    controls = [one.split("|")[9] for one in ris.received]
    assert len(controls) == len(set(controls))


async def test_a_refused_report_waits_for_a_person_who_sends_it_again(region: Region) -> None:
    await send_order(region)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    reader = await region.browser("radiologist@midden")
    path, held = await claimed(region, reader)

    async def told() -> bool:
        return len(region.ris["noord"].received) == 2

    await until(told, what="received and in progress")
    region.ris["noord"].refuses = "AE"
    await signed(reader, path, held)
    admin = await region.browser("pacs_administrator@noord")

    rows = await until(
        lambda: both_refused(admin), what="the refusals on the administrator's screen"
    )
    assert "refuses this message" in rows[0]["last_error"]
    region.ris["noord"].refuses = ""
    for row in rows:
        await admin.post(f"/api/deliveries/{row['id']}/retry", expect=204)
    await until(lambda: in_state(reader, "delivered", "done"), what="delivery after the retry")


async def both_refused(admin: Browser) -> list[Any]:
    rows = list(await admin.get("/api/deliveries", state="refused"))
    return rows if len(rows) == 2 else []


async def test_a_late_writer_is_refused_and_keeps_her_text(region: Region) -> None:
    await send_order(region)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    first, second = (
        await region.browser("radiologist@midden"),
        await region.browser("radiologist@zuid"),
    )
    path, held = await claimed(region, first)
    async with region.database.transaction() as db:
        await db.execute("update worklist.lease set ends_at = now() - interval '1 second'")
    await until(lambda: in_state(second, "available"), what="the end of a silent lease")
    await second.post(f"{path}/claim")
    refusal = await first.put(
        f"{path}/draft", expect=409, **held, sections={"findings": "Bloeding."}, annotations=[]
    )
    assert refusal["reasons"] == ["lease_lost"]
    [kept] = await first.get(f"{path}/orphans")
    assert kept["sections"] == {"findings": "Bloeding."}
    assert await second.get(f"{path}/orphans") == []


async def test_a_worker_that_dies_in_the_middle_is_followed_by_one_that_finishes(
    region: Region,
) -> None:
    await send_order(region)
    await region.kill_worker()
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    region.start_worker()
    await asyncio.sleep(0.4)
    await region.kill_worker()
    region.start_worker()
    reader = await region.browser("radiologist@midden")
    path, held = await claimed(region, reader)
    await region.kill_worker()
    await signed(reader, path, held)
    region.start_worker()
    await until(lambda: in_state(reader, "delivered", "done"), what="delivery", seconds=40)
    orus = [one for one in region.ris["noord"].received if "ORU^R01" in one]
    assert len({one.split("|")[9] for one in orus}) == 1


async def test_broken_messages_are_answered_and_kept(region: Region) -> None:
    port = region.hl7.port
    assert "MSA|AR|" in await exchange(port, b"PID|1||no header\r")
    assert "MSA|AR|" in await exchange(port, b"no frame at all", framed=False)
    strange = order(region, "M9").replace("UNICODE UTF-8", "KLINGON")
    assert "MSA|AR|" in await exchange(port, strange.encode())
    latin = order(region, "M10", name="Gérard^Zoë").encode("latin-1")
    assert "MSA|AR|" in await exchange(port, latin)
    unknown = order(region, "M11").replace("NOORD_RIS", "NOBODY")
    assert "MSA|AR|M11" in await exchange(port, unknown.encode())
    empty = order(region, "M12").replace("A1", "")
    answer = await exchange(port, empty.encode())
    assert "MSA|AE|M12" in answer
    assert "accession number" in answer
    async with region.database.transaction() as db:
        rows = await (await db.execute("select reason from archive.quarantine")).fetchall()
    assert {row["reason"] for row in rows} == {"not_hl7", "unknown_characters", "wrong_value"}


async def test_the_same_order_twice_makes_one_task(region: Region) -> None:
    await send_order(region)
    await send_order(region)
    noord = await region.browser("radiologist@noord")
    await until(lambda: in_state(noord, "expected"))
    assert len(await noord.tasks("all")) == 1


async def test_a_resident_signs_preliminary_and_a_radiologist_makes_it_final(
    region: Region,
) -> None:
    await send_order(region)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series())
    resident = await region.browser("resident@midden")
    path, held = await claimed(region, resident)
    sections = {"impression": "Bloeding?"}
    body = {**held, "language": "nl", "sections": sections}
    refusal = await resident.post(f"{path}/sign", expect=403, status="final", **body)
    assert refusal["reasons"] == ["role"]
    await resident.post(f"{path}/sign", status="preliminary", **body)
    answer = await resident.http.post(f"{path}/claim")
    assert answer.json()["reasons"] == ["needs_radiologist"]

    radiologist = await region.browser("radiologist@midden")
    lease = await radiologist.post(f"{path}/claim")
    held = {"token": lease["token"], "fence": lease["fence"]}
    final = await signed(radiologist, path, held, "Acute bloeding.")
    assert final["version"] == 2
    await until(lambda: in_state(radiologist, "delivered", "done"), what="delivery")
    said = [one for one in region.ris["noord"].received if "ORC|SC|" in one]
    assert [one.split("ORC|SC|")[1].split("|")[3] for one in said] == ["SC", "IP", "A", "CM"]
    reports = [one for one in region.ris["noord"].received if "ORU^R01" in one]
    assert [("|P|||" in one, "|F|||" in one) for one in reports] == [(True, False), (False, True)]
