"""The tables of docs/performance.md: each bench has its place there, and writes only that."""

from pathlib import Path

import pytest
from bench.__main__ import ORDER
from bench.launch import BenchError
from bench.table import Options, Row, Sheet

from bench import table

OPTIONS = Options(quick=False, write=True, rounds=3)


def test_every_bench_has_its_place_in_the_page() -> None:
    page = table.PAGE.read_text(encoding="utf-8")
    for name in ORDER:
        assert f"<!-- bench:{name} -->" in page
        assert f"<!-- /bench:{name} -->" in page


def test_a_table_replaces_what_was_between_its_marks_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- bench:store -->\nold\n<!-- /bench:store -->\nafter\n")
    sheet = Sheet("store", "C-STORE", [table.compared("C-STORE", "9 MB/s", "3 MB/s", 3.0, 3.0)])

    table.write(sheet, OPTIONS, page)
    table.write(sheet, OPTIONS, page)

    written = page.read_text()
    assert written.startswith("before\n<!-- bench:store -->\n`python -m bench.store`, ")
    assert "| C-STORE | 9 MB/s | 3 MB/s | 3.00× | ≥ 3× | yes |" in written
    assert written.endswith("<!-- /bench:store -->\nafter\n")
    assert "old" not in written


def test_a_claim_that_is_not_met_is_said_to_be_so() -> None:
    assert table.bounded("memory", 512, "MB", 400).cells()[-1] == "**no**"
    assert Row("for comparison", "1").cells()[-1] == ""


def test_a_page_without_marks_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("nothing")
    with pytest.raises(BenchError, match="has no marks"):
        table.write(Sheet("store", "", []), OPTIONS, page)
