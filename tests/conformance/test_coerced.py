"""Real DICOM of many makers goes out corrected: nothing else in it changes, and DCMTK reads it."""

import shutil
import subprocess
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.tag import Tag
from tests.conftest import SHARED

from crossread.archive.coerce import rewritten
from crossread.archive.encoding import KNOWN, encoding
from crossread.archive.model import Announced, NotArchived
from crossread.archive.read import read

FOLDER = SHARED / "dicom"
AT = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
VALUES = {"PatientID": "N-7", "PatientName": "de Vries-Jansen^Anna", "PatientBirthDate": "19500203"}
TOUCHED = {
    Tag(keyword) for keyword in (*VALUES, "SpecificCharacterSet", "OriginalAttributesSequence")
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/data/dicom is not here")


def parted(path: Path) -> tuple[bytes, bytes, str] | None:
    """Head, data set and transfer syntax of a file that the archive would take in."""
    content = path.read_bytes()
    if content[128:132] != b"DICM":
        return None
    stream = BytesIO(content)
    read_preamble(stream, False)
    syntax = str(_read_file_meta_info(stream).get("TransferSyntaxUID", ""))
    head, dataset = content[: stream.tell()], content[stream.tell() :]
    if syntax not in KNOWN or not dataset:
        return None
    try:
        read(dataset, Announced("noord", "NOORD", syntax))
    except NotArchived:
        return None
    return head, dataset, syntax


def opened(head: bytes, dataset: bytes) -> Dataset:
    return dcmread(BytesIO(head + dataset), force=True)


def test_nothing_but_what_is_corrected_changes(tmp_path: Path) -> None:
    seen = 0
    for path in sorted(path for path in FOLDER.rglob("*") if path.is_file()):
        if (parts := parted(path)) is None:
            continue
        head, dataset, syntax = parts
        out = bytes(rewritten(dataset, syntax, VALUES, reason="COERCE", source="noord", at=AT))
        before, after = opened(head, dataset), opened(head, out)
        assert {keyword: str(after[keyword].value) for keyword in VALUES} == VALUES, path
        item = after.OriginalAttributesSequence[-1]
        [told] = item.ModifiedAttributesSequence
        for keyword in VALUES:
            was = str(before.get(keyword, "") or "")
            assert str(told[keyword].value or "") == was or not was.isascii(), (path, keyword)
        lengths = {Tag(tag.group, 0) for tag in TOUCHED}  # of groups, which may be left out
        assert set(before.keys()) - TOUCHED - lengths <= set(after.keys()), path
        if not encoding(syntax).deflated:  # to the byte, from the first element behind
            end = dataset.rfind(b"\xe0\x7f\x10\x00")
            assert end < 0 or out.endswith(dataset[end:]), path
        again = rewritten(out, syntax, VALUES, reason="COERCE", source="noord", at=AT)
        assert again is out, path
        if seen % 10 == 0 and shutil.which("dcmdump"):
            (tmp_path / "out.dcm").write_bytes(head + out)
            done = subprocess.run(
                ["dcmdump", "-q", "+P", "0400,0561", str(tmp_path / "out.dcm")],
                capture_output=True,
                check=False,
            )
            assert done.returncode == 0, (path, done.stderr)
        seen += 1
    assert seen > 100
