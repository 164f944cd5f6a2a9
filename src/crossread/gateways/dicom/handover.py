"""Hand an association to pynetdicom: what asks for more than storage, from its first byte on.

pynetdicom would listen itself; here it gets a connected socket, and the bytes that were read from
it to see what is asked.
"""

import gc
import time
from collections.abc import Callable
from typing import Any

import structlog
from pynetdicom import AE
from pynetdicom.association import Association
from pynetdicom.transport import (
    AssociationSocket,
    RequestHandler,
    ThreadedAssociationServer,
)

from crossread.gateways.dicom.accept import Connection
from crossread.gateways.dicom.fault import fault

PDU_AT_MOST = 64 << 20  # bytes; we ask for 131,072, and pynetdicom holds all of one in memory
_PIECE = 1 << 18
_SWEEP = 60  # associations after which pynetdicom's circular rubbish is collected

log = structlog.get_logger(__name__)


class PrefixedSocket(AssociationSocket):
    """A socket that first gives back what was already read, and waits for no PDU for ever.

    It works on TLS too, where bytes cannot be looked at and left (MSG_PEEK).
    """

    prefix: memoryview
    stall: float

    @property
    def ready(self) -> bool:
        """Whether there is something to read."""
        return bool(self.prefix) or super().ready

    def recv(self, nr_bytes: int) -> bytearray:
        """The next `nr_bytes`, fewer when the peer went away. Raises OSError when it stalls."""
        if nr_bytes > PDU_AT_MOST:
            raise OSError("a PDU far longer than we asked for")
        taken = self.prefix[:nr_bytes]
        self.prefix = self.prefix[len(taken) :]
        received = bytearray(taken)
        until = time.monotonic() + self.stall
        while len(received) < nr_bytes:
            if time.monotonic() > until or self.socket is None:
                raise TimeoutError("the rest of a PDU did not come")
            piece = self.socket.recv(min(nr_bytes - len(received), _PIECE))
            if not piece:
                break
            received += piece
        return received


class Handover:
    """pynetdicom's acceptor without a listening socket."""

    def __init__(self, ae: AE, handlers: list[Any], *, stall: float) -> None:
        self._ae, self._stall = ae, stall
        self._server = _Silent(
            ae, ("127.0.0.1", 0), ae.ae_title, ae.supported_contexts, evt_handlers=handlers
        )
        self._served = 0

    def association(self, connection: Connection, prefix: bytes) -> Association:
        """An association that `serve` will begin."""
        connection.link.settimeout(self._stall)
        return _Arrival(connection, self._server).association(prefix, self._stall)

    def serve(self, association: Association) -> None:
        """Serve an association until it ends."""
        association.start()
        association.join()
        self._served += 1
        if self._served % _SWEEP == 0:
            gc.collect()

    def abort(self) -> None:
        """Abort what is open."""
        for association in self._ae.active_associations:
            association.abort()


class _Silent(ThreadedAssociationServer):
    """What pynetdicom's associations ask their server for; it listens to nothing."""

    def server_bind(self) -> None:
        """No port is taken."""

    def server_activate(self) -> None:
        """Nothing is listened to."""
        if self.socket is not None:
            self.socket.close()


class _Arrival(RequestHandler):
    """Makes pynetdicom's association for a connected socket."""

    def __init__(self, connection: Connection, server: _Silent) -> None:
        # not BaseRequestHandler's own, which serves at once
        self.request = connection.link
        self.client_address = (connection.address, connection.port)
        self.server = server

    def association(self, prefix: bytes, stall: float) -> Association:
        """An association that has not begun, on the socket and what was read of it."""
        made = self._create_association()
        made.dul.event_queue.get_nowait()  # the event of the plain socket that it was made with
        link = PrefixedSocket(made, client_socket=self.request)
        link.prefix, link.stall = memoryview(prefix), stall
        made.dul.socket = link
        for thread in (made, made.dul):
            thread.run = _quietly(thread.run)  # type: ignore[method-assign]
        return made


def _quietly(run: Callable[[], None]) -> Callable[[], None]:
    """Let a thread of pynetdicom's that falls over say where, and not what a peer sent it.

    Its other thread sees that it is gone, and ends too.
    """

    def guarded() -> None:
        try:
            run()
        except Exception as error:
            log.warning("association.fell_over", **fault(error))

    return guarded
