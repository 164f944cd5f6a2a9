"""A viewer that asks for HTJ2K gets the copy, in parts where it likes; all others what is kept."""

from pydicom import Dataset
from tests.archive.test_copies import large
from tests.gateways.dicomweb.conftest import Web, file

from crossread.archive import copies, htj2k, store
from crossread.platform import clock
from crossread.platform.objects import Objects

HTJ2K = "1.2.840.10008.1.2.4.202"
ALONE = f"image/jphc; transfer-syntax={HTJ2K}"


def path(image: Dataset) -> str:
    return (
        f"/studies/{image.StudyInstanceUID}/series/{image.SeriesInstanceUID}"
        f"/instances/{image.SOPInstanceUID}/frames/1"
    )


async def stored(web: Web, image: Dataset, *, copied: bool) -> None:
    client = await web.client()
    answer = await client.post(
        "/studies", content=file(image), headers={"Content-Type": "application/dicom"}
    )
    assert answer.status_code == 200, answer.text
    if copied:
        async with web.database.transaction() as db:
            study = await store.study_by_uid(db, "noord", image.StudyInstanceUID)
        assert study is not None
        objects = Objects(str(web.folder / "objects"))
        made = await copies.make(web.database, objects, study.id, clock.now())
        assert made.copies == 1


async def test_a_viewer_gets_the_copy_and_its_parts(web: Web) -> None:
    [image] = large(slices=1, side=512)
    await stored(web, image, copied=True)
    client = await web.client()
    whole = await client.get(path(image), headers={"Accept": ALONE})
    assert (whole.status_code, whole.headers["content-type"]) == (200, ALONE)
    assert htj2k.decoded(whole.content).tobytes() == image.PixelData
    ends = htj2k.resolutions(whole.content[:512])
    part = await client.get(
        path(image), headers={"Accept": ALONE, "Range": f"bytes=0-{ends[3] - 1}"}
    )
    assert part.status_code == 206
    assert part.headers["content-range"] == f"bytes 0-{ends[3] - 1}/{len(whole.content)}"
    assert part.content == whole.content[: ends[3]]
    assert len(part.content) < len(image.PixelData) / 3
    assert htj2k.decoded(part.content, halvings=2).shape == (128, 128)
    rest = await client.get(path(image), headers={"Accept": ALONE, "Range": f"bytes={ends[3]}-"})
    assert part.content + rest.content == whole.content
    octets = f'multipart/related; type="application/octet-stream"; transfer-syntax={HTJ2K}'
    related = await client.get(path(image), headers={"Accept": octets})
    assert whole.content in related.content


async def test_who_does_not_ask_gets_what_is_kept(web: Web) -> None:
    [image] = large(slices=1)
    await stored(web, image, copied=True)
    client = await web.client()
    anything = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
    answer = await client.get(path(image), headers={"Accept": anything})
    assert image.PixelData in answer.content


async def test_without_a_copy_a_viewer_takes_its_second_choice(web: Web) -> None:
    [image] = large(slices=1)
    await stored(web, image, copied=False)
    client = await web.client()
    assert (await client.get(path(image), headers={"Accept": ALONE})).status_code == 406
    plain = "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1"
    answer = await client.get(path(image), headers={"Accept": f"{ALONE}, {plain};q=0.5"})
    assert answer.content == image.PixelData
    part = await client.get(path(image), headers={"Accept": plain, "Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, image.PixelData[10:20])
