"""Instances that come as metadata and bulk data are put together, and are what was described."""

import json
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import generate_frames
from pydicom.uid import JPEGLSLossless
from tests.gateways.dicomweb.conftest import Web, parts
from tests.gateways.dicomweb.test_wado import path
from tests.images import ct_series

from crossread.gateways.dicomweb import native_xml


def described(image: Dataset) -> dict[str, Any]:
    told = image.to_json_dict(bulk_data_threshold=1 << 30)
    told["7FE00010"] = {"vr": "OW", "BulkDataURI": "bulk/pixels"}
    return dict(sorted(told.items()))


def body(metadata: bytes, kind: str, bulk: bytes, bulk_kind: str) -> tuple[dict[str, str], bytes]:
    content = (
        f"--X\r\nContent-Type: {kind}\r\n\r\n".encode()
        + metadata
        + f"\r\n--X\r\nContent-Type: {bulk_kind}\r\n".encode()
        + b"Content-Location: bulk/pixels\r\n\r\n"
        + bulk
        + b"\r\n--X--"
    )
    return {"Content-Type": f'multipart/related; type="{kind}"; boundary=X'}, content


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_metadata_and_pixels_become_the_image_that_they_describe(web: Web, form: str) -> None:
    [image] = ct_series(slices=1)
    image.PatientName = "Buc^Jérôme"
    told = described(image)
    metadata = json.dumps([told]).encode() if form == "json" else native_xml.document(told)
    kind = f"application/dicom+{form}"
    headers, content = body(metadata, kind, image.PixelData, "application/octet-stream")
    noord = await web.client()
    answer = await noord.post("/studies", headers=headers, content=content)
    assert answer.status_code == 200, answer.text
    back = await noord.get(path(image), headers={"Accept": "application/dicom"})
    kept = dcmread(BytesIO(back.content))
    assert kept.PatientName == "Buc^Jérôme"
    assert kept.PixelSpacing == image.PixelSpacing
    assert kept == image


async def test_compressed_pixels_are_kept_as_they_are(web: Web) -> None:
    [image] = ct_series(slices=1)
    pixels = image.pixel_array.copy()
    told = described(image)
    image.compress(JPEGLSLossless, generate_instance_uid=False)
    [frame] = generate_frames(image.PixelData, number_of_frames=1)
    headers, content = body(
        json.dumps([told]).encode(), "application/dicom+json", frame, "image/jls"
    )
    noord = await web.client()
    assert (await noord.post("/studies", headers=headers, content=content)).status_code == 200
    any_syntax = 'multipart/related; type="application/dicom"; transfer-syntax=*'
    [part] = parts(await noord.get(path(image), headers={"Accept": any_syntax}))
    kept = dcmread(BytesIO(part))
    assert kept.file_meta.TransferSyntaxUID == JPEGLSLossless
    assert np.array_equal(kept.pixel_array, pixels)


async def test_what_is_missing_or_no_metadata_at_all_is_refused(web: Web) -> None:
    [image] = ct_series(slices=1)
    noord = await web.client()
    headers, content = body(
        json.dumps([described(image)]).encode().replace(b"bulk/pixels", b"elsewhere"),
        "application/dicom+json", b"x", "application/octet-stream",
    )  # fmt: skip
    answer = await noord.post("/studies", headers=headers, content=content)
    assert answer.status_code == 409
    [failed] = answer.json()["00081198"]["Value"]
    assert failed["00081197"]["Value"] == [0xC000]
    for kind in ("application/dicom+json", "application/dicom+xml"):
        headers, content = body(b"not it", kind, b"x", "application/octet-stream")
        answer = await noord.post("/studies", headers=headers, content=content)
        assert answer.status_code == 400
        assert answer.json()["sentence"]
