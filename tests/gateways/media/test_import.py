"""What people bring comes in, whatever it is called and wherever it lies; tricks stay out."""

import asyncio
import os
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import ImplicitVRLittleEndian
from tests.archive.arrivals import encoded
from tests.archive.books import faults
from tests.archive.conftest import Archive, archive
from tests.conftest import SHARED
from tests.images import ct_series

from crossread.archive import retrieve, store
from crossread.archive.model import Announced
from crossread.gateways.media import sources
from crossread.gateways.media.take_in import Tally, take_in
from crossread.platform.errors import Unreadable

__all__ = ["archive"]


def file_of(image: Dataset) -> bytes:
    buffer = BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


async def taken(
    archive: Archive, path: Path, issuer: str = "", tally: Tally | None = None
) -> Tally:
    said = Announced("noord", "MEDIA", "", protocol="media", issuer=issuer)
    files = sources.files_in(path)
    return await asyncio.to_thread(take_in, archive.intake, files, said, tally=tally)


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name, content)
    return path


def reasons(tally: Tally) -> dict[str, str]:
    return {one.name: one.reason for one in tally.refusals}


async def test_a_folder_with_whatever_names_and_other_files(
    archive: Archive, tmp_path: Path
) -> None:
    first, second, third = ct_series(slices=3)
    medium = tmp_path / "medium"
    (medium / "sub" / "deeper").mkdir(parents=True)
    (medium / "IM0").write_bytes(file_of(first))
    (medium / "sub" / "scan.dcm.bak").write_bytes(file_of(second))
    (medium / "sub" / "deeper" / "old").write_bytes(encoded(third, ImplicitVRLittleEndian))
    (medium / "viewer.exe").write_bytes(b"MZ" + bytes(5000))
    (medium / "empty").touch()
    tally = await taken(archive, medium)
    assert (tally.stored, tally.others, tally.refused, tally.seen) == (3, 2, 0, 5)
    again = await taken(archive, medium)
    assert (again.stored, again.repeated) == (0, 3)
    assert (await archive.study(first)).instance_count == 3


async def test_patient_numbers_of_another_hospital_are_not_taken_for_our_own(
    archive: Archive, tmp_path: Path
) -> None:
    ours, theirs = ct_series(slices=1)[0], ct_series(slices=1)[0]
    del ours.IssuerOfPatientID, theirs.IssuerOfPatientID
    (tmp_path / "a").write_bytes(file_of(ours))
    (tmp_path / "b").write_bytes(file_of(theirs))
    await taken(archive, tmp_path / "a")
    await taken(archive, tmp_path / "b", issuer="MEDIA")
    assert (await archive.study(ours)).issuer == "NOORD"
    assert (await archive.study(theirs)).issuer == "MEDIA"


async def test_every_refusal_is_told_with_its_reason(archive: Archive, tmp_path: Path) -> None:
    good, cut = ct_series(slices=2)
    path = zip_of(
        tmp_path / "medium.zip",
        {
            "good": file_of(good),
            "cut": file_of(cut)[:2000],
            "../../etc/passwd": file_of(cut),
            "C:\\windows\\x": file_of(cut),
            "/absolute": file_of(cut),
            "inner.zip": b"PK\3\4",
            "readme.txt": b"hello",
        },
    )
    with zipfile.ZipFile(path, "a") as zipped:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        zipped.writestr(link, "/etc/passwd")
    tally = await taken(archive, path)
    assert (tally.stored, tally.others) == (1, 1)
    assert {one.reason for one in tally.refusals} == {"truncated", "path", "nested", "link"}
    assert [one.reason for one in tally.refusals].count("path") == 3
    assert all(one.sentence.endswith(".") for one in tally.refusals)
    [held] = await archive.quarantined()
    assert held["protocol"] == "media"


