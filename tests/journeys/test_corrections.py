"""A hospital mends what it said of a patient, and what was held back goes on."""

from io import BytesIO
from typing import Any

from pydicom import dcmread
from tests.images import ct_series
from tests.region import Region, until

from crossread.archive import outgoing, store
from crossread.archive.model import Study
from crossread.consent.model import Decision

BSN = "999911120"


async def test_a_mended_birth_date_sets_the_study_free(region: Region) -> None:
    ris = region.ris["noord"]
    said = ris.order(accession="A1", number="N100", bsn=BSN, control="M1", born="19600607")
    assert "MSA|AA|M1" in await ris.say(region.hl7.port, said)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, ct_series(birth_date="19600606"))
    noord = await region.browser("radiologist@noord")

    async def tasks(state: str) -> list[dict[str, Any]]:
        return [
            task
            for task in await noord.tasks("open")
            if task["state"] == state
            and (state == "available") == ("patient_mismatch" not in task["held_back"])
        ]

    await until(lambda: tasks("incomplete"), what="the mismatch")
    header, person, *_ = said.replace("ORM^O01^ORM_O01|M1", "ADT^A08^ADT_A01|M2").split("\r")
    mended = "\r".join((header, person.replace("19600607", "19600606"), ""))
    assert "MSA|AA|M2" in await ris.say(region.hl7.port, mended)
    await until(lambda: tasks("available"), what="the study on offer")


async def kept(region: Region, uid: str) -> Study:
    async with region.database.transaction() as db:
        found = await store.study_by_uid(db, "noord", uid)
    assert found is not None
    return found


async def sent_out(region: Region, study: Study) -> Any:
    async with region.database.transaction() as db:
        [instance, *_] = await store.instances_of(db, study.id)
    return dcmread(BytesIO(await outgoing.outgoing(region.database, region.objects, instance)))


async def test_a_merge_brings_everything_of_the_old_number_to_the_surviving_patient(
    region: Region,
) -> None:
    ris, images = region.ris["noord"], ct_series(number="N200")
    said = ris.order(accession="A1", number="N200", bsn=BSN, control="M1")
    assert "MSA|AA|M1" in await ris.say(region.hl7.port, said)
    await region.consent("noord", Decision.DENY)
    await region.pacs["noord"].send(region.dicom.port, images)
    noord = await region.browser("radiologist@noord")

    async def offered() -> list[dict[str, Any]]:
        return [task for task in await noord.tasks("open") if task["state"] == "available"]

    await until(offered, what="the study on offer")
    header, person, *_ = said.replace("ORM^O01^ORM_O01|M1", "ADT^A40^ADT_A39|M2").split("\r")
    merge = "\r".join((header, person.replace("N200^", "N100^"), "MRG|N200^^^NOORD^PI", ""))
    assert "MSA|AA|M2" in await ris.say(region.hl7.port, merge)

    async def moved() -> bool:
        async with region.database.transaction() as db:
            cursor = await db.execute(
                """
                select p.number, c.decision
                from worklist.task t
                join patients.patient p on p.id = t.patient_id
                left join consent.consent c on c.patient_id = p.id
                """
            )
            rows = await cursor.fetchall()
        return rows == [{"number": "N100", "decision": "deny"}]

    await until(moved, what="the task and the refusal to be hers")
    study = await kept(region, images[0].StudyInstanceUID)
    assert study.patient_number == "N100"
    assert (await sent_out(region, study)).PatientID == "N100"
    [task] = await offered()
    assert "patient_mismatch" not in task["held_back"]

    late = ct_series(number="N200", accession="A9")
    await region.pacs["noord"].send(region.dicom.port, late)

    async def adopted() -> bool:
        return (await kept(region, late[0].StudyInstanceUID)).patient_number == "N100"

    await until(adopted, what="what came later under the old number")


async def test_a_new_name_goes_out_with_studies_that_had_the_old_one(region: Region) -> None:
    ris, images = region.ris["noord"], ct_series()
    said = ris.order(accession="A1", number="N100", bsn=BSN, control="M1")
    await ris.say(region.hl7.port, said)
    await region.pacs["noord"].send(region.dicom.port, images)
    other = ct_series(accession="A2", birth_date="19610101")  # may be of somebody else
    await region.pacs["noord"].send(region.dicom.port, other)
    header, person, *_ = said.replace("ORM^O01^ORM_O01|M1", "ADT^A08^ADT_A01|M2").split("\r")
    married = "\r".join((header, person.replace("Jansen^Anna", "de Vries-Jansen^Anna"), ""))
    assert "MSA|AA|M2" in await ris.say(region.hl7.port, married)
    study = await kept(region, images[0].StudyInstanceUID)
    assert study.patient_name == "de Vries-Jansen^Anna"
    out = await sent_out(region, study)
    assert str(out.PatientName) == "de Vries-Jansen^Anna"
    [item] = out.OriginalAttributesSequence
    assert str(item.ModifiedAttributesSequence[0].PatientName) == "Jansen^Anna"
    assert (await kept(region, other[0].StudyInstanceUID)).patient_name == "Jansen^Anna"


async def test_a_study_under_a_wrong_number_is_corrected_by_hand_and_goes_on(
    region: Region,
) -> None:
    ris, images = region.ris["noord"], ct_series(number="N999")
    said = ris.order(accession="A1", number="N100", bsn=BSN, control="M1")
    assert "MSA|AA|M1" in await ris.say(region.hl7.port, said)
    await region.consent("noord")
    await region.pacs["noord"].send(region.dicom.port, images)
    reader = await region.browser("radiologist@noord")

    async def held() -> bool:
        return any("patient_mismatch" in task["held_back"] for task in await reader.tasks("open"))

    async def free() -> bool:
        return any(task["state"] == "available" for task in await reader.tasks("open"))

    await until(held, what="the mismatch")
    study = await kept(region, images[0].StudyInstanceUID)
    path = f"/api/archive/studies/{study.id}/correct"
    wish = {"reason": "Verkeerde patient op de scanner gekozen", "patient_number": "N100"}
    await (await region.browser("pacs_administrator@midden")).post(path, expect=404, **wish)
    await reader.post(path, expect=403, **wish)
    await (await region.browser("pacs_administrator@noord")).post(path, expect=204, **wish)
    await until(free, what="the study on offer")
    out = await sent_out(region, await kept(region, study.study_instance_uid))
    assert out.PatientID == "N100"
    [item] = out.OriginalAttributesSequence
    assert item.SourceOfPreviousValues == "noord"
