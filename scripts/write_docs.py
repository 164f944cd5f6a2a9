"""Write the pages of docs/ that are generated from the code; `--check` only compares."""

import sys
from pathlib import Path

from crossread.access.model import RULES
from crossread.gateways.dicom.conformance import statement
from crossread.platform.configuration import PREFIX, names
from crossread.worklist.model import TRANSITIONS, TaskState

DOCS = Path(__file__).resolve().parents[1] / "docs"


def access() -> str:
    """The rule of access, as its table."""
    lines = [
        "# Who may see which study",
        "",
        "One function decides it: `crossread.access.model.decide`. It goes down this table, and",
        "the first line that applies answers. Every answer is written to the audit trail. This",
        "page is made from the table in the code by `scripts/write_docs.py`.",
        "",
        "| rule | applies to | answer | what she is told | what would make it a yes |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rule in RULES:
        answer = "**yes**" if rule.reason is None else f"no: `{rule.reason}`"
        lines.append(f"| {rule.name} | {rule.when} | {answer} | {rule.sentence} | {rule.remedy} |")
    return "\n".join(lines) + "\n"


def worklist() -> str:
    """The life of a task, as a picture and a table."""
    lines = [
        "# The life of a reading task",
        "",
        "`crossread.worklist.model.TRANSITIONS` is the whole of it; this page is made from it by",
        "`scripts/write_docs.py`.",
        "",
        "```mermaid",
        "stateDiagram-v2",
    ]
    lines += [
        f"    {before} --> {after}: {move.replace('_', ' ')}"
        for (before, move), after in TRANSITIONS.items()
        if before != after
    ]
    lines += ["```", "", "| state | UPS Procedure Step State (PS3.4 CC.1.1) |", "| --- | --- |"]
    lines += [f"| {state} | {state.ups} |" for state in TaskState]
    return "\n".join(lines) + "\n"


def configuration() -> str:
    """Every setting."""
    lines = [
        "# Configuration",
        "",
        "One TOML file (`--config`, `CROSSREAD_CONFIG`, or `crossread.toml` where you are) and",
        "variables; a variable wins over the file. A name that is not in this table is refused,",
        "with the nearest right one. Made by `scripts/write_docs.py`.",
        "",
        "| setting | variable | default | what it is for |",
        "| --- | --- | --- | --- |",
    ]
    for name, field in names().items():
        variable = PREFIX + name.upper().replace(".", "__")
        default = "" if field.default is None else f"`{field.default}`"
        lines.append(f"| `{name}` | `{variable}` | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


PAGES = {
    "access.md": access,
    "worklist.md": worklist,
    "configuration.md": configuration,
    "conformance/dicom.md": statement,
}


def stale() -> list[str]:
    """The pages that are not as the code says."""
    return [
        name
        for name, page in PAGES.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text(encoding="utf-8") != page()
    ]


if __name__ == "__main__":
    if "--check" in sys.argv:
        behind = stale()
        if behind:
            sys.exit(f"Run scripts/write_docs.py: {', '.join(behind)} lag behind the code.")
    else:
        for name, page in PAGES.items():
            (DOCS / name).write_text(page(), encoding="utf-8")
