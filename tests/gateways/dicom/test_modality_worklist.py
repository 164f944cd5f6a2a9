"""The worklist of a hospital's machines: what fits, in which words, and nobody else's."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pynetdicom import build_context
from tests.gateways.dicom.listening import Listening, associated
from tests.orders.asking import asked as ordered

from crossread.gateways.dicom.matching import as_asked, element_fits, fits, within
from crossread.hospitals.model import Urgency
from crossread.orders.model import OrderedPatient
from crossread.orders.place import place
from crossread.platform.clock import LOCAL

WORKLIST = "1.2.840.10008.5.1.4.31"
STEP = (
    "ScheduledStationAETitle",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "Modality",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
)
WHOLE = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientWeight",
    "AccessionNumber",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "RequestedProcedurePriority",
    "StudyInstanceUID",
    "ReferringPhysicianName",
    "MedicalAlerts",
)


def request(step: dict[str, str] | None = None, **keys: Any) -> Dataset:
    """A query for every key, with values for some."""
    made = Dataset()
    for keyword in WHOLE:
        setattr(made, keyword, keys.pop(keyword, None))
    for keyword, value in keys.items():
        setattr(made, keyword, value)
    item = Dataset()
    for keyword in STEP:
        setattr(item, keyword, (step or {}).get(keyword, ""))
    made.ScheduledProcedureStepSequence = [item]
    return made


async def orders(at: Listening, *requests: Any) -> None:
    async with at.database.transaction() as db:
        for number, one in enumerate(requests):
            told = replace(one, control_id=f"C{number}{one.accession_number}")
            await place(db, told, datetime(2026, 11, 24, 12, tzinfo=UTC), digest="")


async def finds(
    at: Listening, query: Dataset, calling: str = "NOORD_PACS"
) -> tuple[int, list[Dataset]]:
    """The last status, and the entries before it."""

    def ask() -> tuple[int, list[Dataset]]:
        with associated(at.port, [build_context(WORKLIST)], calling) as association:
            answers = list(association.send_c_find(query, WORKLIST))
        return int(answers[-1][0].Status), [entry for _, entry in answers if entry is not None]

    return await asyncio.to_thread(ask)


async def accessions(at: Listening, query: Dataset) -> list[str]:
    status, found = await finds(at, query)
    assert status == 0x0000
    return [str(one.AccessionNumber) for one in found]


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LOCAL).astimezone(UTC)


async def test_an_order_is_on_the_worklist_with_all_that_a_machine_needs(
    listening: Listening,
) -> None:
    anna = OrderedPatient("N1", "", None, "Jansen^Zoë", date(1950, 1, 1), "F")
    await orders(
        listening,
        ordered(
            patient=anna, scheduled_at=local(24, 13, 30), station="CT1",
            requested_procedure_id="RP1", scheduled_step_id="SPS1", study_instance_uid="2.25.77",
        ),
    )  # fmt: skip
    _, [entry] = await finds(listening, request(SpecificCharacterSet="ISO_IR 100"))
    assert entry.PatientName == "Jansen^Zoë"
    assert entry.SpecificCharacterSet == "ISO_IR 100", "the asker's own, since it can hold it"
    assert (entry.PatientID, entry.PatientBirthDate, entry.PatientSex) == ("N1", "19500101", "F")
    assert (entry.AccessionNumber, entry.RequestedProcedureID) == ("A1", "RP1")
    assert (entry.StudyInstanceUID, entry.RequestedProcedurePriority) == ("2.25.77", "STAT")
    assert entry.PatientWeight is None
    [step] = entry.ScheduledProcedureStepSequence
    assert (step.ScheduledStationAETitle, step.Modality) == ("CT1", "CT")
    assert (step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime) == (
        "20261124",
        "133000",
    )
    assert step.ScheduledProcedureStepID == "SPS1"
    [entry_] = (await finds(listening, request()))[1]
    assert entry_.SpecificCharacterSet == "ISO_IR 192"


async def test_an_order_that_says_little_still_has_every_key_that_must_have_a_value(
    listening: Listening,
) -> None:
    await orders(listening, ordered(modality="", accession_number="A" * 20))
    _, [entry] = await finds(
        listening, request({"ScheduledStationAETitle": "MR2", "Modality": "MR"})
    )
    [step] = entry.ScheduledProcedureStepSequence
    assert (step.ScheduledStationAETitle, step.Modality) == ("MR2", "MR")
    assert entry.StudyInstanceUID.startswith("2.25.")
    assert entry.RequestedProcedureID == "A" * 16
    _, [again] = await finds(listening, request())
    assert again.StudyInstanceUID == entry.StudyInstanceUID


@pytest.mark.parametrize(
    ("step", "keys", "found"),
    [
        ({}, {}, ["CT", "MR", "LATE"]),
        ({"Modality": "CT"}, {}, ["CT", "LATE"]),
        ({"ScheduledStationAETitle": "CT1"}, {}, ["CT", "MR"]),  # the MR is for any machine
        ({"ScheduledProcedureStepStartDate": "20261124"}, {}, ["CT", "MR"]),
        ({"ScheduledProcedureStepStartDate": "20261125-"}, {}, ["LATE"]),
        ({"ScheduledProcedureStepStartDate": "-20261124"}, {}, ["CT", "MR"]),
        (
            {
                "ScheduledProcedureStepStartDate": "20261124-20261125",
                "ScheduledProcedureStepStartTime": "1000-0900",
            },
            {},
            ["MR", "LATE"],  # one stretch of time, from ten o'clock until nine the next day
        ),
        (
            {
                "ScheduledProcedureStepStartDate": "20261124",
                "ScheduledProcedureStepStartTime": "0800-0900",
            },
            {},
            ["CT"],
        ),
        ({}, {"PatientName": "jans*"}, ["CT", "LATE"]),
        ({}, {"PatientName": "Bos"}, []),
        ({}, {"PatientName": "Bos^Ev?"}, ["MR"]),
        ({}, {"PatientID": "N2"}, ["MR"]),
        ({}, {"AccessionNumber": "LATE"}, ["LATE"]),
        ({}, {"RequestedProcedureID": "RP-MR"}, ["MR"]),
        ({"Modality": "US"}, {}, []),
    ],
)
async def test_what_is_asked_for_is_found(
    listening: Listening, step: dict[str, str], keys: dict[str, str], found: list[str]
) -> None:
    bos = OrderedPatient("N2", "", None, "Bos^Eva", date(1960, 1, 1), "F")
    await orders(
        listening,
        ordered(accession_number="CT", scheduled_at=local(24, 8, 30), station="CT1"),
        ordered(
            accession_number="MR", patient=bos, modality="MR", scheduled_at=local(24, 16),
            requested_procedure_id="RP-MR",
        ),
        ordered(accession_number="LATE", scheduled_at=local(25, 8), station="CT2"),
    )  # fmt: skip
    assert await accessions(listening, request(step, **keys)) == found


async def test_what_is_cancelled_answered_or_anothers_is_not_on_it(listening: Listening) -> None:
    await orders(
        listening,
        ordered(accession_number="HERE", urgency=Urgency.ROUTINE),
        ordered(accession_number="DONE"),
        ordered(accession_number="THERE", hospital_id="midden"),
    )
    async with listening.database.transaction() as db:
        await db.execute(
            "update orders.order set state = 'answered' where accession_number = 'DONE'"
        )
    assert await accessions(listening, request()) == ["HERE"]
    _, other = await finds(listening, request(), "MIDDEN_PACS")
    assert [one.AccessionNumber for one in other] == ["THERE"]
    [entry, _] = await listening.rows(
        "select * from audit.entry where subject_kind = 'worklist' order by id"
    )
    assert entry["facts"] == {"rows": 1, "calling": "NOORD_PACS"}


async def test_a_worklist_query_of_two_steps_is_refused(listening: Listening) -> None:
    query = request()
    query.ScheduledProcedureStepSequence.append(Dataset())
    status, found = await finds(listening, query)
    assert (status, found) == (0xA900, [])


words = st.text("abcXYZ09 ^-.", max_size=12)


@given(words)
def test_a_value_fits_itself_and_every_wildcard_of_it(value: str) -> None:
    known = DataElement("PatientID", "LO", value.strip())
    assert element_fits(DataElement("PatientID", "LO", value), known)
    assert element_fits(DataElement("PatientID", "LO", "*"), known)
    assert element_fits(DataElement("PatientID", "LO", value.strip()[:3] + "*"), known)


@given(st.dates(), st.dates(), st.dates())
def test_a_day_fits_a_range_exactly_when_it_lies_in_it(first: date, last: date, at: date) -> None:
    begin, end, day = (one.isoformat().replace("-", "") for one in (first, last, at))
    assert within("DA", f"{begin}-{end}", day) == (first <= at <= last)


@given(st.dictionaries(st.sampled_from(["PatientID", "PatientName", "AccessionNumber"]), words))
def test_an_answer_has_the_keys_that_were_asked_for_and_no_others(keys: dict[str, str]) -> None:
    entry = Dataset()
    entry.PatientID, entry.PatientName = "N1", "Jansen^Anna"
    asked = Dataset()
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    assert {one.keyword for one in as_asked(asked, entry)} == set(keys)
    assert fits(Dataset(), entry)