async def test_a_broken_part_does_not_keep_the_others_out(archive: Archive, tmp_path: Path) -> None:
    images = ct_series(slices=3)
    path = zip_of(tmp_path / "m.zip", {str(n): file_of(one) for n, one in enumerate(images)})
    with zipfile.ZipFile(path) as zipped:
        second = zipped.infolist()[1].header_offset
    content = bytearray(path.read_bytes())
    content[second + 200 : second + 210] = bytes(10)
    path.write_bytes(content)
    tally = await taken(archive, path)
    assert (tally.stored, reasons(tally)) == (2, {"1": "broken"})


async def test_links_out_of_a_folder_are_not_followed(archive: Archive, tmp_path: Path) -> None:
    [image] = ct_series(slices=1)
    (tmp_path / "secret").write_bytes(file_of(image))
    medium = tmp_path / "medium"
    medium.mkdir()
    (medium / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(medium / "pipe")
    tally = await taken(archive, medium)
    assert reasons(tally) == {"link": "link", "pipe": "no_file"}


async def test_a_bomb_is_not_read_at_all(archive: Archive, tmp_path: Path) -> None:
    path = zip_of(tmp_path / "bomb.zip", {"a": bytes(1 << 20)})
    content = path.read_bytes()
    declared = (1 << 20).to_bytes(4, "little")
    path.write_bytes(content.replace(declared, (0xF0000000).to_bytes(4, "little")))
    bomb = tmp_path / "two.zip"
    with zipfile.ZipFile(bomb, "w") as zipped:  # two names for one place
        zipped.writestr("a", b"x" * 1000)
        twin = zipfile.ZipInfo("b")
        twin.header_offset, twin.file_size = 0, 1000
        twin.compress_size, twin.CRC = 1000, zipped.infolist()[0].CRC
        zipped.filelist.append(twin)
        zipped.NameToInfo["b"] = twin
    with pytest.raises(Unreadable):
        await taken(archive, bomb)
    tally = await taken(archive, path)
    assert tally.stored == 0


async def test_a_zip_that_would_grow_without_end_is_refused(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ANYWAY", 1000)
    path = zip_of(tmp_path / "bomb.zip", {"a": bytes(8 << 20)})
    with pytest.raises(Unreadable):
        await taken(archive, path)


@pytest.mark.parametrize("content", [b"", b"PK\5\6", b"PK\3\4" + bytes(100)])
async def test_what_only_looks_like_a_zip(archive: Archive, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd.zip"
    path.write_bytes(content)
    assert (await taken(archive, path)).others == 1


async def test_who_takes_over_goes_on_behind_what_was_seen(
    archive: Archive, tmp_path: Path
) -> None:
    images = ct_series(slices=4)
    path = zip_of(tmp_path / "m.zip", {str(n): file_of(one) for n, one in enumerate(images)})
    tally = await taken(archive, path, tally=Tally(seen=2, stored=2))
    assert (tally.seen, tally.stored) == (4, 4)
    assert (await archive.study(images[0])).instance_count == 2


@pytest.mark.parametrize("where", ["ct_philips_phantom_head", "pydicom_test_files", "pydicom_data"])
async def test_real_media_come_in(archive: Archive, where: str) -> None:
    folder = SHARED / "dicom" / where
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    tally = await taken(archive, folder)
    assert tally.stored > 0
    assert tally.seen == tally.stored + tally.repeated + tally.refused + tally.others
    assert await faults(archive.database, archive.objects) == []
    checked = 0
    for path in sorted(folder.rglob("*"))[:400]:
        if not path.is_file():
            continue
        try:
            uid = str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)
        except (InvalidDicomError, AttributeError, NotImplementedError, EOFError, OSError):
            continue
        async with archive.database.transaction() as db:
            kept = await store.instance(db, "noord", uid)
        if kept is not None:
            content = await retrieve.file(archive.objects, kept)
            checked += path.read_bytes().endswith(content[kept.dataset_offset :])
    assert checked > 0
