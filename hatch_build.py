"""A wheel always holds the built reading room.

A wheel without it would install and start, and show nobody anything. So where it is absent it is
built, as Node is what a clone needs anyway, and where it cannot be built the wheel is refused. An
editable installation is let through: `make setup` builds the reading room afterwards.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ReadingRoomHook(BuildHookInterface):  # type: ignore[type-arg]
    """Sees to it that the reading room is built before it is packed."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the reading room where it is absent. Raises RuntimeError when that cannot be."""
        root = Path(self.root)
        page = root / "src" / "crossread" / "web" / "reading_room" / "index.html"
        if version == "editable" or page.exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                "The reading room is not built, and npm is not here to build it."
                " Install Node 20.19 or later (https://nodejs.org), then try again."
            )
        for step in (["ci"], ["run", "build"]):
            print(f"Reading room: npm {' '.join(step)}", file=sys.stderr)
            subprocess.run([npm, *step], cwd=root / "reading-room", check=True)  # noqa: S603
        if not page.exists():
            raise RuntimeError("`npm run build` left no reading_room/index.html where it belongs.")
