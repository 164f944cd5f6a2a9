"""The radiologist's path, from sign-in to delivery, with the keyboard only."""

from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.browser.reader import Radiologist, browser
from tests.programs import need

from crossread.commands.demo.radiologist import Person, find_task
from crossread.commands.demo.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.journey]


async def test_a_radiologist_reads_and_signs_without_a_mouse(stage: Stage, tmp_path: Path) -> None:
    program = need("chromium", "chromium")
    bram = Person(stage.url, "bram")
    await bram.sign_in()
    task = await find_task(bram, stage.main["accession_number"])
    async with browser(program) as page:
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        her = Radiologist(page, stage.url)
        await her.sign_in("bram")
        await her.picture(tmp_path / "worklist.png")
        await her.open_task(task["id"])
        await her.sees_images("current", "prior")
        await her.measures()
        await her.writes("findings", "Hyperdense haard in de rechter basale kernen.")
        await her.writes("impression", "Acute intracerebrale bloeding rechts.")
        await her.picture(tmp_path / "reading.png")
        await her.signs()
        for kind in ("report", "measurements", "annotations"):
            await expect(page.get_by_test_id(f"delivery-{kind}").first).to_have_attribute(
                "data-state", "acknowledged"
            )
        await her.picture(tmp_path / "delivered.png")
        assert problems == []
    inbox = await stage.hospitals[stage.main["hospital"]].inbox()
    [report] = [
        one["text"]
        for one in inbox
        if "ORU^R01" in one["text"] and task["accession_number"] in one["text"]
    ]
    assert "Acute intracerebrale bloeding rechts." in report
    await bram.close()
