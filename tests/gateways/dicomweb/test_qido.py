"""Search over HTTP finds what the index holds, of one's own hospital."""

from typing import Any

import httpx
import pytest
from tests.gateways.dicomweb.conftest import Web, file, parts, related
from tests.images import ct_series


async def filled(web: Web) -> httpx.AsyncClient:
    noord = await web.client()
    images = [
        *ct_series(number="N1", accession="A1", study_date="20260101", slices=2),
        *ct_series(number="N2", accession="A2", study_date="20260201", slices=1),
        *ct_series(number="N3", accession="A3", study_date="20260301", slices=1),
    ]
    headers, body = related([file(image) for image in images])
    assert (await noord.post("/studies", headers=headers, content=body)).status_code == 200
    midden = await web.client("midden")
    headers, body = related([file(image) for image in ct_series(number="M1")])
    assert (await midden.post("/studies", headers=headers, content=body)).status_code == 200
    return noord


async def patients(client: httpx.AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/studies?{query}")
    assert answer.status_code in {200, 204}, answer.text
    return [one["00100020"]["Value"][0] for one in answer.json()] if answer.content else []


async def test_studies_are_found_by_keyword_and_tag_alone_and_together(web: Web) -> None:
    noord = await filled(web)
    assert await patients(noord, "") == ["N3", "N2", "N1"]
    assert await patients(noord, "PatientID=N2") == ["N2"]
    assert await patients(noord, "00100020=N2") == ["N2"]
    assert await patients(noord, "StudyDate=20260115-") == ["N3", "N2"]
    assert await patients(noord, "StudyDate=20260115-&AccessionNumber=A3") == ["N3"]
    assert await patients(noord, "PatientName=JANSEN*&ModalitiesInStudy=CT&limit=1") == ["N3"]
    assert await patients(noord, "limit=1&offset=2") == ["N1"]
    assert await patients(noord, "PatientName=anna&fuzzymatching=true&limit=5") == [
        "N3", "N2", "N1",
    ]  # fmt: skip
    assert await patients(noord, "PatientID=M1") == []
    some = (await noord.get("/studies?limit=2")).json()
    uids = [one["0020000D"]["Value"][0] for one in some]
    assert await patients(noord, f"StudyInstanceUID={','.join(uids)}") == ["N3", "N2"]


async def test_a_page_says_when_there_is_more_and_what_was_not_matched(web: Web) -> None:
    noord = await filled(web)
    answer = await noord.get("/studies?limit=2&PatientWeight=70")
    warning = answer.headers["warning"]
    assert "more results" in warning
    assert "PatientWeight" in warning
    assert "warning" not in (await noord.get("/studies?limit=3")).headers


async def test_series_and_instances_say_what_the_path_does_not(web: Web) -> None:
    noord = await filled(web)
    series = (await noord.get("/series?PatientID=N1")).json()
    assert series[0]["00100020"]["Value"] == ["N1"]
    study, uid = series[0]["0020000D"]["Value"][0], series[0]["0020000E"]["Value"][0]
    assert series[0]["00081190"]["Value"] == [f"{web.root()}/studies/{study}/series/{uid}"]
    [within] = (await noord.get(f"/studies/{study}/series")).json()
    assert "00100010" not in within
    assert within["00201209"]["Value"] == [2]
    [more] = (await noord.get(f"/studies/{study}/series?includefield=all")).json()
    assert more["00100010"]["Value"] == [{"Alphabetic": "Jansen^Anna"}]
    for where in ("/instances?PatientID=N1", f"/studies/{study}/instances",
                  f"/studies/{study}/series/{uid}/instances"):  # fmt: skip
        found = (await noord.get(where)).json()
        assert [one["00200013"]["Value"] for one in found] == [[1], [2]], where
    assert (await noord.get(f"/studies/{study}/series/1.2.3/instances")).status_code == 204


async def test_answers_come_as_xml_too(web: Web) -> None:
    noord = await filled(web)
    accept = {"Accept": 'multipart/related; type="application/dicom+xml"'}
    answer = await noord.get("/studies", headers=accept)
    assert len(parts(answer)) == 3


@pytest.mark.parametrize(
    "query", ["PatientNaam=x", "limit=x", "StudyDate=tomorrow", "includefield=nothing"]
)
async def test_what_cannot_be_asked_is_said_to_be_so(web: Web, query: str) -> None:
    noord: Any = await web.client()
    answer = await noord.get(f"/studies?{query}")
    assert answer.status_code == 400
    assert answer.json()["sentence"]
