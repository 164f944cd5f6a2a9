"""C-FIND: a hospital finds its own studies, series and images, and nobody else's."""

import asyncio
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import build_context
from tests.gateways.dicom.listening import Listening, associated, sendable
from tests.images import ct_series

STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"


def ask(port: int, calling: str, model: str, keys: dict[str, Any]) -> tuple[list[Dataset], int]:
    """The matches of a C-FIND, and its last status."""
    asked = Dataset()
    for keyword, value in keys.items():
        setattr(asked, keyword, value)
    found, status = [], -1
    with associated(port, [build_context(model)], calling) as association:
        for answer, identifier in association.send_c_find(asked, model):
            status = int(answer.Status)
            if identifier is not None:
                found.append(identifier)
    return found, status


async def find(
    listening: Listening,
    *,
    calling: str = "NOORD_PACS",
    model: str = STUDY_ROOT,
    level: str = "STUDY",
    **keys: Any,
) -> list[Dataset]:
    keys = {"QueryRetrieveLevel": level, "StudyInstanceUID": "", **keys}
    found, status = await asyncio.to_thread(ask, listening.port, calling, model, keys)
    assert status == 0x0000
    return found


@pytest.fixture
async def two_studies(listening: Listening) -> tuple[Listening, list[Dataset], list[Dataset]]:
    """A head of 2026 and an older one of somebody else, both of Noord."""
    head = ct_series(slices=3)
    older = ct_series(
        slices=2, number="N200", accession="B2", study_date="20240301", description="MR knie"
    )
    for image in older:
        image.PatientName, image.Modality = "de Vries^Bé", "MR"
    await listening.stores(map(sendable, head + older))
    return listening, head, older


Both = tuple[Listening, list[Dataset], list[Dataset]]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, {"A1", "B2"}),
        ({"PatientID": "N100"}, {"A1"}),
        ({"PatientID": "N*"}, {"A1", "B2"}),
        ({"PatientID": "N?00"}, {"A1", "B2"}),
        ({"PatientID": "N%"}, set()),
        ({"PatientID": ["N100", "N200"]}, {"A1", "B2"}),
        ({"PatientName": "jansen*"}, {"A1"}),
        ({"PatientName": "*"}, {"A1", "B2"}),
        ({"AccessionNumber": "B2"}, {"B2"}),
        ({"StudyDate": "20260101-"}, {"A1"}),
        ({"StudyDate": "-20251231"}, {"B2"}),
        ({"StudyDate": "20240301-20261124"}, {"A1", "B2"}),
        ({"StudyDate": "20240301"}, {"B2"}),
        ({"PatientBirthDate": "19500101"}, {"A1", "B2"}),
        ({"ModalitiesInStudy": "MR"}, {"B2"}),
        ({"ModalitiesInStudy": ["MR", "CT"]}, {"A1", "B2"}),
        ({"StudyDescription": "*schedel*"}, {"A1"}),
        ({"PatientID": "N100", "AccessionNumber": "B2"}, set()),
    ],
)
async def test_studies_are_found_by_the_usual_keys(
    two_studies: Both, keys: dict[str, Any], expected: set[str]
) -> None:
    found = await find(two_studies[0], **{"AccessionNumber": "", **keys})
    assert {one.AccessionNumber for one in found} == expected


async def test_studies_are_found_by_a_list_of_uids(two_studies: Both) -> None:
    listening, head, older = two_studies
    uids = [head[0].StudyInstanceUID, older[0].StudyInstanceUID]
    assert len(await find(listening, StudyInstanceUID=uids)) == 2
    assert len(await find(listening, StudyInstanceUID=uids[:1])) == 1


async def test_a_match_says_what_was_asked_in_unicode(two_studies: Both) -> None:
    listening, _, older = two_studies
    [one] = await find(
        listening,
        PatientID="N200",
        PatientName="",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        ModalitiesInStudy="",
        StudyTime="",
        ReferringPhysicianName="",
    )
    assert one.SpecificCharacterSet == "ISO_IR 192"
    assert str(one.PatientName) == "de Vries^Bé"
    assert (one.NumberOfStudyRelatedSeries, one.NumberOfStudyRelatedInstances) == (1, 2)
    assert (one.ModalitiesInStudy, one.StudyTime) == ("MR", "121500")
    assert one.StudyInstanceUID == older[0].StudyInstanceUID
    assert one.RetrieveAETitle == "CROSSREAD"
    assert one.ReferringPhysicianName == ""


async def test_series_and_images_of_a_study_are_found(two_studies: Both) -> None:
    listening, head, _ = two_studies
    uid = head[0].StudyInstanceUID
    [series] = await find(
        listening,
        level="SERIES",
        StudyInstanceUID=uid,
        SeriesInstanceUID="",
        Modality="CT",
        NumberOfSeriesRelatedInstances="",
    )
    assert series.SeriesInstanceUID == head[0].SeriesInstanceUID
    assert series.NumberOfSeriesRelatedInstances == 3
    images = await find(
        listening,
        level="IMAGE",
        StudyInstanceUID=uid,
        SeriesInstanceUID=series.SeriesInstanceUID,
        SOPInstanceUID="",
        InstanceNumber="",
    )
    assert {one.SOPInstanceUID for one in images} == {one.SOPInstanceUID for one in head}
    [second] = await find(
        listening, level="IMAGE", StudyInstanceUID=uid, SOPInstanceUID="", InstanceNumber="2"
    )
    assert second.SOPInstanceUID == head[1].SOPInstanceUID


async def test_a_patient_is_found_once(two_studies: Both) -> None:
    listening, _, _ = two_studies
    more = ct_series(slices=1, number="N100", accession="A9")
    await listening.stores(map(sendable, more))
    found = await find(
        listening, model=PATIENT_ROOT, level="PATIENT", StudyInstanceUID="", PatientID="N100"
    )
    assert len(found) == 1


async def test_another_hospital_finds_nothing(two_studies: Both) -> None:
    assert await find(two_studies[0], calling="MIDDEN_PACS", PatientID="N100") == []


async def test_an_unknown_level_is_refused(listening: Listening) -> None:
    keys = {"QueryRetrieveLevel": "HOSPITAL"}
    _, status = await asyncio.to_thread(ask, listening.port, "NOORD_PACS", STUDY_ROOT, keys)
    assert status == 0xA900


async def test_each_query_is_audited_without_what_was_asked(two_studies: Both) -> None:
    listening, _, _ = two_studies
    await find(listening, PatientID="N100")
    [entry] = await listening.rows("select * from audit.entry where action = 'query'")
    assert entry["facts"] == {"rows": 1, "calling": "NOORD_PACS"}
    assert "N100" not in str(entry)


async def test_a_query_ends_when_it_is_cancelled(two_studies: Both) -> None:
    listening, _, _ = two_studies
    await listening.stores(
        [sendable(ct_series(slices=1, accession=f"C{number}")[0]) for number in range(30)]
    )

    def cancel_at_once() -> int:
        asked = Dataset()
        asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", ""
        with associated(listening.port, [build_context(STUDY_ROOT)]) as association:
            answers = association.send_c_find(asked, STUDY_ROOT, msg_id=7)
            association.send_c_cancel(7, None, STUDY_ROOT)
            return [int(status.Status) for status, _ in answers][-1]

    assert await asyncio.to_thread(cancel_at_once) in {0xFE00, 0x0000}  # it may have been too late
