"""The DICOM listener: associations of hospitals' systems, answered by the rooms' verbs.

pynetdicom serves each association in a thread of its own; the rooms live in the event loop of the
process. A `Desk` lets a handler in a thread wait for a verb in the loop.
"""

import asyncio
import socket
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, _config, evt
from pynetdicom.presentation import AllStoragePresentationContexts
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from crossread.gateways.dicom import query, retrieve, storage
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.clock import Clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects

PDU_LENGTH = 131_072  # bytes
_NOBODY = "-"  # no AE title that anybody has
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

    def ask(self, verb: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Wait, in a handler's thread, for a verb in the loop."""
        return asyncio.run_coroutine_threadsafe(verb, self.loop).result(PATIENCE)

    def caller(self, event: evt.Event) -> Endpoint:
        """The PACS that opened this association."""
        return self.ask(self._caller(event.assoc.requestor.ae_title.strip()))

    async def _caller(self, application: str) -> Endpoint:
        async with self.database.transaction() as db:
            endpoint = await hospitals.endpoint_by_application(db, EndpointKind.PACS, application)
        if endpoint is None:
            raise PermissionError("this AE title is no longer known")
        return endpoint


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
    ) -> None:
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
        desk = Desk(self._database, self._objects, self._clock, asyncio.get_running_loop())
        self._server = self._ae.start_server(
            self._address, block=False, evt_handlers=_handlers(desk, self._ae)
        )

    async def stop(self) -> None:
        """Take no more associations; those that are open are aborted, their senders try again."""
        if self._server is not None:
            await asyncio.to_thread(self._ae.shutdown)


def _application_entity(ae_title: str) -> AE:
    ae = AE(ae_title=ae_title)
    ae.maximum_pdu_size = PDU_LENGTH
    ae.maximum_associations = 64
    ae.network_timeout = 300
    ae.add_supported_context(Verification)
    for context in AllStoragePresentationContexts:
        # as SCP for what they send, as SCU on their association for C-GET
        ae.add_supported_context(
            str(context.abstract_syntax), AllTransferSyntaxes, scp_role=True, scu_role=True
        )
    for service in (
        PatientRootQueryRetrieveInformationModelFind,
        StudyRootQueryRetrieveInformationModelFind,
        PatientRootQueryRetrieveInformationModelMove,
        StudyRootQueryRetrieveInformationModelMove,
        PatientRootQueryRetrieveInformationModelGet,
        StudyRootQueryRetrieveInformationModelGet,
    ):
        ae.add_supported_context(service)
    # nobody at first: who may call is looked up at each request
    ae.require_calling_aet = [_NOBODY]
    return ae


def _handlers(desk: Desk, ae: AE) -> list[Any]:
    def opened(event: evt.Event) -> None:
        link = event.assoc.dul.socket
        if link is not None and link.socket is not None:
            link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def requested(_: evt.Event) -> None:
        known = desk.ask(_known(desk))
        ae.require_calling_aet = known or [_NOBODY]

    def rejected(event: evt.Event) -> None:
        log.warning("association.rejected", calling=str(event.assoc.requestor.ae_title)[:16])

    return [
        (evt.EVT_CONN_OPEN, opened),
        (evt.EVT_REQUESTED, requested),
        (evt.EVT_REJECTED, rejected),
        (evt.EVT_C_ECHO, lambda _: 0x0000),
        (evt.EVT_C_STORE, storage.handler(desk)),
        (evt.EVT_C_FIND, query.handler(desk)),
        (evt.EVT_C_MOVE, retrieve.move_handler(desk)),
        (evt.EVT_C_GET, retrieve.get_handler(desk)),
    ]


async def _known(desk: Desk) -> list[str]:
    async with desk.database.transaction() as db:
        return [one.application for one in await hospitals.endpoints(db, None, EndpointKind.PACS)]
