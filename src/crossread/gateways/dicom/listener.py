"""The DICOM listener: associations of hospitals' systems, answered by the rooms' verbs.

Each connection has a thread of its own, which reads what is asked and looks who asks it. What only
stores is served there and then (`association.py`); anything else pynetdicom serves, from its first
byte on (`handover.py`). The rooms live in the event loop of the process: a `Desk` lets a thread
wait for a verb in the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import structlog
from pynetdicom import AE, _config, evt
from pynetdicom.association import Association

from crossread.archive.intake import Intake
from crossread.gateways.dicom import query, services
from crossread.gateways.dicom.accept import Acceptor
from crossread.gateways.dicom.handover import Handover
from crossread.gateways.dicom.negotiate import PDU_LENGTH
from crossread.gateways.dicom.reception import Reception
from crossread.gateways.dicom.rules import Limits, Patience, Rules
from crossread.gateways.dicom.storage import Storing
from crossread.gateways.dicom.tls import Keys
from crossread.hospitals import store as hospitals
from crossread.hospitals.admit import Admission
from crossread.hospitals.model import Endpoint
from crossread.platform.clock import Clock
from crossread.platform.configuration import Dicom
from crossread.platform.database import Database
from crossread.platform.objects import Objects

GRACE = 10.0  # seconds that an open association has to finish when we stop
PATIENCE = 60.0  # seconds a handler waits for a verb

_Answer = TypeVar("_Answer")

log = structlog.get_logger(__name__)
_config.LOG_HANDLER_LEVEL = "none"  # it would print identifiers


@dataclass(frozen=True, slots=True)
class Desk:
    """Where handlers bring their questions: the ground, and the loop that the rooms live in."""

    database: Database
    objects: Objects
    clock: Clock
    loop: asyncio.AbstractEventLoop
    intake: Intake
    callers: dict[Association, Endpoint] = field(default_factory=dict)
    storing: dict[Association, Storing] = field(default_factory=dict)  # of each that stores
    commitments: dict[Association, UUID] = field(default_factory=dict)  # just asked for on each

    def ask(self, verb: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Wait, in a handler's thread, for a verb in the loop."""
        return asyncio.run_coroutine_threadsafe(verb, self.loop).result(PATIENCE)

    def caller(self, event: evt.Event) -> Endpoint:
        """The PACS that opened this association, if it still takes part."""
        return self.still(self.callers[event.assoc])

    def still(self, caller: Endpoint) -> Endpoint:
        """A PACS that took part when it called, if it still does. Raises PermissionError."""
        endpoint = self.ask(self._again(caller))
        if not endpoint.active:
            raise PermissionError("this AE title is no longer known")
        return endpoint

    async def _again(self, endpoint: Endpoint) -> Endpoint:
        async with self.database.transaction() as db:
            return await hospitals.endpoint(db, endpoint.id)


def rules(settings: Dicom) -> Rules:
    """What the settings allow those that call."""
    return Rules(
        patience=Patience(idle=settings.idle_seconds),
        limits=Limits(
            associations=settings.associations,
            of_a_hospital=settings.associations_of_a_hospital,
        ),
        private_classes=settings.private_classes,
    )


@dataclass(frozen=True, slots=True)
class Port:
    """Where to listen."""

    number: int
    keys: Keys | None = None  # None: without TLS

    @classmethod
    def secure(cls, settings: Dicom) -> Port | None:
        """The one with TLS, if the settings want it."""
        return None if settings.tls_port is None else cls(settings.tls_port, Keys.of(settings))


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
        secure: Port | None = None,
        rules: Rules | None = None,
    ) -> None:
        self._spool = spool
        self._database, self._objects, self._clock = database, objects, clock
        self._ae_title, self._host = ae_title, host
        self._ports = [Port(port), *([secure] if secure else [])]
        self._rules = rules or Rules()
        self._acceptors: list[Acceptor] = []
        self._intake: Intake | None = None
        self._handover: Handover | None = None

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        return self._acceptors[0].port

    @property
    def secure_port(self) -> int:
        """The port it listens on with TLS, once started."""
        return self._acceptors[1].port

    async def start(self) -> None:
        """Listen. Raises OSError when a port is taken, ConfigurationError for unusable keys."""
        rules = self._rules
        self._intake = Intake(self._database, self._objects, self._clock, spool=self._spool)
        loop = asyncio.get_running_loop()
        desk = Desk(self._database, self._objects, self._clock, loop, self._intake)
        _config.UNRESTRICTED_STORAGE_SERVICE = rules.private_classes
        self._handover = Handover(
            _application_entity(self._ae_title, rules.patience),
            [(evt.EVT_SOP_EXTENDED, query.negotiated), *services.handlers(desk)],
            stall=rules.patience.stall,
        )
        reception = Reception(
            desk,
            Admission(self._database),
            self._handover,
            ae_title=self._ae_title,
            rules=rules,
        )
        for port in self._ports:
            acceptor = Acceptor(
                (self._host, port.number),
                reception.receive,
                patience=rules.patience.request,
                limits=rules.limits,
                context=port.keys.for_callers() if port.keys else None,
            )
            self._acceptors.append(acceptor)
        for acceptor in self._acceptors:
            acceptor.start()

    async def stop(self) -> None:
        """Take no more associations, and let the open ones finish.

        Those that are still open after `GRACE` are aborted; their senders try again.
        """
        await asyncio.to_thread(self._close)
        if self._intake is not None:
            await self._intake.close()
            self._intake = None

    def _close(self) -> None:
        for acceptor in self._acceptors:
            acceptor.stop_accepting()
        for acceptor in self._acceptors:
            acceptor.close(GRACE)
        self._acceptors.clear()
        if self._handover is not None:
            self._handover.abort()


def _application_entity(ae_title: str, patience: Patience) -> AE:
    ae = AE(ae_title=ae_title)
    ae.maximum_pdu_size = PDU_LENGTH
    ae.maximum_associations = 1 << 16  # `Places` counts
    ae.network_timeout = patience.idle
    ae.acse_timeout = patience.request
    services.offer(ae)
    return ae
