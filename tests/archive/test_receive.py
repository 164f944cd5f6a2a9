"""What the archive takes in, what it refuses, and what it keeps of either."""

import asyncio
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)
from tests.archive.arrivals import arrival, encoded
from tests.archive.conftest import Archive
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.intake import Intake
from crossread.archive.model import Announced, Arrival, Instance, NotKept, Outcome, Reason
from crossread.archive.receive import receive
from crossread.platform.objects import Objects

MR = "1.2.840.10008.5.1.4.1.1.4"


async def instances(archive: Archive, image: Dataset) -> list[Instance]:
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        return await store.instances_of(db, study.id)


@pytest.mark.parametrize(
    "syntax",
    [
        ExplicitVRLittleEndian,
        ImplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
    ],
)
async def test_the_kept_file_holds_exactly_the_bytes_that_came(
    archive: Archive, syntax: str
) -> None:
    [image] = ct_series(slices=1)
    sent = arrival(image, syntax=syntax)
    assert await archive.takes(sent) is Outcome.STORED
    [kept] = await instances(archive, image)
    content = await retrieve.file(archive.objects, kept)
    assert content[kept.dataset_offset :] == sent.dataset
    assert len(content) == kept.bytes
    written = dcmread(BytesIO(content))
    assert written.SOPInstanceUID == image.SOPInstanceUID
    meta = written.file_meta
    assert (meta.TransferSyntaxUID, meta.MediaStorageSOPInstanceUID) == (
        syntax,
        image.SOPInstanceUID,
    )
    assert meta.SourceApplicationEntityTitle == "NOORD_PACS"
    if kept.pixel_offset is not None:
        assert kept.pixel_bytes == 64 * 64 * 2
        assert content[kept.pixel_offset :][: kept.pixel_bytes] == written.PixelData


async def test_study_series_and_instances_are_counted(archive: Archive) -> None:
    head, other = ct_series(slices=3), ct_series(slices=2)
    for image in other:
        image.StudyInstanceUID, image.Modality = head[0].StudyInstanceUID, "SR"
    await archive.takes_all(head + other)
    study = await archive.study(head[0])
    assert (study.series_count, study.instance_count) == (2, 5)
    assert study.modalities == ("CT", "SR")
    kept = await instances(archive, head[0])
    assert study.bytes == sum(one.bytes for one in kept)
    assert (study.accession_number, study.patient_number, study.issuer) == ("A1", "N100", "NOORD")
    assert len(await archive.events("study.arriving")) == 1


