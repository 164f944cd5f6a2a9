"""A few rounds of what `make kill` does a hundred times."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.journey

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "kill_ingest.py"


def test_what_was_acknowledged_survives_five_kills_and_nothing_else_takes_room() -> None:
    told = subprocess.run(
        [sys.executable, str(SCRIPT), "--kills", "5", "--associations", "3", "--database", "0.4"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "✓" in told.stdout
