"""The DICOM listener: associations of hospitals' systems, answered by the rooms' verbs.

pynetdicom serves each association in a thread of its own; the rooms live in the event loop of the
process. A `Desk` lets a handler in a thread wait for a verb in the loop.
"""

import asyncio
import socket
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import structlog
from pynetdicom import AE, _config, evt
from pynetdicom.pdu_primitives import A_ASSOCIATE

from crossread.archive.intake import Intake, Receiver
from crossread.gateways.dicom import services, storage
from crossread.gateways.dicom.fault import fault
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects

PDU_LENGTH = 131_072  # bytes
GRACE = 10.0  # seconds that an open association has to finish when we stop
# result, source and diagnostic of A-ASSOCIATE-RJ (PS3.8 9.3.4)
_UNKNOWN_CALLER = (0x01, 0x01, 0x03)  # permanent: calling AE title not recognised
_NOT_NOW = (0x02, 0x03, 0x01)  # transient: temporary congestion
PATIENCE = 60.0  # seconds a handler waits for a verb

_Answer = TypeVar("_Answer")

log = structlog.get_logger(__name__)
_config.LOG_HANDLER_LEVEL = "none"  # it would print identifiers
_config.UNRESTRICTED_STORAGE_SERVICE = True  # private storage classes too


@dataclass(frozen=True, slots=True)
class Desk:
    """Where handlers bring their questions: the ground, and the loop that the rooms live in."""

    database: Database
    objects: Objects
    clock: Clock
    loop: asyncio.AbstractEventLoop
    intake: Intake
    receivers: dict[Any, Receiver] = field(default_factory=dict)  # of each association that stores

    def ask(self, verb: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Wait, in a handler's thread, for a verb in the loop."""
        return asyncio.run_coroutine_threadsafe(verb, self.loop).result(PATIENCE)

    def caller(self, event: evt.Event) -> Endpoint:
        """The PACS that opened this association."""
        endpoint = self.ask(self.known(event.assoc.requestor.ae_title.strip()))
        if endpoint is None:
            raise PermissionError("this AE title is no longer known")
        return endpoint

    async def known(self, application: str) -> Endpoint | None:
        """The PACS with this AE title, if it takes part."""
        async with self.database.transaction() as db:
            return await hospitals.endpoint_by_application(db, EndpointKind.PACS, application)


class DicomListener:
    """A storage, query and retrieve SCP for the PACS of every hospital that takes part."""

    def __init__(
        self,
        database: Database,
        objects: Objects,
        *,
        ae_title: str,
        host: str,
        port: int,
        clock: Clock,
        spool: Path | None = None,
    ) -> None:
        self._spool = spool
        self._database, self._objects, self._clock = database, objects, clock
        self._address = (host, port)
        self._ae = _application_entity(ae_title)
        self._server: Any = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return int(self._server.server_address[1])

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._intake = Intake(self._database, self._objects, self._clock, spool=self._spool)
        loop = asyncio.get_running_loop()
        desk = Desk(self._database, self._objects, self._clock, loop, self._intake)
        self._server = self._ae.start_server(
            self._address, block=False, evt_handlers=_handlers(desk)
        )

    async def stop(self) -> None:
        """Take no more associations, and let the open ones finish.

        Those that are still open after `GRACE` are aborted; their senders try again.
        """
        server, self._server = self._server, None
        if server is not None:
            await asyncio.to_thread(self._close, server)
            await self._intake.close()

    def _close(self, server: Any) -> None:
        server.shutdown()
        end = time.monotonic() + GRACE
        while self._ae.active_associations and time.monotonic() < end:
            time.sleep(0.02)
        self._ae.shutdown()


def _application_entity(ae_title: str) -> AE:
    ae = AE(ae_title=ae_title)
    ae.maximum_pdu_size = PDU_LENGTH
    ae.maximum_associations = 64
    ae.network_timeout = 300
    ae.acse_timeout = 10  # who connects and asks for nothing does not keep a place
    services.offer(ae)
    return ae


def _handlers(desk: Desk) -> list[Any]:
    def opened(event: evt.Event) -> None:
        link = event.assoc.dul.socket
        if link is not None and link.socket is not None:
            link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def requested(event: evt.Event) -> None:
        request = cast(A_ASSOCIATE, event.assoc.requestor.primitive)
        calling = str(request.calling_ae_title).strip()
        try:
            if desk.ask(desk.known(calling)) is not None:
                return
            answer = _UNKNOWN_CALLER
        except Exception as error:  # whoever it is, she is to come back when we can look
            log.error("association.not_now", **fault(error))
            answer = _NOT_NOW
        log.warning("association.rejected", calling=calling[:16])
        event.assoc.acse.send_reject(*answer)
        event.assoc.kill()

    return [
        (evt.EVT_CONN_OPEN, opened),
        (evt.EVT_REQUESTED, requested),
        (evt.EVT_CONN_CLOSE, storage.ending(desk)),
        *services.handlers(desk),
    ]
