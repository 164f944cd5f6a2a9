"""The checksum of what is kept: xxh3-128, as fast as memory, so that nothing goes out unchecked.

It proves that bytes did not decay or get mixed up. It is no seal against somebody who can write
both the object and its row; what was kept before it came has a SHA-256, which is honoured.
"""

import hashlib
from typing import Protocol

import xxhash

from crossread.archive.model import Content


class Running(Protocol):
    """A checksum that grows with each piece."""

    def update(self, data: Content, /) -> None:
        """Add a piece."""

    def hexdigest(self) -> str:
        """The checksum of all pieces so far."""


def running(like: str = "") -> Running:
    """A fresh checksum; of the kind that `like` is."""
    return hashlib.sha256() if len(like) == 64 else xxhash.xxh3_128()


def checksum(content: Content, like: str = "") -> str:
    """The checksum of all of `content`, hex."""
    whole = running(like)
    whole.update(content)
    return whole.hexdigest()
