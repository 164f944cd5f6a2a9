"""Who knocks at a hospital's own door: its system, by a key, or somebody who signed in."""

from fastapi import Request

from crossread.gateways.dicomweb.hospital_door import Gatekeeper
from crossread.platform.http import Ground, NotSignedIn
from crossread.web.session import GUARD, identify


class KeyWanted(NotSignedIn):
    """No key that counts, and nobody who signed in."""

    def __init__(self) -> None:
        super().__init__()
        self.headers = {"WWW-Authenticate": 'Basic realm="crossread", charset="UTF-8"'}


async def knock(request: Request) -> None:
    """Put the key, or else the signed-in reader, on the request. Raises NotSignedIn, Refused."""
    ground: Ground = request.app.state.ground
    keeper: Gatekeeper = request.app.state.gatekeeper
    key = await keeper.key(ground, request)
    if key is not None:
        request.state.key = key
        return
    try:
        await identify(request)
    except NotSignedIn:
        if GUARD in request.headers:
            raise  # the reading room signs in on its own page; the browser must not ask
        raise KeyWanted from None