async def test_the_same_again_changes_nothing(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    before = await archive.study(image)
    assert await archive.takes(arrival(image)) is Outcome.REPEATED
    assert await archive.study(image) == before
    assert not await archive.quarantined()


async def test_other_content_under_a_known_uid_is_held_and_the_first_stays(
    archive: Archive,
) -> None:
    [image] = ct_series(slices=1)
    first = arrival(image)
    await archive.takes(first)
    image.PatientBirthDate = "19600101"
    assert await archive.refuses(arrival(image)) is Reason.OTHER_CONTENT
    [kept] = await instances(archive, image)
    content = await retrieve.file(archive.objects, kept)
    assert content[kept.dataset_offset :] == first.dataset
    [held] = await archive.quarantined()
    assert (held["reason"], held["uid"]) == ("other_content", image.SOPInstanceUID)


async def test_a_known_instance_under_another_study_is_held(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    assert await archive.refuses(arrival(image)) is Reason.OTHER_STUDY
    assert len(await archive.quarantined()) == 1


async def test_a_known_series_under_another_study_is_held(archive: Archive) -> None:
    image, stray = ct_series(slices=2)
    await archive.takes_all([image])
    stray.StudyInstanceUID = generate_uid()
    assert await archive.refuses(arrival(stray)) is Reason.OTHER_STUDY
    assert await archive.rows("select 1 from archive.study") == [{"?column?": 1}]


async def test_two_hospitals_may_have_the_same_study(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    await archive.takes_all([image], hospital="midden")
    noord, midden = await archive.study(image), await archive.study(image, "midden")
    assert noord.id != midden.id
    assert noord.instance_count == midden.instance_count == 1


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID"]
)
async def test_an_instance_without_its_uids_is_held(archive: Archive, keyword: str) -> None:
    [image] = ct_series(slices=1)
    del image[keyword]
    assert await archive.refuses(arrival(image)) is Reason.MISSING_UID
    [held] = await archive.quarantined()
    assert keyword in held["sentence"]


@pytest.mark.parametrize("uid", ["1.2.abc", "1..2", "no uid", "1." * 40 + "1"])
async def test_a_uid_that_is_none_is_held(archive: Archive, uid: str) -> None:
    [image] = ct_series(slices=1)
    plain = encoded(image)
    known = image.SeriesInstanceUID
    size = len(known) + len(known) % 2
    value = uid.encode()[:size].ljust(size, b"\0") if len(uid) < size else uid[:size].encode()
    content = plain.replace(known.encode().ljust(size, b"\0"), value)
    assert await archive.refuses(arrival(image, content=content)) is Reason.WRONG_VALUE


async def test_what_was_announced_must_be_what_came(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    honest = arrival(image)
    other_uid = Arrival(replace(honest.announced, sop_instance_uid="1.2"), honest.dataset)
    assert await archive.refuses(other_uid) is Reason.WRONG_VALUE
    other_class = Arrival(replace(honest.announced, sop_class_uid=MR), honest.dataset)
    assert await archive.refuses(other_class) is Reason.OTHER_CLASS


@pytest.mark.parametrize("announced", ["not a uid \n", "", "1." * 60])
async def test_what_announces_nonsense_is_kept_aside_all_the_same(
    archive: Archive, announced: str
) -> None:
    said = Announced("noord", "NOORD_PACS", ExplicitVRLittleEndian, "x y", announced)
    sent = Arrival(said, b"no DICOM at all")
    assert await archive.refuses(sent) is Reason.NOT_DICOM
    [held] = await archive.quarantined()
    key = (await archive.rows("select object_key from archive.quarantine"))[0]["object_key"]
    assert (await archive.objects.get(key)).endswith(b"no DICOM at all")
    assert held["sender"] == "NOORD_PACS"


async def test_the_same_refusal_twice_is_held_once(archive: Archive) -> None:
    said = Announced("noord", "NOORD_PACS", ExplicitVRLittleEndian)
    sent = Arrival(said, b"no DICOM at all")
    for _ in range(2):
        assert await archive.refuses(sent) is Reason.NOT_DICOM
    assert len(await archive.quarantined()) == 1
    assert len(await archive.events("quarantine.held")) == 1


async def test_a_transfer_syntax_that_nobody_knows_is_refused(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    sent = arrival(image)
    private = Arrival(Announced("noord", "NOORD_PACS", "1.2.840.113619.5.2"), sent.dataset)
    assert await archive.refuses(private) is Reason.UNSUPPORTED


async def test_values_that_break_their_vr_do_not_keep_an_image_out(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    content = encoded(image)
    content = content.replace(b"IS\x02\x001 ", b"IS\x02\x00xy")  # SeriesNumber, InstanceNumber
    content = content.replace(b"19500101", b"unknown.").replace(b"121500", b"noon  ")
    content = content.replace(b"Jansen^Anna", b"Jan\0en^Anna")
    assert await archive.takes(arrival(image, content=content)) is Outcome.STORED
    study = await archive.study(image)
    assert study.birth_date is None
    assert study.study_at is not None
    assert "\0" not in study.patient_name


async def test_numbers_beyond_the_database_do_not_keep_an_image_out(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    image.InstanceNumber = "99999999999"
    image.NumberOfFrames = "99999999999"
    assert await archive.takes(arrival(image)) is Outcome.STORED
    [kept] = await instances(archive, image)
    assert kept.number is None


async def test_very_long_text_does_not_keep_an_image_out(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    content = encoded(image)
    start = content.index(b"\x10\x00\x20\x00LO")
    words = b"".join(b"%06d" % n for n in range(8000))  # hardly compresses: must fit its index
    long = b"\x10\x00\x20\x00LO" + len(words).to_bytes(2, "little") + words
    content = content[:start] + long + content[start + 8 + content[start + 6] :]
    assert await archive.takes(arrival(image, content=content)) is Outcome.STORED


async def test_text_in_a_character_set_nobody_knows_is_kept_and_readable_in_part(
    archive: Archive,
) -> None:
    [image] = ct_series(slices=1)
    content = encoded(image).replace(b"ISO_IR 192", b"KLINGON_99")
    content = content.replace(b"Jansen^Anna ", b"J\xe4nsen^Anna ")
    sent = arrival(image, content=content)
    assert await archive.takes(sent) is Outcome.STORED
    study = await archive.study(image)
    assert study.patient_name.endswith("nsen^Anna")
    [kept] = await instances(archive, image)
    assert (await retrieve.file(archive.objects, kept))[kept.dataset_offset :] == content


async def test_metadata_is_dicom_json_that_names_where_its_bulk_is(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    image.add_new(0x00091001, "OB", b"\1" * 20_000)
    item = Dataset()
    item.add_new(0x00091001, "OB", b"\2" * 20_000)
    item.CodeValue = "113100"
    image.DeidentificationMethodCodeSequence = [item]
    await archive.takes_all([image])
    [kept] = await instances(archive, image)
    found = await retrieve.metadata(archive.objects, kept)
    assert found["00080018"] == {"vr": "UI", "Value": [image.SOPInstanceUID]}
    base = f"instances/{image.SOPInstanceUID}/bulkdata/"
    assert found["7FE00010"] == {"vr": "OW", "BulkDataURI": f"{base}7FE00010"}
    assert found["00091001"] == {"vr": "OB", "BulkDataURI": f"{base}00091001"}
    [inner] = found["00120064"]["Value"]
    assert inner["00080100"] == {"vr": "SH", "Value": ["113100"]}
    assert inner["00091001"] == {"vr": "OB", "BulkDataURI": f"{base}00120064/0/00091001"}


async def test_a_blank_accession_number_is_filled_by_a_later_image(archive: Archive) -> None:
    first, second = ct_series(slices=2)
    first.AccessionNumber = ""
    await archive.takes_all([first])
    await archive.takes_all([second])
    assert (await archive.study(first)).accession_number == "A1"


async def test_keys_of_objects_hold_no_patient_data(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    await archive.takes_all([image])
    [kept] = await instances(archive, image)
    for private in ("N100", "Jansen", "1950", image.SOPInstanceUID):
        assert private not in (kept.object_key or "")


async def test_associations_that_send_one_study_at_once_lose_no_count(archive: Archive) -> None:
    images = ct_series(slices=24)
    for place, image in enumerate(images):
        image.SeriesInstanceUID = f"{images[0].StudyInstanceUID[:50]}.{place % 3}"
    sent = [arrival(image) for image in images]
    outcomes = await asyncio.gather(*(receive(archive.intake, one) for one in sent + sent))
    assert sorted(outcomes) == ["repeated"] * 24 + ["stored"] * 24
    study = await archive.study(images[0])
    assert (study.series_count, study.instance_count) == (3, 24)
    counted = await archive.rows("select sum(instance_count)::int as n from archive.series")
    assert counted == [{"n": 24}]
    assert len(await archive.events("study.arriving")) == 1


async def test_two_contents_under_one_uid_at_once_leave_one(archive: Archive) -> None:
    [image] = ct_series(slices=1)
    sent = []
    for birth_date in ("19500101", "19510101", "19520101", "19530101"):
        image.PatientBirthDate = birth_date
        sent.append(arrival(image))
    outcomes = await asyncio.gather(
        *(receive(archive.intake, one) for one in sent),
        return_exceptions=True,
    )
    assert [str(one) for one in outcomes if isinstance(one, Outcome)] == ["stored"]
    reasons = [getattr(one, "reason", one) for one in outcomes if not isinstance(one, Outcome)]
    assert reasons == [Reason.OTHER_CONTENT] * 3
    assert len(await archive.quarantined()) == 3
    [kept] = await instances(archive, image)
    content = (await retrieve.file(archive.objects, kept))[kept.dataset_offset :]
    assert content == sent[[isinstance(one, Outcome) for one in outcomes].index(True)].dataset


async def test_an_object_that_takes_long_to_read_does_not_hold_up_the_others(
    archive: Archive,
) -> None:
    [image] = ct_series(slices=1)
    contours = []
    for number in range(1200):
        contour = Dataset()
        contour.NumberOfContourPoints, contour.ContourNumber = 40, number
        contour.ContourData = [f"{place}.125" for place in range(120)]
        contours.append(contour)
    image.ContourSequence = contours
    sent = arrival(image)
    waits = []

    async def watch() -> None:
        while True:
            start = time.monotonic()
            await asyncio.sleep(0.01)
            waits.append(time.monotonic() - start)

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0.02)
    assert await archive.takes(sent) is Outcome.STORED
    watching.cancel()
    assert max(waits) < 0.5


async def test_a_store_that_cannot_keep_is_not_a_success(archive: Archive, tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    intake = Intake(archive.database, Objects(str(blocked)), lambda: archive.now)
    (blocked / "images").write_text("a file where the folder should be")
    [image] = ct_series(slices=1)
    with pytest.raises(NotKept):
        await receive(intake, arrival(image))
    assert not await archive.rows("select 1 from archive.study")


async def test_the_images_of_a_study_lie_in_few_objects(archive: Archive) -> None:
    images = ct_series(slices=12)

    def send() -> None:
        receiver = archive.intake.receiver()
        for image in images:
            sent = arrival(image)
            receiver.begin(sent.announced)
            for start in range(0, len(sent.dataset), 1000):
                receiver.write(sent.dataset[start : start + 1000])
            assert receiver.finish() is Outcome.STORED
        receiver.close()

    await asyncio.to_thread(send)
    kept = await instances(archive, images[0])
    assert len({one.object_key for one in kept}) == 1
    files = [one async for one in retrieve.stream(archive.objects, kept)]
    assert [content[one.dataset_offset :] for one, content in files] == [
        encoded(image) for image in images
    ]
    assert await archive.rows("select 1 from archive.pack where sealed_at is not null")


async def test_what_a_sender_left_in_the_middle_takes_no_room(archive: Archive) -> None:
    first, second = ct_series(slices=2)

    def send() -> None:
        receiver = archive.intake.receiver()
        receiver.begin(arrival(first).announced)
        receiver.write(encoded(first))
        assert receiver.finish() is Outcome.STORED
        receiver.begin(arrival(second).announced)
        receiver.write(encoded(second)[:5000])
        receiver.abandon()
        receiver.close()

    await asyncio.to_thread(send)
    [kept] = await instances(archive, first)
    assert await archive.objects.size(kept.object_key or "") == kept.bytes


async def test_a_pack_that_nobody_wrote_into_is_forgotten(archive: Archive) -> None:
    said = Announced("noord", "NOORD_PACS", ExplicitVRLittleEndian)
    assert await archive.refuses(Arrival(said, b"no DICOM at all")) is Reason.NOT_DICOM
    assert not await archive.rows("select 1 from archive.pack")
    assert not [one async for one in archive.objects.list("images")]
