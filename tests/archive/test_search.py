"""What images say is found, and given back as they say it."""

from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
    generate_uid,
)
from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import search
from crossread.archive.answer import USUAL, dicom_json
from crossread.archive.attributes import Level, known
from crossread.archive.query import Match, ask


async def find(archive: Archive, level: Level, asked: dict[str, Any], **more: Any) -> list[Match]:
    async with archive.database.transaction() as db:
        return await search.find(db, ["noord"], ask(level, asked, **more))


def item(**values: str) -> Dataset:
    one = Dataset()
    for keyword, value in values.items():
        setattr(one, keyword, value)
    return one


def told(image: Dataset) -> Dataset:
    """An image that says all that can be asked."""
    image.StudyID, image.ReferringPhysicianName = "S7", "Bakker^Piet"
    image.OtherPatientIDs = ["X1", "X2"]
    image.OtherPatientIDsSequence = [item(PatientID="X2"), item(PatientID="X3")]
    image.TimezoneOffsetFromUTC = "+0100"
    image.ProcedureCodeSequence = [
        item(CodeValue="P5-0A", CodingSchemeDesignator="SRT", CodeMeaning="Hoofd – été")
    ]
    image.ReferencedStudySequence = [item(ReferencedSOPInstanceUID="1.2.3")]
    image.SeriesDate, image.SeriesTime = "20261124", "121600.5"
    image.PerformedProcedureStepStartDate = "20261124"
    image.PerformedProcedureStepStartTime = "1214"
    image.PerformedProcedureStepID, image.ProtocolName = "PPS1", "Hoofd"
    image.ManufacturerModelName, image.StationName = "Model 1", "CT2"
    image.InstitutionName, image.Laterality = "Ziekenhuis Noord", "L"
    image.RequestAttributesSequence = [
        item(ScheduledProcedureStepID="SPS1", RequestedProcedureID="RP1"),
        item(ScheduledProcedureStepID="SPS2", RequestedProcedureID="RP2"),
    ]
    image.ContentDate, image.ContentTime = "20261124", "121700"
    return image


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]
)
@pytest.mark.parametrize("undefined", [False, True])
async def test_all_that_an_image_says_comes_back(
    archive: Archive, syntax: str, undefined: bool
) -> None:
    image = told(ct_series(slices=1)[0])
    for element in image:
        if element.VR == "SQ":
            element.is_undefined_length = undefined
            for one in element.value:
                one.is_undefined_length_sequence_item = undefined
    await archive.takes(arrival(image, syntax=syntax))
    [one] = await find(archive, Level.IMAGE, {}, wanted=known(Level.IMAGE))
    expected = {
        "PatientID": "N100",
        "IssuerOfPatientID": "NOORD",
        "OtherPatientIDs": ["X1", "X2", "X3"],
        "PatientName": "Jansen^Anna",
        "PatientBirthDate": "19500101",
        "PatientSex": "F",
        "NumberOfPatientRelatedStudies": 1,
        "NumberOfPatientRelatedSeries": 1,
        "NumberOfPatientRelatedInstances": 1,
        "StudyInstanceUID": image.StudyInstanceUID,
        "StudyDate": "20261124",
        "StudyTime": "121500",
        "AccessionNumber": "A1",
        "StudyID": "S7",
        "ReferringPhysicianName": "Bakker^Piet",
        "StudyDescription": "CT schedel blanco",
        "ModalitiesInStudy": ["CT"],
        "SOPClassesInStudy": [image.SOPClassUID],
        "NumberOfStudyRelatedSeries": 1,
        "NumberOfStudyRelatedInstances": 1,
        "InstanceAvailability": "ONLINE",
        "StudyStatusID": "",
        "TimezoneOffsetFromUTC": "+0100",
        "ProcedureCodeSequence": [
            {
                "CodeValue": "P5-0A",
                "CodingSchemeDesignator": "SRT",
                "CodeMeaning": "Hoofd – été",
            }
        ],
        "ReferencedStudySequence": [{"ReferencedSOPInstanceUID": "1.2.3"}],
        "SeriesInstanceUID": image.SeriesInstanceUID,
        "Modality": "CT",
        "SeriesNumber": 1,
        "SeriesDescription": "",
        "SeriesDate": "20261124",
        "SeriesTime": "121600",
        "BodyPartExamined": "HEAD",
        "Laterality": "L",
        "ProtocolName": "Hoofd",
        "Manufacturer": "simulation",
        "ManufacturerModelName": "Model 1",
        "StationName": "CT2",
        "InstitutionName": "Ziekenhuis Noord",
        "PerformedProcedureStepStartDate": "20261124",
        "PerformedProcedureStepStartTime": "121400",
        "PerformedProcedureStepID": "PPS1",
        "NumberOfSeriesRelatedInstances": 1,
        "RequestAttributesSequence": [
            {"RequestedProcedureID": "RP1", "ScheduledProcedureStepID": "SPS1"},
            {"RequestedProcedureID": "RP2", "ScheduledProcedureStepID": "SPS2"},
        ],
        "SOPInstanceUID": image.SOPInstanceUID,
        "SOPClassUID": image.SOPClassUID,
        "AvailableTransferSyntaxUID": str(syntax),
        "InstanceNumber": 1,
        "NumberOfFrames": 1,
        "Rows": 64,
        "Columns": 64,
        "BitsAllocated": 16,
        "ContentDate": "20261124",
        "ContentTime": "121700",
    }
    assert dict(one.values) == expected


