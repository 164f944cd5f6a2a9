"""See that every installed package, Python's and npm's, has a licence that we can live with.

Run by `make check`; prints each package that has not, and ends with 1 if there is one.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

LOCK = Path(__file__).resolve().parents[1] / "reading-room" / "package-lock.json"

ALLOWED = frozenset(
    {
        "0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0",
        "CC-BY-4.0", "CC0-1.0", "HPND", "ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0",
        "Python-2.0", "Unlicense", "Zlib",
    }
)  # fmt: skip

# used unmodified, as libraries that whoever installs them can replace: what the LGPL asks for
UNMODIFIED_LIBRARIES = frozenset({"psycopg", "psycopg-binary", "psycopg-pool"})
LGPL = frozenset({"LGPL-3.0-only", "LGPL-3.0-or-later", "LGPL-2.1-or-later"})

# packages that forget to say it where programs look, and the file in which they do say it
SAYS_ELSEWHERE = {"rechoir": "MIT"}  # its LICENSE

# how licences were called before SPDX: in classifiers, and in the free field
_OLD_NAMES = {
    "apache": "Apache-2.0",
    "bsd": "BSD",
    "isc": "ISC",
    "mit": "MIT",
    "mozilla public license 2.0": "MPL-2.0",
    "mpl-2.0": "MPL-2.0",
    "python software foundation": "PSF-2.0",
    "psf": "PSF-2.0",
    "historical permission notice": "HPND",
    "the unlicense": "Unlicense",
}


@dataclass(frozen=True, slots=True)
class Package:
    """A package that is installed, and the licence that it names (SPDX where it can be had)."""

    origin: str  # 'python' or 'npm'
    name: str
    licence: str

    @property
    def is_fine(self) -> bool:
        """Whether we can live with its licence."""
        allowed = ALLOWED | LGPL if self.name.lower() in UNMODIFIED_LIBRARIES else ALLOWED
        return allows(self.licence, allowed)


def allows(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met with these licences: AND needs all of it, OR one.

    An exception (WITH) only ever permits more and is passed over. Source: SPDX 2.3 Annex D.
    """
    tokens = re.findall(r"[()]|[\w.+-]+", re.sub(r"(?i)\s+with\s+\S+", "", expression))
    return bool(tokens) and _either(tokens, allowed) and not tokens


def _either(tokens: list[str], allowed: frozenset[str]) -> bool:
    met = _both(tokens, allowed)
    while tokens and tokens[0].upper() == "OR":
        tokens.pop(0)
        met = _both(tokens, allowed) or met
    return met


def _both(tokens: list[str], allowed: frozenset[str]) -> bool:
    met = _one(tokens, allowed)
    while tokens and tokens[0].upper() == "AND":
        tokens.pop(0)
        met = _one(tokens, allowed) and met
    return met


def _one(tokens: list[str], allowed: frozenset[str]) -> bool:
    if not tokens:
        return False
    token = tokens.pop(0)
    if token != "(":  # noqa: S105 - no password
        return token in allowed
    met = _either(tokens, allowed)
    return bool(tokens) and tokens.pop(0) == ")" and met


def of_python(found: Sequence[Distribution]) -> Iterator[Package]:
    """The packages of these distributions."""
    for one in found:
        yield Package("python", one.name, _named_by(one))


def _named_by(one: Distribution) -> str:
    """The licence a distribution names: as an expression, in classifiers, or in the free field."""
    if "License-Expression" in one.metadata:
        return one.metadata["License-Expression"]
    classifiers = one.metadata.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    names = [name for name in names if name != "OSI Approved"]
    if not names:
        (free, *_) = one.metadata.get_all("License") or [""]
        names = [free.strip().partition("\n")[0]]
    return " AND ".join(_modern(name) for name in names)


def _modern(name: str) -> str:
    """The SPDX name of a licence that is named the old way; unknown names stay as they are."""
    lower = name.lower()
    if name in ALLOWED | LGPL or "gpl" in lower or "gnu" in lower:
        return name  # "MIT or GPL", told freely, is for a person to judge
    for beginning, spdx in _OLD_NAMES.items():
        if lower.startswith(beginning):
            return spdx
    return name or "none named"


def of_npm(lock: Path) -> Iterator[Package]:
    """The packages that an npm lock file names; nothing where there is no such file."""
    if not lock.exists():
        return
    for place, entry in json.loads(lock.read_text(encoding="utf-8"))["packages"].items():
        name = place.rpartition("node_modules/")[2]
        if not name or entry.get("link"):
            continue
        yield Package("npm", name, entry.get("license") or SAYS_ELSEWHERE.get(name, "none named"))


def main() -> int:
    """Print what is not fine; 0 when all is, else 1."""
    packages = [*of_python(list(distributions())), *of_npm(LOCK)]
    wrong = sorted({one for one in packages if not one.is_fine}, key=lambda one: one.name)
    for one in wrong:
        print(f"{one.origin} package {one.name} has the licence '{one.licence}'", file=sys.stderr)
    if wrong:
        print("These may not be used here: see ALLOWED in this script.", file=sys.stderr)
        return 1
    print(f"Licences: {len(packages)} packages, all fine.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
