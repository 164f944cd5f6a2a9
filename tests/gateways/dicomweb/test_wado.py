"""What is kept is given back in the form asked for: whole, frames, metadata, bulk data."""

import gzip
import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom import Dataset, dcmread
from pydicom.uid import JPEGLSLossless
from tests.gateways.dicomweb.conftest import Web, file, parts, related
from tests.images import ct_series

EXPLICIT = "1.2.840.10008.1.2.1"


async def kept(web: Web, images: list[Dataset]) -> Any:
    noord = await web.client()
    headers, body = related([file(image) for image in images])
    answer = await noord.post("/studies", headers=headers, content=body)
    assert answer.status_code == 200, answer.text
    return noord


def path(image: Dataset, *, instance: bool = True) -> str:
    series = f"/studies/{image.StudyInstanceUID}/series/{image.SeriesInstanceUID}"
    return f"{series}/instances/{image.SOPInstanceUID}" if instance else series


async def test_metadata_is_prepared_once_and_tells_where_the_bulk_is(web: Web) -> None:
    images = ct_series(slices=3)
    images[1].add_new(0x00420011, "OB", b"\1\2" * 3000)
    noord = await kept(web, images)
    series = f"{path(images[0], instance=False)}/metadata"
    first = await noord.get(series, headers={"Accept-Encoding": "identity"})
    assert first.headers["content-type"] == "application/dicom+json"
    [row] = await web.rows("select metadata_key, metadata_instances from archive.series")
    assert row["metadata_instances"] == 3
    again = await noord.get(series, headers={"Accept-Encoding": "gzip"})
    assert again.headers["content-encoding"] == "gzip"
    assert again.json() == first.json()
    unchanged = await noord.get(series, headers={"If-None-Match": again.headers["etag"]})
    assert unchanged.status_code == 304

    told = {one["00080018"]["Value"][0]: one for one in first.json()}
    assert set(told) == {image.SOPInstanceUID for image in images}
    uri = told[images[1].SOPInstanceUID]["00420011"]["BulkDataURI"]
    assert uri == f"{web.root()}{path(images[1])}/bulkdata/00420011"
    bulk = await noord.get(uri, headers={"Accept": "application/octet-stream"})
    assert bulk.content == images[1][0x00420011].value
    [part] = parts(await noord.get(uri))
    assert part == bulk.content
    some = await noord.get(
        uri, headers={"Accept": "application/octet-stream", "Range": "bytes=1-3"}
    )
    assert (some.status_code, some.content) == (206, bulk.content[1:4])

    one = await noord.get(f"{path(images[1])}/metadata")
    assert one.json() == [told[images[1].SOPInstanceUID]]
    study = await noord.get(f"/studies/{images[0].StudyInstanceUID}/metadata")
    assert study.json() == first.json()
    more = ct_series(slices=1, study=images[0].StudyInstanceUID, series=images[0].SeriesInstanceUID)
    await kept(web, more)
    assert len((await noord.get(series)).json()) == 4


async def test_metadata_comes_as_xml_too(web: Web) -> None:
    images = ct_series(slices=2)
    noord = await kept(web, images)
    answer = await noord.get(
        f"{path(images[0], instance=False)}/metadata",
        headers={"Accept": 'multipart/related; type="application/dicom+xml"'},
    )
    first, _ = parts(answer)
    assert b'<DicomAttribute tag="00100010" vr="PN" keyword="PatientName">' in first
    assert b"<FamilyName>Jansen</FamilyName><GivenName>Anna</GivenName>" in first


async def test_one_instance_can_be_had_in_part_and_only_when_it_is_new(web: Web) -> None:
    [image] = ct_series(slices=1)
    noord = await kept(web, [image])
    dicom = {"Accept": "application/dicom"}
    whole = await noord.get(path(image), headers=dicom)
    assert dcmread(BytesIO(whole.content)) == image
    tag = whole.headers["etag"]
    assert (
        await noord.get(path(image), headers={**dicom, "If-None-Match": tag})
    ).status_code == 304
    middle = await noord.get(path(image), headers={**dicom, "Range": "bytes=100-199"})
    assert (middle.status_code, middle.content) == (206, whole.content[100:200])
    assert middle.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    last = await noord.get(path(image), headers={**dicom, "Range": "bytes=-10"})
    assert last.content == whole.content[-10:]
    beyond = await noord.get(path(image), headers={**dicom, "Range": "bytes=99999999-"})
    assert beyond.status_code == 416


