"""What goes out says what is known today, says what it said before, and keeps every other byte."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import outgoing, retrieve, store
from crossread.archive.coerce import Corrections, coerced_json, rewritten
from crossread.archive.correct import correct
from crossread.archive.encoding import encoding
from crossread.archive.metadata import metadata

AT = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
[IMAGE] = ct_series(slices=1)
SYNTAXES = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
]


def opened(content: bytes, syntax: str) -> Dataset:
    uid = UID(syntax)
    inflated = encoding(syntax).inflated(content)
    read = read_dataset(BytesIO(bytes(inflated)), uid.is_implicit_VR, uid.is_little_endian)
    read.file_meta = FileMetaDataset()
    return read


def changed(content: bytes, syntax: str = ExplicitVRLittleEndian, **values: str) -> bytes:
    return bytes(rewritten(content, syntax, values, reason="COERCE", source="registry", at=AT))


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_only_what_is_corrected_changes_and_the_old_value_goes_along(syntax: str) -> None:
    [image] = ct_series(slices=1)
    after = opened(changed(encoded(image, syntax), syntax, PatientID="N7", PatientSex="M"), syntax)
    [item] = after.OriginalAttributesSequence
    assert (after.PatientID, after.PatientSex) == ("N7", "M")
    assert item.ModifyingSystem == "crossread"
    assert item.ReasonForTheAttributeModification == "COERCE"
    assert item.AttributeModificationDateTime == "20261126083000+0000"
    [before] = item.ModifiedAttributesSequence
    assert (before.PatientID, before.PatientSex) == ("N100", "F")
    del after.OriginalAttributesSequence
    after.PatientID, after.PatientSex = image.PatientID, image.PatientSex
    assert encoded(after, syntax) == encoded(image, syntax)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_second_correction_leaves_the_first_one_told(syntax: str) -> None:
    [image] = ct_series(slices=1)
    once = changed(encoded(image, syntax), syntax, PatientID="N7")
    twice = opened(changed(once, syntax, PatientID="N8"), syntax)
    told = [
        item.ModifiedAttributesSequence[0].PatientID for item in twice.OriginalAttributesSequence
    ]
    assert told == ["N100", "N7"]


def test_what_is_right_already_goes_out_bit_for_bit() -> None:
    [image] = ct_series(slices=1)
    content = encoded(image)
    same = rewritten(
        content, ExplicitVRLittleEndian, {"PatientID": "N100"}, reason="", source="", at=AT
    )
    assert same is content


def test_what_was_not_there_is_added_and_told_as_empty() -> None:
    [image] = ct_series(slices=1)
    del image.AccessionNumber
    after = opened(changed(encoded(image), AccessionNumber="A9"), ExplicitVRLittleEndian)
    assert after.AccessionNumber == "A9"
    before = after.OriginalAttributesSequence[0].ModifiedAttributesSequence[0]
    assert before.AccessionNumber == ""


@pytest.mark.parametrize(
    ("named", "others", "name", "read_back", "named_after"),
    [
        (None, "CT", "Müller^Zoë", "Müller^Zoë", "ISO_IR 192"),  # ASCII is UTF-8 already
        ("ISO_IR 100", "Schädel", "Müller^Zoë", "Müller^Zoë", "ISO_IR 100"),
        ("ISO_IR 100", "Schädel", "Čapek^Ján", "Capek^Jan", "ISO_IR 100"),  # cannot be written
        ("ISO_IR 192", "Schädel", "Čapek^Ján", "Čapek^Ján", "ISO_IR 192"),
        (
            ["", "ISO 2022 IR 87"],
            "CT",
            "Yamada^Tarou=山田^太郎",
            "Yamada^Tarou=山田^太郎",
            ["", "ISO 2022 IR 87"],
        ),
    ],
)
def test_a_name_is_written_in_a_character_set_that_has_it(
    named: str | None, others: str, name: str, read_back: str, named_after: str
) -> None:
    [image] = ct_series(slices=1)
    del image.SpecificCharacterSet
    if named:
        image.SpecificCharacterSet = named
    image.StudyDescription = others
    after = opened(changed(encoded(image), PatientName=name), ExplicitVRLittleEndian)
    assert str(after.PatientName) == read_back
    assert after.SpecificCharacterSet == named_after
    assert after.StudyDescription == others


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="\\^=")))
def test_any_name_leaves_a_data_set_that_can_be_read(name: str) -> None:
    name = name[:20].strip()
    after = opened(changed(encoded(IMAGE), PatientName=name), ExplicitVRLittleEndian)
    assert str(after.PatientName) == name
    assert after.PixelData == IMAGE.PixelData


def test_metadata_is_corrected_in_the_same_way() -> None:
    [image] = ct_series(slices=1)
    known = Corrections(AT, "merge", patient_number="N7", patient_name="Visser^Bo")
    answer = coerced_json(metadata(image), known)
    assert answer["00100020"]["Value"] == ["N7"]
    [item] = answer["04000561"]["Value"]
    assert item["04000550"]["Value"][0]["00100020"]["Value"] == ["N100"]
    assert coerced_json(answer, known) == answer


async def test_a_corrected_study_goes_out_corrected_and_stays_as_it_was_received(
    archive: Archive,
) -> None:
    images = ct_series(slices=2)
    await archive.takes_all(images)
    study = await archive.study(images[0])
    async with archive.database.transaction() as db:
        await correct(db, study, Corrections(AT, "registry", birth_date=date(1950, 2, 3)))
        instance = await store.instance(db, "noord", images[0].SOPInstanceUID)
        everything = await store.instances_of(db, study.id)
    assert instance is not None
    sent = await outgoing.outgoing(archive.database, archive.objects, instance)
    assert opened(sent[instance.dataset_offset :], ExplicitVRLittleEndian).PatientBirthDate == (
        "19500203"
    )
    streamed = [one async for one in outgoing.stream(archive.database, archive.objects, everything)]
    assert (everything[0], sent) in streamed
    kept = await retrieve.file(archive.objects, instance)
    assert kept[instance.dataset_offset :] == encoded(images[0])
    assert (await archive.study(images[0])).birth_date == date(1950, 2, 3)


async def test_without_corrections_every_bit_is_as_received(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes(arrival(image))
    async with archive.database.transaction() as db:
        instance = await store.instance(db, "noord", image.SOPInstanceUID)
    assert instance is not None
    sent = await outgoing.outgoing(archive.database, archive.objects, instance)
    assert sent[instance.dataset_offset :] == encoded(image)
