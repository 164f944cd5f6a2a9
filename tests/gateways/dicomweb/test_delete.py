"""What a hospital takes back is gone; only who may can do it, and a legal hold forbids it."""

from datetime import UTC, datetime

from tests.gateways.dicomweb.conftest import Web, file, related
from tests.gateways.dicomweb.test_wado import kept, path
from tests.images import ct_series

from crossread.hospitals.model import Right


async def test_instance_series_and_study_are_taken_back(web: Web) -> None:
    images = ct_series(slices=3)
    study = f"/studies/{images[0].StudyInstanceUID}"
    noord = await kept(web, images)
    deletes = await web.client("noord", Right.DELETE)
    for path_of in (path(images[0]), path(images[0], instance=False), study):
        assert (await noord.delete(path_of)).status_code == 403
    assert (await deletes.delete(path(images[0]))).status_code == 204
    assert (await noord.get(path(images[0]))).status_code == 404
    assert len((await noord.get(f"{study}/metadata")).json()) == 2
    assert (await deletes.delete(path(images[0]))).status_code == 404
    await kept(web, images[:1])  # it comes again as new
    assert len((await noord.get(f"{study}/metadata")).json()) == 3

    assert (await deletes.delete(study)).status_code == 204
    answer = await noord.get(f"{study}/series")
    assert answer.status_code in {204, 404}
    headers, body = related([file(image) for image in images])
    refused = await noord.post("/studies", headers=headers, content=body)
    assert refused.status_code == 409
    written = await web.rows("select action from audit.entry where action in ('delete', 'erase')")
    assert {one["action"] for one in written} == {"delete", "erase"}


async def test_what_is_held_is_not_erased(web: Web) -> None:
    images = ct_series(slices=1)
    await kept(web, images)
    deletes = await web.client("noord", Right.DELETE)
    async with web.database.transaction() as db:
        await db.execute(
            """
            insert into archive.hold (id, hospital_id, study_id, reason, placed_at)
            select gen_random_uuid(), hospital_id, id, 'a claim', %s from archive.study
            """,
            (datetime.now(UTC),),
        )
    for path_of in (path(images[0]), f"/studies/{images[0].StudyInstanceUID}"):
        answer = await deletes.delete(path_of)
        assert answer.status_code in {400, 403, 409}
        assert answer.json()["sentence"]
