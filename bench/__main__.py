"""All benches, one after the other: `python -m bench`; then the corpus is removed."""

import importlib
import shutil
import sys

from bench import corpus, made_studies, table
from bench.launch import end_well
from bench.measure import say

ORDER = ("store", "stow", "retrieve", "memory", "progressive", "qido", "cfind", "growth")


def main() -> None:
    """Run each; what fails is told at the end, and ends the program with 1."""
    end_well()
    asked = table.options(about=__doc__ or "")
    failed: list[str] = []
    try:
        # a server of made-up studies that all share who need one
        with made_studies.server():
            for name in ORDER:
                say(f"bench.{name}")
                try:
                    sheet = importlib.import_module(f"bench.{name}").measure(asked)
                    table.show(sheet)
                    if asked.write:
                        table.write(sheet, asked)
                except Exception as error:  # the others have their turn all the same
                    failed.append(f"{name}: {type(error).__name__}: {error}")
    finally:
        shutil.rmtree(corpus.home(), ignore_errors=True)
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
