"""An administrator looks after the archive, with the keyboard; a radiologist has no such screen."""

import asyncio
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.async_api import expect
from pydicom.uid import ExplicitVRLittleEndian
from tests.browser.reader import Radiologist, browser
from tests.gateways.dicom.listening import sendable, store_all
from tests.images import ct_series
from tests.programs import need

from crossread.commands.demo.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.journey]


async def test_an_administrator_finds_exports_sends_and_lets_in(
    stage: Stage, tmp_path: Path
) -> None:
    program = need("chromium", "chromium")
    [image] = ct_series(slices=1, number="0412873", issuer="")
    del image.StudyInstanceUID
    refused = sendable(image, ExplicitVRLittleEndian)
    assert await asyncio.to_thread(store_all, stage.dicom_port, [refused]) == [0xA900]
    async with browser(program) as page:
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        erik = Radiologist(page, stage.url)
        await erik.sign_in("erik")
        await erik.press("g", "r")
        await expect(page.get_by_test_id("storage")).to_contain_text("30")
        await expect(page.get_by_test_id("intake-plot")).to_be_visible()

        await erik.tab_to("archive-studies")
        await erik.press("Enter")
        await erik.tab_to("search-patient_name")
        await page.keyboard.type("geerts")
        await erik.press("Enter")
        rows = page.get_by_test_id("archive-study")
        await expect(rows).to_have_count(1)
        await rows.locator("button").focus()
        await erik.press("Enter")
        await erik.tab_to("export-study")
        async with page.expect_download() as downloading:
            await erik.press("Enter")
        download = await downloading.value
        await download.save_as(tmp_path / "study.zip")
        with ZipFile(tmp_path / "study.zip") as opened:
            assert opened.testzip() is None
            assert "DICOMDIR" in opened.namelist()
        await erik.tab_to("send-study")
        await erik.press("Enter")
        await expect(page.get_by_role("dialog").locator(".good")).to_be_visible()
        await erik.press("Escape")

        await erik.tab_to("archive-transfers")
        await erik.press("Enter")
        await page.get_by_role("button", name="Klaar").focus()
        await erik.press("Enter")
        await expect(page.get_by_test_id("transfer")).to_have_attribute("data-state", "done")

        await erik.tab_to("archive-quarantine")
        await erik.press("Enter")
        held = page.get_by_test_id("held")
        await expect(held).to_have_attribute("data-state", "missing_uid")
        await held.locator("button").focus()
        await erik.press("Enter")
        await page.get_by_test_id("mend-StudyInstanceUID").fill("2.25.4711")
        await page.get_by_test_id("resolve-reason").fill("De scanner liet de UID weg")
        await erik.press("Enter")
        await expect(held).to_have_count(0)
        assert problems == []

    async with browser(program) as page:
        bram = Radiologist(page, stage.url)
        await bram.sign_in("bram")
        await bram.press("g", "r")
        await expect(page.get_by_test_id("storage")).to_have_count(0)
