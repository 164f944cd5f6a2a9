"""DCMTK's tools against our listener: echo, store, find, move and get."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread, dcmwrite
from tests.archive.arrivals import encoded
from tests.gateways.dicom.listening import Listening, listening  # noqa: F401 - a fixture too
from tests.images import ct_series

TOOLS = ("echoscu", "storescu", "findscu", "movescu", "getscu", "storescp")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        bool(MISSING) and not os.environ.get("CI"),
        reason=f"DCMTK is not installed (apt-get install dcmtk): {', '.join(MISSING)}",
    ),
]


async def run(tool: str, *words: str | Path, calling: str = "NOORD_PACS") -> tuple[int, str]:
    """The exit code of a tool that calls us, and what it said."""
    named = () if tool == "storescp" else ("-aet", calling, "-aec", "CROSSREAD")
    process = await asyncio.create_subprocess_exec(
        tool,
        *named,
        *map(str, words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"TCP_NODELAY": "1"},
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 60)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, said.decode("utf-8", "replace")


@asynccontextmanager
async def storescp(folder: Path) -> AsyncIterator[int]:
    """DCMTK's storage SCP as the PACS of Noord; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        "storescp",
        "-aet",
        "NOORD_PACS",
        "-od",
        folder,
        "+B",
        str(port),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            await asyncio.sleep(0.05)
        yield port
    finally:
        process.kill()
        await process.wait()


def empty(folder: Path) -> Path:
    """A new folder."""
    folder.mkdir()
    return folder


def written(folder: Path, images: list[Dataset]) -> Path:
    """The images as files."""
    empty(folder)
    for number, image in enumerate(images):
        dcmwrite(folder / f"{number}.dcm", image, enforce_file_format=True)
    return folder


def contents(folder: Path) -> dict[str, str]:
    """What each received file says of itself, by its SOP Instance UID."""
    found = [dcmread(path) for path in folder.iterdir()]
    return {one.SOPInstanceUID: encoded(one).hex() for one in found}


async def stored(at: Listening, folder: Path) -> list[Dataset]:
    images = ct_series(slices=3)
    code, said = await run("storescu", "127.0.0.1", str(at.port), "+sd", written(folder, images))
    assert code == 0, said
    return images


async def test_echoscu_is_answered_and_a_stranger_is_not(listening: Listening) -> None:  # noqa: F811
    assert (await run("echoscu", "127.0.0.1", str(listening.port)))[0] == 0
    code, said = await run("echoscu", "127.0.0.1", str(listening.port), calling="STRANGER")
    assert code != 0
    assert "Calling AE Title Not Recognized" in said


async def test_storescu_stores(listening: Listening, tmp_path: Path) -> None:  # noqa: F811
    await stored(listening, tmp_path / "out")
    assert await listening.rows("select instance_count from archive.study") == [
        {"instance_count": 3}
    ]


async def test_storescu_hears_of_a_refusal(listening: Listening, tmp_path: Path) -> None:  # noqa: F811
    [image] = await _other_content(listening, tmp_path)
    code, said = await run(
        "storescu", "-v", "127.0.0.1", str(listening.port), tmp_path / "again" / "0.dcm"
    )
    assert code != 0
    assert "0x111" in said, said
    assert await listening.rows("select uid from archive.quarantine") == [
        {"uid": image.SOPInstanceUID}
    ]


async def _other_content(at: Listening, folder: Path) -> list[Dataset]:
    image = (await stored(at, folder / "first"))[0]
    image.PatientBirthDate = "19600101"
    written(folder / "again", [image])
    return [image]


async def test_findscu_finds(listening: Listening, tmp_path: Path) -> None:  # noqa: F811
    images = await stored(listening, tmp_path / "out")
    code, said = await run(
        "findscu",
        "-v",
        "-S",
        "-k",
        "QueryRetrieveLevel=STUDY",
        "-k",
        "PatientID=N100",
        "-k",
        "StudyInstanceUID",
        "-k",
        "NumberOfStudyRelatedInstances",
        "127.0.0.1",
        str(listening.port),
    )
    assert code == 0, said
    assert images[0].StudyInstanceUID in said
    assert said.count("(Pending)") == 1, said


async def test_movescu_has_a_study_sent_to_its_pacs(
    listening: Listening,  # noqa: F811
    tmp_path: Path,
) -> None:
    images = await stored(listening, tmp_path / "out")
    async with storescp(empty(tmp_path / "moved")) as port:
        await listening.pacs_listens_at(port)
        code, said = await run(
            "movescu",
            "-S",
            "-aem",
            "NOORD_PACS",
            "-k",
            "QueryRetrieveLevel=STUDY",
            "-k",
            f"StudyInstanceUID={images[0].StudyInstanceUID}",
            "127.0.0.1",
            str(listening.port),
        )
    assert code == 0, said
    assert contents(tmp_path / "moved") == contents(tmp_path / "out")


async def test_getscu_gets_a_study(listening: Listening, tmp_path: Path) -> None:  # noqa: F811
    images = await stored(listening, tmp_path / "out")
    code, said = await run(
        "getscu",
        "-S",
        "-od",
        empty(tmp_path / "got"),
        "-k",
        "QueryRetrieveLevel=STUDY",
        "-k",
        f"StudyInstanceUID={images[0].StudyInstanceUID}",
        "127.0.0.1",
        str(listening.port),
    )
    assert code == 0, said
    assert contents(tmp_path / "got") == contents(tmp_path / "out")
