"""Instances come in over STOW-RS, and are there as they were sent."""

from io import BytesIO

import httpx
from pydicom import dcmread
from tests.gateways.dicomweb.conftest import Web, file, parts, related
from tests.images import ct_series

JSON = {"Accept": "application/dicom+json"}


async def store(client: httpx.AsyncClient, *files: bytes, study: str = "") -> httpx.Response:
    headers, body = related(files)
    path = f"/studies/{study}" if study else "/studies"
    return await client.post(path, headers={**headers, **JSON}, content=body)


async def test_a_study_comes_in_and_goes_out_bit_for_bit(web: Web) -> None:
    noord = await web.client()
    images = ct_series(slices=4)
    sent = [file(image) for image in images]
    answer = await store(noord, *sent)
    assert answer.status_code == 200
    said = answer.json()
    assert len(said["00081199"]["Value"]) == 4
    study = images[0].StudyInstanceUID
    assert said["00081190"]["Value"] == [f"{web.root()}/studies/{study}"]

    back = await noord.get(f"/studies/{study}")
    assert back.status_code == 200
    received = [dcmread(BytesIO(part)) for part in parts(back)]
    assert received == images
    url = said["00081199"]["Value"][0]["00081190"]["Value"][0]
    one = await noord.get(url, headers={"Accept": "application/dicom"})
    assert one.headers["content-type"].startswith("application/dicom;")
    assert dcmread(BytesIO(one.content)) == images[0]


async def test_the_same_again_changes_nothing_and_other_content_is_refused(web: Web) -> None:
    noord = await web.client()
    [image] = ct_series(slices=1)
    assert (await store(noord, file(image))).status_code == 200
    assert (await store(noord, file(image))).status_code == 200
    image.PatientComments = "other"
    answer = await store(noord, file(image))
    assert answer.status_code == 409
    [failed] = answer.json()["00081198"]["Value"]
    assert failed["00081197"]["Value"] == [0x0111]
    assert failed["00081155"]["Value"] == [image.SOPInstanceUID]
    assert len(await web.rows("select * from archive.quarantine")) == 1


async def test_what_can_be_stored_is_stored_beside_what_cannot(web: Web) -> None:
    noord = await web.client()
    good, other = ct_series(slices=2)
    del other.SeriesInstanceUID
    answer = await store(noord, file(good), file(other), b"this is no file at all")
    assert answer.status_code == 202
    said = answer.json()
    assert len(said["00081199"]["Value"]) == 1
    [failed] = said["00081198"]["Value"]
    assert failed["00081197"]["Value"] == [0xA900]
    [unnamed] = said["0008119A"]["Value"]
    assert unnamed["00081197"]["Value"] == [0xC000]


async def test_an_instance_of_another_study_is_not_stored_in_this_one(web: Web) -> None:
    noord = await web.client()
    [image] = ct_series(slices=1)
    answer = await store(noord, file(image), study="1.2.3")
    assert answer.status_code == 409
    assert answer.json()["00081198"]["Value"][0]["00081197"]["Value"] == [0xA900]
    assert (await noord.get(f"/studies/{image.StudyInstanceUID}")).status_code == 404


async def test_one_file_may_come_without_parts_and_the_answer_be_xml(web: Web) -> None:
    noord = await web.client()
    [image] = ct_series(slices=1)
    answer = await noord.post(
        f"/studies/{image.StudyInstanceUID}",
        headers={"Content-Type": "application/dicom", "Accept": "application/dicom+xml"},
        content=file(image),
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/dicom+xml"
    assert image.SOPInstanceUID in answer.text


async def test_a_body_that_is_cut_off_or_of_another_kind_is_refused_with_a_sentence(
    web: Web,
) -> None:
    noord = await web.client()
    headers, body = related([file(image) for image in ct_series(slices=2)])
    answer = await noord.post("/studies", headers=headers, content=body[: len(body) * 3 // 4])
    assert answer.status_code == 400
    assert "cut off" in answer.json()["sentence"]
    answer = await noord.post("/studies", headers={"Content-Type": "text/plain"}, content=b"x")
    assert answer.status_code == 415
