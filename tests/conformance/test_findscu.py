"""Programs of others that ask: DCMTK's findscu, and pynetdicom's."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from pydicom import dcmread
from tests.gateways.dicom.listening import Listening, listening, sendable  # noqa: F401 - a fixture
from tests.images import ct_series

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        shutil.which("findscu", path="/usr/bin:/usr/local/bin") is None
        and not os.environ.get("CI"),
        reason="DCMTK is not installed (apt-get install dcmtk)",
    ),
]

PYNETDICOM = (sys.executable, "-m", "pynetdicom", "findscu")


async def run(*words: str | Path) -> tuple[int, str]:
    """The exit code of a program, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *map(str, words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"TCP_NODELAY": "1"},
    )
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode("latin-1")


def dcmtk(folder: Path, at: Listening, root: str, *keys: str) -> list[str | Path]:
    """A call of DCMTK's findscu that writes each answer into a file."""
    named = [word for key in keys for word in ("-k", key)]
    program = shutil.which("findscu", path="/usr/bin:/usr/local/bin") or "findscu"
    folder.mkdir()
    to = ("127.0.0.1", str(at.port))
    return [
        program,
        root,
        "-X",
        "-od",
        folder,
        "-aet",
        "NOORD_PACS",
        "-aec",
        "CROSSREAD",
        *named,
        *to,
    ]


async def test_dcmtk_finds_at_each_level(listening: Listening, tmp_path: Path) -> None:  # noqa: F811
    images = ct_series(slices=3)
    await listening.stores(map(sendable, images))
    study, series = images[0].StudyInstanceUID, images[0].SeriesInstanceUID
    patient = ("QueryRetrieveLevel=PATIENT", "PatientID=N1*", "NumberOfPatientRelatedInstances")
    within = (f"StudyInstanceUID={study}", f"SeriesInstanceUID={series}")
    found = {}
    for name, root, keys in (
        ("patient", "-P", patient),
        ("study", "-S", ("QueryRetrieveLevel=STUDY", "StudyDate=20261124", "StudyInstanceUID")),
        ("series", "-S", ("QueryRetrieveLevel=SERIES", within[0], "SeriesInstanceUID")),
        ("image", "-S", ("QueryRetrieveLevel=IMAGE", *within, "SOPInstanceUID", "InstanceNumber")),
    ):
        code, said = await run(*dcmtk(tmp_path / name, listening, root, *keys))
        assert code == 0, said
        answers = sorted((tmp_path / name).iterdir())
        found[name] = [dcmread(answer, force=True) for answer in answers]
    assert [one.NumberOfPatientRelatedInstances for one in found["patient"]] == [3]
    assert [one.StudyInstanceUID for one in found["study"]] == [study]
    assert [one.SeriesInstanceUID for one in found["series"]] == [series]
    assert [one.InstanceNumber for one in found["image"]] == [1, 2, 3]


async def test_dcmtk_asks_and_is_answered_in_latin_1(listening: Listening, tmp_path: Path) -> None:  # noqa: F811
    image = ct_series(slices=1)[0]
    image.PatientName = "Müller^Jürgen"
    await listening.stores([sendable(image), sendable(ct_series(slices=1)[0])])
    letters = os.fsdecode("PatientName=MÜLLER*".encode("latin-1"))
    keys = ("QueryRetrieveLevel=STUDY", "SpecificCharacterSet=ISO_IR 100", letters)
    code, said = await run(*dcmtk(tmp_path / "found", listening, "-S", *keys))
    assert code == 0, said
    [answer] = [dcmread(one, force=True) for one in (tmp_path / "found").iterdir()]
    assert (answer.SpecificCharacterSet, answer.PatientName) == ("ISO_IR 100", "Müller^Jürgen")


async def test_pynetdicom_finds(listening: Listening) -> None:  # noqa: F811
    await listening.stores(map(sendable, ct_series(slices=2)))
    code, said = await run(
        *PYNETDICOM,
        "127.0.0.1",
        str(listening.port),
        "-aet",
        "NOORD_PACS",
        "-aec",
        "CROSSREAD",
        "-S",
        "-k",
        "QueryRetrieveLevel=STUDY",
        "-k",
        "PatientName=jansen*",
        "-k",
        "NumberOfStudyRelatedInstances=",
    )
    assert code == 0, said
    assert "0xFF00" in said
    assert re.search(r"\(0020,1208\) IS \[2\s*\]|1208.*2", said), said
