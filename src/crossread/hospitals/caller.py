"""Who is calling: the signed-in reader of an HTTP request."""

from typing import Annotated

from fastapi import Depends, Request

from crossread.hospitals.model import Reader, Role
from crossread.platform.errors import Refused
from crossread.platform.http import NotSignedIn


def _caller(request: Request) -> Reader:
    reader = getattr(request.state, "reader", None)
    if not isinstance(reader, Reader):
        raise NotSignedIn
    return reader


Caller = Annotated[Reader, Depends(_caller)]


def need_role(reader: Reader, role: Role) -> None:
    """Nothing, or Refused when `reader` has not this role."""
    if role not in reader.roles:
        name = role.replace("_", " ")
        raise Refused(
            f"This is for the {name} of a hospital.",
            reasons=("role",),
            remedies=(f"Ask the {name} of your hospital.",),
        )
