"""Export and import from the screen: for a hospital's own administrator, and nobody else."""

import asyncio
import os
import zipfile
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
from pydicom import Dataset
from tests.gateways.dicom.listening import sendable, store_all
from tests.images import ct_series
from tests.region import Browser, Region, until

from crossread.archive import store

ADMINISTRATOR = "pacs_administrator@noord"


def medium(images: list[Dataset], **others: bytes) -> bytes:
    """A ZIP of these images, as somebody burnt them."""
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as zipped:
        for number, image in enumerate(images):
            file = BytesIO()
            image.save_as(file, enforce_file_format=True)
            zipped.writestr(f"IMAGES/{number}", file.getvalue())
        for name, content in others.items():
            zipped.writestr(name, content)
    return whole.getvalue()


async def bring(browser: Browser, content: bytes, **params: str) -> httpx.Response:
    return await browser.http.post(
        "/api/archive/imports",
        content=content,
        params=params,
        headers={"Content-Type": "application/zip"},
    )


async def ended(browser: Browser, brought: httpx.Response) -> dict[str, Any]:
    assert brought.status_code == 202, brought.text
    path = f"/api/archive/imports/{brought.json()['id']}"

    async def look() -> dict[str, Any] | None:
        found: dict[str, Any] = await browser.get(path)
        return found if found["ended_at"] else None

    found: dict[str, Any] = await until(look, what="the import")
    return found


async def study_id(region: Region, image: Dataset) -> str:
    async with region.database.transaction() as db:
        study = await store.study_by_uid(db, "noord", image.StudyInstanceUID)
    assert study is not None
    return str(study.id)


async def test_a_zip_is_taken_in_in_the_background_with_its_refusals(region: Region) -> None:
    browser = await region.browser(ADMINISTRATOR)
    images = ct_series(slices=3)
    brought = await bring(browser, medium(images, **{"../out": b"x", "cut": b"\2\0\0\0UL\4\0"}))
    found = await ended(browser, brought)
    assert (found["state"], found["stored"], found["refused"]) == ("finished", 3, 2)
    assert {one["name"]: one["reason"] for one in found["refusals"]} == {
        "../out": "path",
        "cut": "not_dicom",
    }
    assert found["studies"] == [await study_id(region, images[0])]
    again = await ended(browser, await bring(browser, medium(images)))
    assert (again["stored"], again["repeated"]) == (0, 3)
    assert len(await browser.get("/api/archive/imports")) == 2

    async def gone() -> bool:
        return not [one async for one in region.objects.list("imports")]

    await until(gone, what="what was brought to be let go of")


async def test_an_import_survives_a_worker_that_is_killed(region: Region) -> None:
    browser = await region.browser(ADMINISTRATOR)
    images = ct_series(slices=60)
    brought = await bring(browser, medium(images))
    await region.kill_worker()
    region.start_worker()
    found = await ended(browser, brought)
    assert found["stored"] + found["repeated"] == 60
    assert found["seen"] == 60


async def test_what_is_no_zip_at_all_is_one_file(region: Region) -> None:
    browser = await region.browser(ADMINISTRATOR)
    found = await ended(browser, await bring(browser, b"hello, I am a text"))
    assert (found["state"], found["others"], found["stored"]) == ("finished", 1, 0)
    empty = await bring(browser, b"")
    assert empty.status_code == 400


async def test_a_broken_zip_says_so(region: Region) -> None:
    browser = await region.browser(ADMINISTRATOR)
    content = medium(ct_series(slices=1))
    end = content.rindex(b"PK\5\6")
    broken = content[: end - 60] + os.urandom(60) + content[end:]
    found = await ended(browser, await bring(browser, broken))
    assert found["state"] == "failed"
    assert found["sentence"]


async def test_a_study_goes_out_as_a_zip_and_that_is_written_down(region: Region) -> None:
    images = ct_series(slices=3)
    await asyncio.to_thread(store_all, region.dicom.port, [sendable(image) for image in images])
    browser = await region.browser(ADMINISTRATOR)
    answer = await browser.http.get(
        f"/api/archive/studies/{await study_id(region, images[0])}/export.zip"
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as zipped:
        assert zipped.testzip() is None
        assert len(zipped.namelist()) == 5
    assert "Jansen" not in str(answer.headers)
    async with region.database.transaction() as db:
        rows = await (
            await db.execute("select subject_kind, allowed from audit.entry where action='export'")
        ).fetchall()
    assert rows == [{"subject_kind": "study", "allowed": True}]


async def test_nobody_else_gets_a_study_or_brings_one(region: Region) -> None:
    images = ct_series(slices=1)
    await asyncio.to_thread(store_all, region.dicom.port, [sendable(image) for image in images])
    path = f"/api/archive/studies/{await study_id(region, images[0])}/export.zip"
    elsewhere = await region.browser("pacs_administrator@midden")
    assert (await elsewhere.http.get(path)).status_code == 404
    radiologist = await region.browser("radiologist@noord")
    assert (await radiologist.http.get(path)).status_code == 403
    assert (await bring(radiologist, medium(images))).status_code == 403
    own = await region.browser(ADMINISTRATOR)
    brought = await ended(own, await bring(own, medium(images)))
    other = await elsewhere.http.get(f"/api/archive/imports/{brought['id']}")
    assert other.status_code == 404
    assert await elsewhere.get("/api/archive/imports") == []
    assert (await own.http.get(f"/api/archive/imports/{uuid4()}")).status_code == 404
