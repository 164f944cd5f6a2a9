"""Orthanc as the PACS of a fourth hospital: it sends a study, and gets the report's objects."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import dcmwrite
from tests.images import ct_series
from tests.peers import Ris
from tests.programs import need
from tests.region import Region, _agreement, until

from crossread.hospitals import agree, store
from crossread.hospitals.model import Endpoint, EndpointKind, Hospital
from crossread.platform import clock

pytestmark = pytest.mark.peer


@dataclass
class Orthanc:
    """A running Orthanc."""

    http: httpx.AsyncClient
    dicom_port: int

    async def get(self, path: str) -> Any:
        answer = await self.http.get(path)
        answer.raise_for_status()
        return answer.json()

    async def modalities(self, study_uid: str) -> list[str]:
        """The modalities of the series that it lists for a study."""
        query = {"Level": "Series", "Expand": True, "Query": {"StudyInstanceUID": study_uid}}
        found = (await self.http.post("/tools/find", json=query)).json()
        return sorted(one["MainDicomTags"]["Modality"] for one in found)


@pytest.fixture
async def orthanc(
    region: Region, tmp_path: Path, unused_tcp_port_factory: Any
) -> AsyncIterator[Orthanc]:
    """Orthanc, knowing crossread as a modality."""
    program = need("Orthanc", "orthanc")
    http_port, dicom_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    settings = {
        "Name": "oost",
        "StorageDirectory": str(tmp_path / "orthanc"),
        "IndexDirectory": str(tmp_path / "orthanc"),
        "HttpPort": http_port,
        "DicomPort": dicom_port,
        "DicomAet": "OOST_PACS",
        "AuthenticationEnabled": False,
        "RemoteAccessAllowed": False,
        "Plugins": [],
        "DicomAlwaysAllowStore": True,
        "DicomModalities": {"crossread": ["CROSSREAD", "127.0.0.1", region.dicom.port]},
    }
    file = tmp_path / "orthanc.json"
    file.write_text(json.dumps(settings))
    process = await asyncio.create_subprocess_exec(
        program, str(file), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{http_port}", timeout=30, trust_env=False
        ) as http:
            peer = Orthanc(http, dicom_port)

            async def up() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return bool(await peer.get("/system"))
                return False

            await until(up, what="Orthanc")
            yield peer
    finally:
        process.terminate()
        await process.wait()


async def _join(region: Region, ris: Ris, orthanc: Orthanc) -> None:
    async with region.database.transaction() as db:
        await store.save_hospital(db, Hospital("oost", "Oost", patient_issuers=("OOST",)))
        for endpoint in (
            Endpoint(
                "oost/ris", "oost", EndpointKind.RIS, "127.0.0.1", ris.port, "OOST_RIS", "OOST"
            ),
            Endpoint(
                "oost/pacs",
                "oost",
                EndpointKind.PACS,
                "127.0.0.1",
                orthanc.dicom_port,
                "OOST_PACS",
            ),
        ):
            await store.save_endpoint(db, endpoint)
        agreement = _agreement("noord", clock.now() - timedelta(days=1))
        await agree.sign(
            db,
            replace(
                agreement,
                id="oost-reads",
                source_hospital_id="oost",
                reading_hospital_ids=("midden",),
            ),
        )


async def test_orthanc_sends_a_study_and_lists_what_comes_back(
    region: Region, orthanc: Orthanc
) -> None:
    ris = Ris("OOST_RIS", "OOST")
    await ris.start()
    await _join(region, ris, orthanc)
    images = ct_series(number="O1", issuer="OOST", accession="OA1")
    for image in images:
        buffer = BytesIO()
        dcmwrite(buffer, image, enforce_file_format=True)
        answer = await orthanc.http.post("/instances", content=buffer.getvalue())
        assert answer.status_code == 200
    order = ris.order(accession="OA1", number="O1", bsn="999911120", control="O1")
    assert "MSA|AA|O1" in await ris.say(region.hl7.port, order)
    await region.consent("oost")
    assert (await orthanc.http.post("/modalities/crossread/echo", json={})).status_code == 200
    [study] = await orthanc.get("/studies")
    sent = await orthanc.http.post("/modalities/crossread/store", json=[study])
    assert sent.json()["FailedInstancesCount"] == 0

    reader = await region.browser("radiologist@midden")

    async def offered() -> Any:
        return [task for task in await reader.tasks() if task["may_claim"]]

    [task] = await until(offered, what="the study on offer")
    path = f"/api/tasks/{task['id']}"
    lease = await reader.post(f"{path}/claim")
    await reader.post(
        f"{path}/sign",
        token=lease["token"],
        fence=lease["fence"],
        status="final",
        language="nl",
        sections={"impression": "Bloeding."},
        annotations=[
            {
                "tracking_uid": "2.25.77",
                "tool": "EllipticalROI",
                "study_instance_uid": images[0].StudyInstanceUID,
                "series_instance_uid": images[0].SeriesInstanceUID,
                "sop_instance_uid": images[1].SOPInstanceUID,
                "points": [[20, 32], [44, 32], [32, 24], [32, 40]],
                "label": "bloeding",
            }
        ],
    )

    async def back() -> bool:
        found = await orthanc.modalities(images[0].StudyInstanceUID)
        return found == ["CT", "PR", "SR"]

    await until(back, what="SR and presentation state in Orthanc", seconds=30)
    await ris.stop()
