"""A hospital sees and changes its own file, and nobody else's; a key may what it may."""

import httpx
from tests.gateways.dicomweb.conftest import Web, file, related
from tests.images import ct_series
from tests.region import Region

from crossread.hospitals import keys
from crossread.hospitals.model import Right
from crossread.platform import clock

PATHS = ("", "/metadata", "/series", "/series/{series}", "/series/{series}/metadata")


async def sent(web: Web, client: httpx.AsyncClient) -> dict[str, str]:
    [image] = ct_series(slices=1)
    headers, body = related([file(image)])
    assert (await client.post("/studies", headers=headers, content=body)).status_code == 200
    return {
        "study": str(image.StudyInstanceUID),
        "series": str(image.SeriesInstanceUID),
        "instance": str(image.SOPInstanceUID),
    }


def paths(uids: dict[str, str]) -> list[str]:
    instance = "/series/{series}/instances/{instance}"
    tails = (*PATHS, instance, f"{instance}/metadata", f"{instance}/frames/1")
    return [f"/studies/{uids['study']}{tail}".format(**uids) for tail in tails]


async def test_another_hospital_finds_nothing_of_it_anywhere(web: Web) -> None:
    noord, midden = await web.client("noord"), await web.client("midden")
    uids = await sent(web, noord)
    for path in paths(uids):
        assert (await noord.get(path)).status_code == 200, path
        assert (await midden.get(path)).status_code == 404, path
        # with its own key at the other's root
        assert (await midden.get(web.root("noord") + path)).status_code == 403, path
    headers, body = related([file(image) for image in ct_series(slices=1)])
    there = await midden.post(f"{web.root('noord')}/studies", headers=headers, content=body)
    assert there.status_code == 403
    assert await web.rows("select * from archive.study where hospital_id = 'midden'") == []
    refused = await web.rows("select * from audit.entry where not allowed")
    assert {(one["action"], one["hospital_id"]) for one in refused} == {
        ("images", "noord"),
        ("store", "noord"),
    }


async def test_a_stranger_is_asked_who_she_is(web: Web) -> None:
    uids = await sent(web, await web.client())
    async with httpx.AsyncClient(base_url=web.root(), trust_env=False) as nobody:
        for credentials in ({}, {"Authorization": "Bearer guess"}, {"Authorization": "Basic !"}):
            for path in paths(uids):
                answer = await nobody.get(path, headers=credentials)
                assert answer.status_code == 401
                assert answer.headers["www-authenticate"].startswith("Basic")


async def test_old_clients_name_the_hospital_and_its_key_as_user_and_password(web: Web) -> None:
    key = await web.key("noord")
    uids = await sent(web, await web.client())
    for user, status in (("noord", 200), ("midden", 401)):
        async with httpx.AsyncClient(auth=(user, key), trust_env=False) as old:
            answer = await old.get(f"{web.root()}{paths(uids)[0]}")
            assert answer.status_code == status


async def test_a_key_may_only_what_it_was_made_for(web: Web) -> None:
    reads, stores = await web.client("noord", Right.READ), await web.client("noord", Right.STORE)
    headers, body = related([file(image) for image in ct_series(slices=1)])
    assert (await reads.post("/studies", headers=headers, content=body)).status_code == 403
    uids = await sent(web, stores)
    assert (await reads.get(f"/studies/{uids['study']}")).status_code == 200
    assert (await stores.get(f"/studies/{uids['study']}")).status_code == 403


async def test_a_revoked_key_is_refused_within_seconds(web: Web) -> None:
    noord = await web.client()
    uids = await sent(web, noord)
    async with web.database.transaction() as db:
        [key] = await web.rows("select id from hospitals.key")
        await keys.revoke(db, "noord", key["id"], clock.now())

    async def refused() -> bool:
        return (await noord.get(f"/studies/{uids['study']}/metadata")).status_code == 401

    from tests.region import until

    await until(refused, seconds=5, what="the key to count no more")


async def test_what_is_seen_and_stored_is_written_down_once_a_while(web: Web) -> None:
    noord = await web.client()
    uids = await sent(web, noord)
    for _ in range(3):
        for path in paths(uids):
            await noord.get(path)
    written = await web.rows(
        "select action, facts from audit.entry where subject_kind = 'study' order by id"
    )
    assert [one["action"] for one in written] == ["store", "images"]
    assert written[0]["facts"]["by"].startswith("key ")


async def test_people_see_their_own_hospital_and_its_pacs_administrator_changes_it(
    region: Region,
) -> None:
    headers, body = related([file(image) for image in ct_series(slices=1)])
    answers = {}
    for person in (
        "pacs_administrator@noord", "radiologist@noord", "planner@noord", "radiologist@midden",
    ):  # fmt: skip
        browser = await region.browser(person)
        root = "/api/hospitals/noord/dicom-web"
        stored = await browser.http.post(f"{root}/studies", headers=headers, content=body)
        seen = await browser.http.get(f"{root}/studies/1.2.3/metadata")
        answers[person] = (stored.status_code, seen.status_code)
    assert answers == {
        "pacs_administrator@noord": (200, 404),
        "radiologist@noord": (403, 404),
        "planner@noord": (403, 403),
        "radiologist@midden": (403, 403),
    }
