"""Pictures for programs that know no DICOM, and the old way to ask for one object."""

from io import BytesIO

import httpx
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, dcmread
from tests.gateways.dicomweb.conftest import Web, parts
from tests.gateways.dicomweb.test_wado import kept, path
from tests.images import ct_series


def drawn(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(BytesIO(answer.content))


def wado(image: Dataset, **more: str) -> dict[str, str]:
    return {
        "requestType": "WADO",
        "studyUID": image.StudyInstanceUID,
        "seriesUID": image.SeriesInstanceUID,
        "objectUID": image.SOPInstanceUID,
        **more,
    }


async def test_a_picture_shows_what_the_window_lets_through(web: Web) -> None:
    [image] = ct_series(slices=1)
    noord = await kept(web, [image])
    rendered = f"{path(image)}/rendered"
    png = {"Accept": "image/png"}
    picture = drawn(await noord.get(rendered, headers=png))
    assert (picture.format, picture.size) == ("PNG", (64, 64))
    grey = np.asarray(picture)
    # water at 30 HU in a window of 40/80; air outside
    assert grey[32, 32] == round((30 - 39.5) / 79 * 255 + 127.5)
    assert grey[0, 0] == 0
    narrow = drawn(await noord.get(f"{rendered}?window=29,2,linear-exact", headers=png))
    assert np.asarray(narrow)[32, 32] == 255
    small = drawn(await noord.get(f"{rendered}?viewport=32,16&annotation=patient"))
    assert (small.format, small.size) == ("JPEG", (16, 16))
    part = drawn(await noord.get(f"{rendered}?viewport=10,10,0,0,-10,10", headers=png))
    assert part.size == (10, 10)
    thumbnail = drawn(await noord.get(f"/studies/{image.StudyInstanceUID}/thumbnail"))
    assert max(thumbnail.size) == 128
    assert (await noord.get(f"{rendered}?window=wide")).status_code == 400
    assert (await noord.get(f"{rendered}?quality=101")).status_code == 400


async def test_a_series_is_one_picture_after_the_other(web: Web) -> None:
    images = ct_series(slices=3)
    noord = await kept(web, images)
    answer = await noord.get(f"{path(images[0], instance=False)}/rendered")
    pictures = parts(answer)
    assert [Image.open(BytesIO(one)).size for one in pictures] == [(64, 64)] * 3


async def test_an_old_client_asks_for_one_object(web: Web) -> None:
    [image] = ct_series(slices=1)
    noord = await kept(web, [image])
    picture = drawn(await noord.get("/wado", params=wado(image, rows="32", columns="32")))
    assert (picture.format, picture.size) == ("JPEG", (32, 32))
    dicom = await noord.get("/wado", params=wado(image, contentType="application/dicom"))
    assert dcmread(BytesIO(dicom.content)) == image
    implicit = "1.2.840.10008.1.2"
    other = await noord.get(
        "/wado", params=wado(image, contentType="application/dicom", transferSyntax=implicit)
    )
    assert dcmread(BytesIO(other.content)).file_meta.TransferSyntaxUID == implicit
    assert (await noord.get("/wado", params={"requestType": "WADO"})).status_code == 400
    film = await noord.get("/wado", params=wado(image, contentType="video/mpeg"))
    assert film.status_code == 406


@pytest.mark.parametrize("accept", ["application/json", "application/vnd.sun.wadl+xml"])
async def test_a_root_says_what_it_can_do(web: Web, accept: str) -> None:
    noord = await web.client()
    for where in ("/", "/capabilities"):
        answer = await noord.get(where, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(accept)
        assert "/studies/{study_instance_uid}/metadata" in answer.text
        assert "POST" in answer.text
