"""The demo with its studies, as a user starts it, for every walk through the screens."""

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rich.console import Console

from crossread.commands.demo.stage import Stage, Wish, staged


@pytest.fixture(scope="session")
async def stage() -> AsyncIterator[Stage]:
    """Three hospitals, and crossread with what they sent."""
    with tempfile.TemporaryDirectory(prefix="crossread-") as folder:
        wish = Wish(Path(folder), check=True, port=0)
        async with staged(wish, Console(quiet=True)) as made:
            await made.fill(Console(quiet=True))
            yield made
