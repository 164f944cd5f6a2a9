"""The doors of the archive: who stands before it over DICOMweb, and what is open to her.

There are two, with the same rooms behind them: a reader's around a task, and a hospital's own.
A dependency of each root opens its door and leaves it on the request; the handlers ask it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request

from crossread.archive.model import Study
from crossread.platform.configuration import Settings
from crossread.platform.errors import Refused
from crossread.platform.http import On


class Action(StrEnum):
    """What is done with images, as the audit names it."""

    SEE = "images"
    SEARCH = "query"
    STORE = "store"
    DELETE = "delete"


class Door(Protocol):
    """Somebody who was let in, and what she may see."""

    root: str  # URL of this DICOMweb service, as she reached it

    async def study(self, study_instance_uid: str) -> Study:
        """A study whose images she may see, written down. Raises NotFound, AccessDenied."""

    async def searched(self) -> tuple[Sequence[str], Sequence[UUID] | None]:
        """The hospitals whose files she may search, and in them only these studies (None: all)."""


class OwnDoor(Door, Protocol):
    """The door of a hospital to its own file, which it may change."""

    hospital_id: str
    sender: str  # who she is, where the index says who sent a study

    async def change(self, action: Action) -> None:
        """Nothing, if she may store or delete. Raises Refused."""

    async def changed(self, action: Action, study: Study) -> None:
        """Write down what she did."""


def _door(request: Request) -> Door:
    door: Door = request.state.door
    return door


Through = Annotated[Door, Depends(_door)]


def _own_door(request: Request) -> OwnDoor:
    door: OwnDoor = request.state.door
    if not hasattr(door, "hospital_id"):
        raise Refused("Around a task images can be seen, not changed.", reasons=("read_only",))
    return door


ThroughOwn = Annotated[OwnDoor, Depends(_own_door)]


async def _seen(door: Through, study_instance_uid: str) -> Study:
    return await door.study(study_instance_uid)


Seen = Annotated[Study, Depends(_seen)]


def root(request: Request, path: str) -> str:
    """The URL of a service root, as the one who asks has reached us."""
    settings: Settings = request.app.state.settings
    public = settings.web.public_url.rstrip("/")
    host = request.headers.get("host")
    # some clients leave the port out of Host
    if host is None or host == urlsplit(public).hostname:
        return public + path
    # behind a proxy that ends TLS the request itself does not know that it was https
    scheme = "https" if public.startswith("https:") else request.url.scheme
    return f"{scheme}://{host}{path}"


__all__ = ["Action", "Door", "On", "OwnDoor", "Seen", "Through", "ThroughOwn", "root"]
