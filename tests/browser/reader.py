"""A radiologist at the reading room, with her hands on the keyboard only."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # WebGL without a graphics card
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
PATIENCE = 60_000  # milliseconds; pictures are drawn in software


@asynccontextmanager
async def browser(program: str, *, width: int = 1600, height: int = 900) -> AsyncIterator[Page]:
    """A fresh Chromium with one page."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        context = await chromium.new_context(
            viewport={"width": width, "height": height}, locale="nl-NL"
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page
        await chromium.close()


class Radiologist:
    """What she does; each thing with keys alone."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    async def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def tab_to(self, test_id: str) -> None:
        """Press Tab until the element has the focus."""
        for _ in range(60):
            await self.press("Tab")
            here = await self.page.evaluate("document.activeElement?.dataset.testid ?? ''")
            if here == test_id:
                return
        raise AssertionError(f"{test_id} cannot be reached with Tab")

    async def sign_in(self, username: str) -> None:
        """Sign in as one of the demo people."""
        await self.page.goto(self.url)
        await expect(self.page.get_by_test_id(f"demo-{username}")).to_be_visible()
        await self.tab_to(f"demo-{username}")
        await self.press("Enter")
        await expect(self.page.get_by_test_id("sign-out")).to_be_visible()

    async def open_task(self, task_id: str) -> None:
        """Go to a row of the worklist, and open it; that claims it."""
        row = self.page.get_by_test_id(f"task-{task_id}")
        await expect(row).to_be_visible()
        await self.press("Home")
        for _ in range(30):
            if await row.get_attribute("aria-selected") == "true":
                break
            await self.press("j")
        await expect(row).to_have_attribute("aria-selected", "true")
        await self.press("Enter")

    async def sees_images(self, *viewports: str) -> None:
        """Wait until these viewports show an image."""
        for viewport in viewports:
            await expect(self.page.get_by_test_id(f"viewport-{viewport}")).to_have_attribute(
                "data-loaded", "true"
            )

    async def measures(self) -> None:
        """Draw a length in the image, with the cross that arrows move."""
        await self.press("l", "Enter")
        cursor = self.page.get_by_test_id("keyboard-cursor")
        await expect(cursor).to_be_visible()
        # from the middle of the image to the rim of the lesion, and across it
        await self.press(*["Shift+ArrowLeft"] * 9, "Shift+ArrowUp", "Enter")
        await self.press(*["Shift+ArrowRight"] * 6, *["ArrowDown"] * 3, "Enter")
        await expect(cursor).to_be_hidden()

    async def writes(self, section: str, text: str) -> None:
        """Type into a section of the report."""
        if await self.page.evaluate("document.activeElement?.tagName") == "TEXTAREA":
            await self.press("Escape")
        await self.press({"findings": "f", "impression": "m"}[section])
        await expect(self.page.get_by_test_id(f"section-{section}")).to_be_focused()
        await self.page.keyboard.type(text)

    async def signs(self) -> None:
        """Sign, and confirm."""
        await self.press("Control+Enter")
        await expect(self.page.get_by_test_id("confirm-sign")).to_be_visible()
        await self.press("Enter")

    async def picture(self, file: Path) -> None:
        """Take a picture of the screen."""
        await self.page.screenshot(path=file)
