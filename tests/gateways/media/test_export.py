"""A study goes out as a ZIP that others read, and comes back bit for bit."""

import asyncio
import subprocess
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.fileset import FileSet
from pydicom.uid import RLELossless, generate_uid
from tests.archive.arrivals import encoded
from tests.archive.conftest import Archive, archive
from tests.conftest import SHARED
from tests.images import ct_series
from tests.programs import need

from crossread.archive import store
from crossread.archive.model import Announced, Arrival, Outcome
from crossread.gateways.media import sources
from crossread.gateways.media.export import Profile, exported
from crossread.gateways.media.take_in import Tally, take_in
from crossread.gateways.media.zip_writer import ZipWriter

__all__ = ["archive"]
NOW = datetime(2026, 11, 26, 12, 34, 56, tzinfo=UTC)


async def export(archive: Archive, image: Dataset, profile: Profile = Profile.GENERAL) -> bytes:
    study = await archive.study(image)
    async with archive.database.transaction() as db:
        instances = await store.instances_of(db, study.id)
    pieces: AsyncIterator[bytes] = exported(
        archive.database,
        archive.objects,
        study,
        instances,
        hospital="Noord",
        profile=profile,
        now=NOW,
    )
    return b"".join([piece async for piece in pieces])


def two_series() -> list[Dataset]:
    images = ct_series(slices=3)
    for image in ct_series(study=images[0].StudyInstanceUID, slices=2):
        image.SeriesNumber = 2
        image.PatientName = "Jönsson^Åsa"
        images.append(image)
    return images


async def test_the_zip_holds_every_image_as_it_came(archive: Archive) -> None:
    images = two_series()
    await archive.takes_all(images)
    with zipfile.ZipFile(BytesIO(await export(archive, images[0]))) as zipped:
        assert zipped.testzip() is None
        names = zipped.namelist()
        assert names[-2:] == ["DICOMDIR", "README.TXT"]
        assert all(len(part) <= 8 and part.isupper() for part in names[0].split("/"))
        kept = [zipped.read(name) for name in names[:-2]]
        words = zipped.read("README.TXT").decode()
    assert [dcmread(BytesIO(one)).SOPInstanceUID for one in kept] == [
        image.SOPInstanceUID for image in images
    ]
    assert all(one.endswith(encoded(image)) for one, image in zip(kept, images, strict=True))
    assert "5 beelden" in words
    assert "5 images" in words
    assert "Jansen" not in words


async def test_pydicom_reads_the_directory(archive: Archive, tmp_path: Path) -> None:
    images = two_series()
    await archive.takes_all(images)
    unpacked = unpack(await export(archive, images[0]), tmp_path)
    fileset = FileSet(unpacked / "DICOMDIR")
    assert len(fileset) == 5
    assert {one.SOPInstanceUID for one in fileset} == {one.SOPInstanceUID for one in images}
    assert {one.load().SeriesNumber for one in fileset} == {1, 2}


@pytest.mark.peer
async def test_dcmtk_and_dicom3tools_accept_the_directory(archive: Archive, tmp_path: Path) -> None:
    images = two_series()
    await archive.takes_all(images)
    unpacked = unpack(await export(archive, images[0]), tmp_path)
    directory = str(unpacked / "DICOMDIR")
    dump = run(need("dcmdump", "dcmtk"), "+U8", directory)
    assert dump.count("DirectoryRecordType") == 1 + 1 + 2 + 5
    assert "DICOM\\SE000002\\IM000002" in dump
    # adds to it, which it only does to one that is right, with all files in their places
    told = run(
        need("dcmmkdir", "dcmtk"), "--update", "--general-purpose", "+id", str(unpacked), "+D",
        directory, "DICOM/SE000001/IM000001",
    )  # fmt: skip
    assert "E:" not in told
    shown = run(need("dcdirdmp", "dicom3tools"), directory)
    assert shown.count("IMAGE") >= 5
    faults = run(need("dciodvfy", "dicom3tools"), directory)
    assert "Error" not in faults


