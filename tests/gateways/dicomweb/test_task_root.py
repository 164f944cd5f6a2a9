"""Around a task a reader sees what the rule of access opens to her, and changes nothing."""

from tests.gateways.dicomweb.conftest import file, related
from tests.images import ct_series
from tests.journeys.test_bad_days import claimed, send_order
from tests.region import Region

from crossread.consent.model import Decision


async def test_a_reader_searches_and_opens_the_studies_of_her_tasks_person(
    region: Region,
) -> None:
    await send_order(region)
    mine = ct_series()
    await region.pacs["noord"].send(region.dicom.port, mine)
    await region.pacs["noord"].send(region.dicom.port, ct_series(number="N999", accession="A9"))
    await region.consent("noord")
    midden = await region.browser("radiologist@midden")
    path, _ = await claimed(region, midden)
    root = f"{path}/dicom-web"
    [found] = await midden.get(f"{root}/studies")
    study = mine[0].StudyInstanceUID
    assert found["0020000D"]["Value"] == [study]
    assert found["00081190"]["Value"] == [f"http://test{root}/studies/{study}"]
    [series] = await midden.get(f"{root}/series")
    told = await midden.get(f"{root}/studies/{study}/metadata")
    assert len(told) == series["00201209"]["Value"][0] == 3
    uri = told[0]["7FE00010"]["BulkDataURI"]
    assert uri.startswith(f"http://test{root}/studies/{study}/series/")
    assert (await midden.http.get(uri)).status_code == 200
    thumbnail = await midden.http.get(f"{root}/studies/{study}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/jpeg"

    headers, body = related([file(image) for image in ct_series(slices=1)])
    for path_of in (f"{root}/studies", f"{root}/studies/{study}"):
        stored = await midden.http.post(path_of, headers=headers, content=body)
        assert stored.status_code in {404, 405}
        assert (await midden.http.delete(path_of)).status_code in {404, 405}
    own = "/api/hospitals/noord/dicom-web"
    assert (await midden.http.get(f"{own}/studies/{study}/metadata")).status_code == 403

    await region.consent("noord", Decision.DENY)
    assert (await midden.http.get(f"{root}/studies")).status_code == 204
