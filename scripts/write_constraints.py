"""Write constraints.txt: the versions with which this was last known to work.

Only what crossread and its development need, as they are installed here; whoever installs with
`--constraint constraints.txt` gets the same.
"""

import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]


def needed(requirements: Iterable[str]) -> dict[str, str]:
    """Every package that these ask for, directly or not, and its version here."""
    found: dict[str, str] = {}
    waiting = [Requirement(one) for one in requirements]
    asked: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        one = waiting.pop()
        name, extras = canonicalize_name(one.name), frozenset(one.extras)
        if (name, extras) in asked or not _applies(one, frozenset({""})):
            continue
        asked.add((name, extras))
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue  # not for this platform
        found[name] = installed.version
        more = [Requirement(line) for line in installed.requires or ()]
        waiting += [_bare(each) for each in more if _applies(each, extras | {""})]
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def _bare(requirement: Requirement) -> Requirement:
    """The same without its marker, which has been looked at."""
    requirement.marker = None
    return requirement


def main() -> None:
    """Write the file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found = needed([*project["project"]["dependencies"], *project["dependency-groups"]["dev"]])
    lines = [f"{name}=={version}\n" for name, version in sorted(found.items())]
    (ROOT / "constraints.txt").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
