"""What every HTTP route stands on: the ground it was given, and its errors."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.errors import CrossreadError
from crossread.platform.objects import Objects


@dataclass(frozen=True, slots=True)
class Ground:
    """Database, objects and clock of this process.

    A route opens its own transaction and closes it before it answers: what a reader is told has
    happened is committed. (A dependency that yields would commit after the answer was sent.)
    """

    database: Database
    objects: Objects
    clock: Clock


def _ground(request: Request) -> Ground:
    ground: Ground = request.app.state.ground
    return ground


On = Annotated[Ground, Depends(_ground)]


class NotSignedIn(CrossreadError):
    """Nobody is signed in, or not any more."""

    def __init__(self) -> None:
        super().__init__("Sign in first.")


class BadRequest(CrossreadError):
    """The request is not what this route takes."""
