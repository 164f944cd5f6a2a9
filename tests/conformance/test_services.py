"""Others' programs at our worklist, storage commitment and retrieval."""

import asyncio
import sys
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.uid import ExplicitVRLittleEndian, JPEGLSLossless, RLELossless
from tests.conformance.test_dcmtk import empty, run
from tests.conformance.test_orthanc import Orthanc, _join, orthanc  # noqa: F401 - a fixture
from tests.gateways.dicom.listening import Listening, listening, sendable  # noqa: F401 - too
from tests.images import ct_series
from tests.orders.asking import asked
from tests.peers import Ris
from tests.programs import need
from tests.region import Region, until

from crossread.orders.place import place
from crossread.platform.clock import LOCAL

pytestmark = pytest.mark.peer

WORKLIST = (
    "-k", "PatientName", "-k", "PatientID", "-k", "AccessionNumber", "-k", "StudyInstanceUID",
    "-k", "RequestedProcedureID",
    "-k", "ScheduledProcedureStepSequence[0].ScheduledStationAETitle",
    "-k", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartTime",
)  # fmt: skip


async def ordered(at: Listening) -> None:
    """Two orders of Noord, for two days."""
    async with at.database.transaction() as db:
        for accession, day in (("A1", 24), ("A2", 25)):
            when = datetime(2026, 11, day, 9, tzinfo=LOCAL).astimezone(UTC)
            order = asked(accession_number=accession, control_id=accession, scheduled_at=when)
            await place(db, replace(order, station="CT1"), when, digest="")


async def test_findscu_reads_the_worklist(listening: Listening) -> None:  # noqa: F811
    need("findscu", "dcmtk")
    await ordered(listening)
    code, said = await run(
        "findscu", "-v", "-W", *WORKLIST,
        "-k", "ScheduledProcedureStepSequence[0].Modality=CT",
        "-k", "ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate=20261124",
        "127.0.0.1", str(listening.port),
    )  # fmt: skip
    assert code == 0, said
    assert said.count("(Pending)") == 1, said
    for shown in ("[A1]", "[CT1]", "[090000]", "[Jansen^Anna]"):
        assert shown in said.replace(" ]", "]"), said


async def test_pynetdicoms_findscu_reads_the_worklist(listening: Listening) -> None:  # noqa: F811
    await ordered(listening)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pynetdicom", "findscu", "-W", "-aet", "NOORD_PACS",
        "-aec", "CROSSREAD", "-k", "AccessionNumber=A2", "127.0.0.1", str(listening.port),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, said.decode()
    assert said.decode().count("(Pending)") == 1, said.decode()


@pytest.mark.parametrize("stored", [JPEGLSLossless, RLELossless])
async def test_getscu_that_cannot_decompress_gets_native_pixels(
    listening: Listening,  # noqa: F811
    tmp_path: Path,
    stored: str,
) -> None:
    need("getscu", "dcmtk")
    [image] = ct_series(slices=1)
    whole = image.PixelData
    image.compress(stored, generate_instance_uid=False)
    await listening.stores([sendable(image, stored)])
    code, said = await run(
        "getscu", "-S", "-od", empty(tmp_path / "got"),
        "-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={image.StudyInstanceUID}",
        "127.0.0.1", str(listening.port),
    )  # fmt: skip
    assert code == 0, said
    [file] = (tmp_path / "got").iterdir()
    got = dcmread(file)
    assert got.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    assert got.PixelData == whole


async def test_orthanc_is_answered_for_what_it_sent_and_gets_it_back(
    region: Region,
    orthanc: Orthanc,  # noqa: F811
) -> None:
    ris = Ris("OOST_RIS", "OOST")
    await ris.start()
    await _join(region, ris, orthanc)
    images = ct_series(number="O1", issuer="OOST", accession="OA1")
    for image in images:
        buffer = BytesIO()
        dcmwrite(buffer, image, enforce_file_format=True)
        assert (await orthanc.http.post("/instances", content=buffer.getvalue())).status_code == 200
    [study] = await orthanc.get("/studies")
    await orthanc.http.post("/modalities/crossread/store", json=[study])
    asking = await orthanc.http.post(
        "/modalities/crossread/storage-commitment", json={"Resources": [study]}
    )
    assert asking.status_code == 200, asking.text
    path = asking.json()["Path"]

    async def answered() -> Any:
        found = await orthanc.get(path)
        return found if found["Status"] != "Pending" else None

    answer = await until(answered, what="the answer at Orthanc", seconds=30)
    assert answer["Status"] == "Success"
    assert len(answer["Success"]) == 3
    await orthanc.http.delete(f"/studies/{study}")
    query = await orthanc.http.post(
        "/modalities/crossread/query",
        json={"Level": "Study", "Query": {"StudyInstanceUID": images[0].StudyInstanceUID}},
    )
    retrieved = await orthanc.http.post(f"{query.json()['Path']}/retrieve", content="OOST_PACS")
    assert retrieved.status_code == 200, retrieved.text
    assert len(await orthanc.get("/instances")) == 3
    await ris.stop()
