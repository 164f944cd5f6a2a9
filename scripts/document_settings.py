"""Write docs/configuration.md from the settings themselves, so that it cannot lag behind.

`python scripts/document_settings.py` writes the page; a test sees that it is as it should be.
"""

from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crossread.platform.configuration import PREFIX, Settings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"

_HEAD = """\
# Configuration

crossread reads one TOML file and variables of the environment. It needs neither: what is absent
has the value named below.

- The file is the one that `--config` names, else the one in `CROSSREAD_CONFIG`, else
  `crossread.toml` in the current folder.
- A variable is called `CROSSREAD_` and the name of the setting in capitals, with `__` where the
  file has a section: `[web] port` is `CROSSREAD_WEB__PORT`. A variable wins over the file.
- A name that nobody knows is refused, with the nearest right one.

```toml
data_folder = "/srv/crossread"
database_url = "postgresql://crossread@database/crossread"

[web]
host = "0.0.0.0"
public_url = "https://crossread.example.org"
```

`crossread doctor` checks what the settings point at, and says what to mend.

This page is written by `scripts/document_settings.py`; change the settings' own descriptions.
"""


def page() -> str:
    """The whole page."""
    own = {name: field for name, field in Settings.model_fields.items() if _section(field) is None}
    parts = [_HEAD, "## At the top\n", _table("", own)]
    for name, field in Settings.model_fields.items():
        section = _section(field)
        if section is not None:
            parts += [f"## [{name}]\n", f"{section.__doc__}\n", _table(name, section.model_fields)]
    return "\n".join(parts)


def _section(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _table(section: str, fields: dict[str, FieldInfo]) -> str:
    lines = [
        "| setting | variable | kind | when absent | what it is |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, field in fields.items():
        variable = PREFIX + "__".join(part.upper() for part in (section, name) if part)
        lines.append(
            f"| `{name}` | `{variable}` | {_kind(field.annotation)} | {_absent(field.default)} |"
            f" {field.description} |"
        )
    return "\n".join(lines) + "\n"


def _kind(kind: Any) -> str:
    """What kind of value it is, in words."""
    if get_origin(kind) is Literal:
        return " or ".join(f"`{one}`" for one in get_args(kind))
    options = [one for one in get_args(kind) if one is not type(None)]
    if options:
        return " or ".join(_kind(one) for one in options)
    words = {str: "text", int: "whole number", float: "number", bool: "true or false", Path: "path"}
    return words.get(kind, str(kind))


def _absent(default: Any) -> str:
    match default:
        case None | "":
            return "—"
        case bool():
            return f"`{str(default).lower()}`"
        case Enum():
            return f"`{default.value}`"
    return f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
