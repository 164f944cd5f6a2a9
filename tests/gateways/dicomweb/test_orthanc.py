"""Orthanc as a hospital's DICOMweb client: it stores, searches and fetches here."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.gateways.dicomweb.conftest import Web, file
from tests.images import ct_series
from tests.programs import need
from tests.region import until

pytestmark = pytest.mark.peer
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
PLUGIN_IS_HERE = PLUGIN.exists()


@pytest.fixture
async def orthanc(
    web: Web, tmp_path: Path, unused_tcp_port_factory: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Orthanc with its DICOMweb plugin, which knows crossread by user and password."""
    program = need("Orthanc", "orthanc")
    if not PLUGIN_IS_HERE:
        pytest.skip("the DICOMweb plugin is not installed: apt-get install orthanc-dicomweb")
    port = unused_tcp_port_factory()
    settings = {
        "StorageDirectory": str(tmp_path / "orthanc"),
        "IndexDirectory": str(tmp_path / "orthanc"),
        "HttpPort": port,
        "DicomServerEnabled": False,
        "AuthenticationEnabled": False,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {
            "Enable": True,
            "Servers": {
                "crossread": {
                    "Url": f"{web.root()}/",
                    "Username": "noord",
                    "Password": await web.key(),
                }
            },
        },
    }
    (tmp_path / "orthanc.json").write_text(json.dumps(settings))
    process = await asyncio.create_subprocess_exec(
        program, str(tmp_path / "orthanc.json"),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False
        ) as http:

            async def up() -> bool:
                with contextlib.suppress(httpx.HTTPError):
                    return (await http.get("/system")).status_code == 200
                return False

            await until(up, what="Orthanc")
            yield http
    finally:
        process.terminate()
        await process.wait()


async def test_orthanc_stores_finds_and_fetches_back(web: Web, orthanc: httpx.AsyncClient) -> None:
    images = ct_series(slices=3)
    for image in images:
        assert (await orthanc.post("/instances", content=file(image))).status_code == 200
    [study] = (await orthanc.get("/studies")).json()
    server = "/dicom-web/servers/crossread"
    sent = await orthanc.post(f"{server}/stow", json={"Resources": [study], "Synchronous": True})
    assert sent.status_code == 200, sent.text
    rows = await web.rows("select instance_count from archive.study")
    assert [row["instance_count"] for row in rows] == [3]

    asked = {"Uri": "/studies", "Arguments": {"PatientID": images[0].PatientID}}
    found = await orthanc.post(f"{server}/qido", json=asked)
    assert images[0].StudyInstanceUID in found.text

    assert (await orthanc.delete(f"/studies/{study}")).status_code == 200
    wanted = {"Resources": [{"Study": images[0].StudyInstanceUID}], "Synchronous": True}
    fetched = await orthanc.post(f"{server}/retrieve", json=wanted)
    assert fetched.status_code == 200, fetched.text
    assert len((await orthanc.get("/instances")).json()) == 3
