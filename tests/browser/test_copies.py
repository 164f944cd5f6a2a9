"""The viewer takes the HTJ2K copies of what it shows."""

import pytest
from playwright.async_api import Response
from tests.browser.reader import Radiologist, browser
from tests.programs import need
from tests.region import until

from crossread.commands.demo.radiologist import Person, find_task
from crossread.commands.demo.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.journey]


async def test_the_viewer_shows_copies_where_there_are_some(stage: Stage) -> None:
    program = need("chromium", "chromium")
    bram = Person(stage.url, "bram")
    await bram.sign_in()
    task = await find_task(bram, stage.main["accession_number"])

    async def copied() -> bool:
        async with stage.database.transaction() as db:
            cursor = await db.execute(
                """
                select 1
                from archive.study s
                join archive.copy c on c.study_id = s.id
                where s.accession_number = %s and c.object_key is not null
                limit 1
                """,
                (task["accession_number"],),
            )
            return await cursor.fetchone() is not None

    await until(copied, seconds=60, what="copies")
    async with browser(program) as page:
        problems: list[str] = []
        kinds: set[str] = set()

        def came(response: Response) -> None:
            if "/frames/" in response.url and response.ok:
                kinds.add(response.headers.get("content-type", "").partition("boundary")[0])

        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("response", came)
        her = Radiologist(page, stage.url)
        await her.sign_in("bram")
        await her.open_task(task["id"])
        await her.sees_images("current", "prior")
        assert problems == []
    assert any("image/jphc" in kind for kind in kinds), kinds
    await bram.close()
