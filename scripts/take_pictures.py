"""Take the pictures of the documentation: the demo as its people see it, in Chromium."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from tests.browser.reader import Radiologist, browser  # noqa: E402

from crossread.commands.demo.radiologist import Person, find_task  # noqa: E402
from crossread.commands.demo.stage import Wish, staged  # noqa: E402

IMAGES = ROOT / "docs" / "images"


async def take(program: str) -> None:
    """Walk a radiologist's and an administrator's path, with a picture of each screen."""
    IMAGES.mkdir(exist_ok=True)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="crossread-") as folder:
        async with staged(Wish(Path(folder), check=True, port=0), console) as stage:
            await stage.fill(console)
            bram = Person(stage.url, "bram")
            await bram.sign_in()
            task = await find_task(bram, stage.main["accession_number"])
            await bram.close()
            async with browser(program) as page:
                her = Radiologist(page, stage.url)
                await her.sign_in("bram")
                await her.picture(IMAGES / "worklist.png")
                await her.open_task(task["id"])
                await her.sees_images("current", "prior")
                await her.measures()
                await her.writes("findings", "Hyperdense haard in de rechter basale kernen.")
                await her.writes("impression", "Acute intracerebrale bloeding rechts.")
                await page.wait_for_timeout(2000)
                await her.picture(IMAGES / "reading.png")
            async with browser(program) as page:
                erik = Radiologist(page, stage.url)
                await erik.sign_in("erik")
                await erik.press("g", "r")
                await page.get_by_test_id("intake-plot").wait_for()
                await erik.picture(IMAGES / "archive.png")


if __name__ == "__main__":
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("chromium is not installed: apt-get install chromium")
    asyncio.run(take(chromium))
