"""A hospital mends what it said of a patient, and what was held back goes on."""

from typing import Any

from tests.images import ct_series
from tests.region import Region, until

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