@pytest.mark.peer
async def test_what_is_compressed_goes_out_uncompressed_unless_asked(
    archive: Archive, tmp_path: Path
) -> None:
    [image] = ct_series(slices=1)
    plain = image.PixelData
    image.compress(RLELossless, generate_instance_uid=False)
    file = BytesIO()
    image.save_as(file, enforce_file_format=True)
    content = file.getvalue()
    start = content.index(b"\x08\x00\x05\x00CS")
    said = Announced("noord", "NOORD_PACS", RLELossless, image.SOPClassUID, image.SOPInstanceUID)
    assert await archive.takes(Arrival(said, content[start:])) is Outcome.STORED
    general = dcmread(unpack(await export(archive, image), tmp_path / "a") / FIRST)
    assert general.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    assert general.PixelData == plain
    as_kept = unpack(await export(archive, image, Profile.AS_KEPT), tmp_path / "b") / FIRST
    assert as_kept.read_bytes().endswith(content[start:])


async def test_an_image_that_says_little_has_a_place_in_the_directory(
    archive: Archive, tmp_path: Path
) -> None:
    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    await archive.takes_all([image])
    unpacked = unpack(await export(archive, image), tmp_path)
    assert len(FileSet(unpacked / "DICOMDIR")) == 1


async def test_it_comes_back_as_what_was_here_already(archive: Archive, tmp_path: Path) -> None:
    images = two_series()
    await archive.takes_all(images)
    file = tmp_path / "study.zip"
    file.write_bytes(await export(archive, images[0]))
    tally = await in_thread(archive, file)
    assert (tally.repeated, tally.stored, tally.refused, tally.others) == (5, 0, 0, 2)


def test_a_zip_of_more_files_than_its_old_numbers_can_count() -> None:
    writer, whole = ZipWriter(NOW), bytearray()
    for number in range(66_000):
        whole += writer.head(f"F{number}", b"x") + b"x"
    whole += writer.end()
    with zipfile.ZipFile(BytesIO(whole)) as zipped:
        assert len(zipped.namelist()) == 66_000
        assert zipped.read("F65999") == b"x"


def test_a_zip_that_reaches_past_four_gigabytes() -> None:
    writer = ZipWriter(NOW)
    first = writer.head("A", b"abc")
    writer._offset += 5 << 30  # as if so much lay between
    second = writer.head("B", b"def")
    table = writer.end()
    assert table.count(b"PK\6\6") == table.count(b"PK\6\7") == 1
    where = (len(first) + 3 + (5 << 30)).to_bytes(8, "little")
    assert where in table
    assert second.startswith(b"PK\3\4")


FIRST = Path("DICOM", "SE000001", "IM000001")


def unpack(content: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(BytesIO(content)) as zipped:
        zipped.extractall(folder)
    return folder


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
    return done.stdout + done.stderr


async def in_thread(archive: Archive, path: Path) -> Tally:
    said = Announced("noord", "MEDIA", "", protocol="media")
    return await asyncio.to_thread(take_in, archive.intake, sources.files_in(path), said)


@pytest.mark.peer
async def test_real_studies_go_out_as_media_that_others_read(
    archive: Archive, tmp_path: Path
) -> None:
    folder = SHARED / "dicom" / "pydicom_test_files"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    await in_thread(archive, folder)
    rows = await archive.rows("select id, study_instance_uid as uid from archive.study")
    for number, row in enumerate(rows):
        image = Dataset()
        image.StudyInstanceUID = row["uid"]
        unpacked = unpack(await export(archive, image), tmp_path / str(number))
        count = await archive.rows(
            "select count(*)::int as n from archive.instance where study_id = %s", (row["id"],)
        )
        assert len(FileSet(unpacked / "DICOMDIR")) == count[0]["n"]
        dump = run(need("dcmdump", "dcmtk"), str(unpacked / "DICOMDIR"))
        assert not dump.startswith("E:")
        faults = run(need("dciodvfy", "dicom3tools"), str(unpacked / "DICOMDIR"))
        errors = [one for one in faults.splitlines() if one.startswith("Error")]
        assert errors == [], f"study {number}"