async def test_a_match_is_dicom_json_that_others_can_read(archive: Archive) -> None:
    await archive.takes(arrival(told(ct_series(slices=1)[0])))
    [one] = await find(archive, Level.IMAGE, {}, wanted=known(Level.IMAGE))
    read = Dataset.from_json(dicom_json(one.values))
    assert str(read.PatientName) == "Jansen^Anna"
    assert read.RequestAttributesSequence[1].ScheduledProcedureStepID == "SPS2"
    assert (read.Rows, read.NumberOfFrames, read.ModalitiesInStudy) == (64, 1, "CT")
    assert dicom_json({"SeriesNumber": None, "StudyID": ""}) == {
        "00200010": {"vr": "SH"},
        "00200011": {"vr": "IS"},
    }
    name = dicom_json({"PatientName": "Yamada^Tarou=山田^太郎"})["00100010"]["Value"]
    assert name == [{"Alphabetic": "Yamada^Tarou", "Ideographic": "山田^太郎"}]


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"ScheduledProcedureStepID": "SPS2"}, 1),
        ({"ScheduledProcedureStepID": "SPS2", "RequestedProcedureID": "RP2"}, 1),
        # two items that together would fit are not one that does
        ({"ScheduledProcedureStepID": "SPS1", "RequestedProcedureID": "RP2"}, 0),
        ({"ScheduledProcedureStepID": "SPS?"}, 1),
        ({"ScheduledProcedureStepID": ""}, 2),
        ({}, 2),
    ],
)
async def test_a_series_is_found_by_what_asked_for_it(
    archive: Archive, item: dict[str, str], found: int
) -> None:
    await archive.takes(arrival(told(ct_series(slices=1)[0])))
    await archive.takes(arrival(ct_series(slices=1)[0]))
    asked = {"RequestAttributesSequence": [item]}
    assert len(await find(archive, Level.SERIES, asked)) == found


async def test_another_class_in_a_known_series_is_listed_in_its_study(archive: Archive) -> None:
    first, second = ct_series(slices=2)
    second.SOPClassUID = SecondaryCaptureImageStorage
    await archive.takes_all([first, second])
    [study] = await find(archive, Level.STUDY, {}, wanted=["SOPClassesInStudy"])
    assert study.values["SOPClassesInStudy"] == [first.SOPClassUID, second.SOPClassUID]
    asked = {"SOPClassesInStudy": SecondaryCaptureImageStorage}
    assert len(await find(archive, Level.STUDY, asked)) == 1


async def test_the_first_image_speaks_and_later_ones_fill_what_it_left_out(
    archive: Archive,
) -> None:
    silent = ct_series(slices=1)[0]
    telling = told(ct_series(slices=1, study=silent.StudyInstanceUID)[0])
    telling.StudyID = "S8"
    await archive.takes_all([silent, telling])
    wanted = ["StudyID", "ReferringPhysicianName", "OtherPatientIDs"]
    [study] = await find(archive, Level.STUDY, {}, wanted=wanted)
    assert [study.values[one] for one in wanted] == ["1", "Bakker^Piet", ["X1", "X2", "X3"]]


async def test_series_and_images_come_in_order_and_page_by_page(archive: Archive) -> None:
    study = generate_uid()
    images = [
        image
        for number in (2, 10, 1)
        for image in ct_series(slices=3, study=study, series=f"1.2.3.{number}")
    ]
    for image in images:
        image.SeriesNumber = image.SeriesInstanceUID.rsplit(".", 1)[1]
    images[0].InstanceNumber = None
    await archive.takes_all(images)
    series = await find(archive, Level.SERIES, {"StudyInstanceUID": study})
    assert [one.values["SeriesInstanceUID"] for one in series] == ["1.2.3.1", "1.2.3.2", "1.2.3.10"]
    query = ask(Level.IMAGE, {"StudyInstanceUID": study, "InstanceNumber": ""}, limit=2)
    walked: list[Any] = []
    async with archive.database.transaction() as db:
        while page := await search.find(db, ["noord"], query):
            walked += [one.values["InstanceNumber"] for one in page]
            query = search.onward(query, page[-1], 2)
    assert walked == [1, 2, 3, 2, 3, None, 1, 2, 3]


async def test_an_image_hidden_by_a_rejection_note_is_not_found(archive: Archive) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    async with archive.database.transaction() as db:
        await db.execute(
            "update archive.instance set rejection = '113001' where sop_instance_uid = %s",
            (images[0].SOPInstanceUID,),
        )
    [left] = await find(archive, Level.IMAGE, {"StudyInstanceUID": images[0].StudyInstanceUID})
    assert left.values["SOPInstanceUID"] == images[1].SOPInstanceUID


async def test_patients_of_a_hospital_are_found_with_what_they_have(archive: Archive) -> None:
    await archive.takes_all(ct_series(slices=2) + ct_series(slices=1) + ct_series(number="N2"))
    found = await find(archive, Level.PATIENT, {}, wanted=known(Level.PATIENT), limit=1)
    assert found[0].values["PatientID"] == "N100"
    assert [
        found[0].values[f"NumberOfPatientRelated{what}"]
        for what in ("Studies", "Series", "Instances")
    ] == [2, 2, 3]
    async with archive.database.transaction() as db:
        query = search.onward(ask(Level.PATIENT, {}), found[0], 5)
        [other] = await search.find(db, ["noord"], query)
    assert other.values["PatientID"] == "N2"


def test_the_usual_answers_are_in_the_index() -> None:
    for level, keywords in USUAL.items():
        assert set(keywords) <= set(known(level))
