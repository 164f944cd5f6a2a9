"""Programs of others that tests talk to: absent ones are a named skip here, and a failure in CI."""

import os
import shutil

import pytest


def need(program: str, package: str) -> str:
    """The path of a program, or a skip that says how to get it; in CI a failure."""
    found = shutil.which(program) or shutil.which(f"/usr/sbin/{program}")
    if found:
        return found
    how = f"{program} is not installed: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(how)
    pytest.skip(how)
