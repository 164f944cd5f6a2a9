"""Tables of claims: printed, and written into docs/performance.md."""

import argparse
import os
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from bench.launch import BenchError, end_well

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


@dataclass(frozen=True, slots=True)
class Options:
    """How a bench is run."""

    quick: bool  # a small corpus and few rounds: to see that it works, not for figures
    write: bool
    rounds: int


@dataclass(frozen=True, slots=True)
class Row:
    """One claim and how it fares."""

    claim: str
    ours: str
    peer: str = ""
    ratio: float | None = None  # of ours to the peer's, so that larger is better
    aim: str = ""
    met: bool | None = None  # None: nothing is claimed, it is told for comparison

    def cells(self) -> tuple[str, ...]:
        """As words."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}×"
        met = {None: "", True: "yes", False: "**no**"}[self.met]
        return (self.claim, self.ours, self.peer, ratio, self.aim, met)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What one bench found."""

    name: str  # of its file
    title: str
    rows: Sequence[Row]
    notes: str = ""


HEAD = ("claim", "crossread", "peer", "ratio", "aim", "met")


def compared(
    claim: str, ours: str, peer: str, ratio: float, at_least: float, whom: str = ""
) -> Row:
    """A claim of being so many times as good as a peer."""
    aim = f"≥ {at_least:g}× {whom}".strip()
    return Row(claim, ours, peer, ratio, aim, ratio >= at_least)


def bounded(claim: str, figure: float, unit: str, at_most: float, peer: str = "") -> Row:
    """A claim of staying under a limit."""
    return Row(
        claim, f"{figure:.3g} {unit}", peer, None, f"≤ {at_most:g} {unit}", figure <= at_most
    )


def show(sheet: Sheet) -> None:
    """Print it."""
    table = Table(*HEAD, title=sheet.title, title_justify="left")
    for row in sheet.rows:
        table.add_row(*(cell.replace("**", "") for cell in row.cells()))
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(table)
    if sheet.notes:
        console.print(sheet.notes, highlight=False)


def write(sheet: Sheet, options: Options, page: Path = PAGE) -> None:
    """Put it between its marks in the page. Raises BenchError where the page has no such marks."""
    text = page.read_text(encoding="utf-8")
    begin, end = f"<!-- bench:{sheet.name} -->", f"<!-- /bench:{sheet.name} -->"
    if begin not in text or end not in text:
        raise BenchError(f"{page.name} has no marks {begin} … {end}.")
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    inside = f"{begin}\n{markdown(sheet, options)}\n{end}"
    page.write_text(pattern.sub(lambda _: inside, text), encoding="utf-8")


def markdown(sheet: Sheet, options: Options) -> str:
    """As a table of Markdown, with when, where and how it was made."""
    flags = " --quick" if options.quick else ""
    lines = [
        f"`python -m bench.{sheet.name}{flags}`, {datetime.now(UTC):%Y-%m-%d}, {machine()}.",
        "",
        "| " + " | ".join(HEAD) + " |",
        "| " + " | ".join("---" for _ in HEAD) + " |",
    ]
    lines += ["| " + " | ".join(row.cells()) + " |" for row in sheet.rows]
    if sheet.notes:
        lines += ["", sheet.notes]
    return "\n".join(lines)


def machine() -> str:
    """What it ran on: cores, memory, kind of disk."""
    memory = round(psutil.virtual_memory().total / 2**30)
    return f"{os.cpu_count()} cores, {memory} GB, {_disk()}, {platform.system()}"


def _disk() -> str:
    """The kind of disk under the temporary folder, as far as the kernel tells."""
    number = Path(tempfile.gettempdir()).stat().st_dev
    device = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not device.exists():
        return "unknown disk"
    name = device.resolve().name
    if name.startswith(("vd", "xvd")):
        return "virtual disk"
    for place in (device.resolve(), device.resolve().parent):
        if (place / "queue/rotational").exists():
            turns = (place / "queue/rotational").read_text().strip() == "1"
            return "hard disk" if turns else "solid-state disk"
    return "unknown disk"


def options(words: Sequence[str] | None = None, about: str = "") -> Options:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="small and rough: does it work")
    parser.add_argument("--write", action="store_true", help="write into docs/performance.md")
    parser.add_argument("--rounds", type=int, help="how often each is measured")
    given = parser.parse_args(words)
    return Options(given.quick, given.write, given.rounds or (1 if given.quick else 3))


def main(measure: Callable[[Options], Sheet], about: str | None) -> None:
    """Run one bench as a program."""
    end_well()
    asked = options(about=about or "")
    try:
        sheet = measure(asked)
        show(sheet)
        if asked.write:
            write(sheet, asked)
    except BenchError as error:
        sys.exit(str(error))
