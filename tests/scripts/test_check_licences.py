"""Only licences that we can live with come in."""

import json
from importlib.metadata import distributions
from pathlib import Path

import pytest
from scripts.check_licences import ALLOWED, Package, allows, of_npm, of_python


def installed(folder: Path, name: str, *lines: str) -> Package:
    """A distribution that says this of itself."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(
        "\n".join(["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", *lines, ""])
    )
    (package,) = of_python(list(distributions(path=[str(folder)])))
    return package


@pytest.mark.parametrize(
    "line",
    [
        "License-Expression: GPL-3.0-only",
        "License-Expression: AGPL-3.0-or-later",
        "License: GPL",
        "License: MIT or GPLv3, as you like",
        "License: UNKNOWN",
        "Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)",
        "Summary: names no licence",
    ],
)
def test_a_distribution_under_the_gpl_or_under_nothing_is_flagged(
    tmp_path: Path, line: str
) -> None:
    assert not installed(tmp_path, "viral", line).is_fine


@pytest.mark.parametrize(
    "line",
    [
        "License-Expression: MIT AND PSF-2.0",
        "License: BSD 2-Clause License",
        "Classifier: License :: OSI Approved :: Apache Software License",
        "Classifier: License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)",
    ],
)
def test_a_permissive_distribution_is_fine(tmp_path: Path, line: str) -> None:
    assert installed(tmp_path, "kind", line).is_fine


def test_the_lgpl_is_fine_for_the_libraries_that_are_named_and_no_others() -> None:
    assert Package("python", "psycopg", "LGPL-3.0-only").is_fine
    assert not Package("python", "another", "LGPL-3.0-only").is_fine


@pytest.mark.parametrize(
    ("expression", "fine"),
    [
        ("MIT OR GPL-2.0-only", True),
        ("MIT AND GPL-2.0-only", False),
        ("(WTFPL OR MIT)", True),
        ("GPL-2.0-only OR (MIT AND GPL-3.0-only)", False),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("GPL-3.0-only WITH Classpath-exception-2.0", False),
        ("", False),
        ("(MIT", False),
    ],
)
def test_an_expression_is_read_as_spdx_says(expression: str, fine: bool) -> None:
    assert allows(expression, ALLOWED) is fine


def test_npm_packages_are_looked_at_too(tmp_path: Path) -> None:
    lock = tmp_path / "package-lock.json"
    packages = {
        "": {"license": "Apache-2.0"},
        "node_modules/good": {"license": "MIT"},
        "node_modules/good/node_modules/bad": {"license": "GPL-3.0"},
        "node_modules/silent": {},
    }
    lock.write_text(json.dumps({"packages": packages}))
    found = {one.name: one.is_fine for one in of_npm(lock)}
    assert found == {"good": True, "bad": False, "silent": False}