async def test_a_compressed_image_is_given_as_it_is_or_unpacked_as_is_asked(web: Web) -> None:
    [image] = ct_series(slices=1)
    pixels = image.pixel_array.copy()
    image.compress(JPEGLSLossless, generate_instance_uid=False)
    noord = await kept(web, [image])
    for accept, syntax in (
        ('multipart/related; type="application/dicom"; transfer-syntax=*', JPEGLSLossless),
        ('multipart/related; type="application/dicom"', EXPLICIT),
        (f'multipart/related; type="application/dicom"; transfer-syntax={EXPLICIT}', EXPLICIT),
        ("*/*", JPEGLSLossless),
        ("application/dicom; transfer-syntax=*", JPEGLSLossless),
    ):
        answer = await noord.get(path(image), headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        single = accept.startswith("application/dicom")
        [content] = [answer.content] if single else parts(answer)
        back = dcmread(BytesIO(content))
        assert back.file_meta.TransferSyntaxUID == syntax
        assert np.array_equal(back.pixel_array, pixels)
    for accept, kind in (
        ('multipart/related; type="image/jls"', "image/jls"),
        ('multipart/related; type="application/octet-stream"', "application/octet-stream"),
        ("image/jls", "image/jls"),
    ):
        answer = await noord.get(f"{path(image)}/frames/1", headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        assert kind in answer.headers["content-type"]
        if "octet" in kind:
            [content] = parts(answer)
            assert content == pixels.tobytes()
    refused = await noord.get(path(image), headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert JPEGLSLossless in refused.text


async def test_frames_that_do_not_exist_are_said_not_to(web: Web) -> None:
    [image] = ct_series(slices=1)
    noord = await kept(web, [image])
    assert (await noord.get(f"{path(image)}/frames/2")).status_code == 404
    assert (await noord.get(f"{path(image)}/frames/0")).status_code == 404
    assert (await noord.get(f"{path(image)}/frames/one")).status_code == 400


async def test_pixel_data_of_a_series_comes_instance_by_instance(web: Web) -> None:
    images = ct_series(slices=3)
    noord = await kept(web, images)
    answer = await noord.get(f"{path(images[0], instance=False)}/pixeldata")
    assert parts(answer) == [image.PixelData for image in images]


@pytest.mark.peer
async def test_dicomweb_client_stores_finds_and_fetches(web: Web) -> None:
    import asyncio

    images = ct_series(slices=3)
    key = await web.key()

    def talk() -> None:
        client = DICOMwebClient(web.root(), headers={"Authorization": f"Bearer {key}"})
        said = client.store_instances(images)
        assert len(said.ReferencedSOPSequence) == 3
        study, series = images[0].StudyInstanceUID, images[0].SeriesInstanceUID
        [found] = client.search_for_studies(search_filters={"PatientName": "jans*"})
        assert found["0020000D"]["Value"] == [study]
        assert found["00201208"]["Value"] == [3]
        [found] = client.search_for_series(study)
        assert found["0020000E"]["Value"] == [series]
        assert len(client.search_for_instances(study, series, limit=2)) == 2
        assert client.search_for_studies(search_filters={"PatientID": "nobody"}) == []
        assert client.retrieve_study(study) == images
        assert client.retrieve_series(study, series) == images
        uid = images[1].SOPInstanceUID
        assert client.retrieve_instance(study, series, uid) == images[1]
        told = client.retrieve_series_metadata(study, series)
        described = [Dataset.from_json(json.dumps(one), lambda *_: b"") for one in told]
        assert [one.InstanceNumber for one in described] == [1, 2, 3]
        [frame] = client.retrieve_instance_frames(study, series, uid, [1])
        assert frame == images[1].PixelData
        uri = told[1]["7FE00010"]["BulkDataURI"]
        assert client.retrieve_bulkdata(uri) == [images[1].PixelData]

    await asyncio.to_thread(talk)


def test_gzip_is_what_everybody_reads() -> None:
    from crossread.archive.prepare import compressed, expanded

    content = b"[]" * 5000
    assert gzip.decompress(compressed(content, 1)) == content == expanded(compressed(content, 6))
