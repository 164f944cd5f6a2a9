"""Admit a system that calls: is it the one that a hospital told us of?"""

import asyncio
import socket
import time

from crossread.hospitals import store
from crossread.hospitals.model import (
    DICOM_KINDS,
    Endpoint,
    Peer,
    Stranger,
    UnknownSender,
    address,
)
from crossread.platform.database import Database

REMEMBERED = 60.0  # seconds that an address of a host counts, as its name server says nothing of it
_SENTENCES = {
    Stranger.TITLE: "No hospital's PACS or machine has this AE title.",
    Stranger.ADDRESS: "This AE title may not call from this address.",
    Stranger.CERTIFICATE: "This AE title may not call without one of its own certificates.",
}


class Admission:
    """Knows callers by name, and by address or certificate. Lives in one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._addresses: dict[str, tuple[float, frozenset[str]]] = {}

    async def admit(self, application: str, peer: Peer) -> Endpoint:
        """The PACS or machine that calls under this AE title from there.

        Raises:
            UnknownSender: nobody does; its reason is a `Stranger`.
        """
        async with self._database.transaction() as db:
            named = [
                one
                for kind in DICOM_KINDS
                for one in await store.endpoints_by_application(db, kind, application)
            ]
        why = Stranger.TITLE
        for endpoint in named:
            own = await self._own(endpoint.host)
            refusal = endpoint.refuses(peer, own)
            if refusal is None:
                return endpoint
            why = refusal
        raise UnknownSender(_SENTENCES[why], reasons=(why,))

    async def _own(self, host: str) -> frozenset[str]:
        """The addresses of a host; none while its name is not known."""
        literal = address(host)
        if literal is not None:
            return frozenset({str(literal)})
        until, found = self._addresses.get(host, (0.0, frozenset[str]()))
        if time.monotonic() < until:
            return found
        loop = asyncio.get_running_loop()
        try:
            answers = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found = frozenset(str(one[4][0]) for one in answers)
        except OSError:
            pass  # the last that was known counts a while longer
        self._addresses[host] = time.monotonic() + REMEMBERED, found
        return found
