"""Receive a peer: read what it asks for, look who it is, and serve it or say why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from crossread.gateways.dicom import finding, negotiate, pdu
from crossread.gateways.dicom.accept import Connection
from crossread.gateways.dicom.association import Ending, StorageAssociation
from crossread.gateways.dicom.attend import attend
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.finding import FindAssociation
from crossread.gateways.dicom.handover import Handover
from crossread.gateways.dicom.pdu import AbortReason, Kind, Malformed, Rejection, Request
from crossread.gateways.dicom.places import Full, Places
from crossread.gateways.dicom.rules import Rules
from crossread.gateways.dicom.storage import Sender, Storing
from crossread.gateways.dicom.tls import shown_by
from crossread.gateways.dicom.wire import Lost, Wire, close
from crossread.hospitals.admit import Admission
from crossread.hospitals.model import Endpoint, Peer, UnknownSender
from crossread.platform.telemetry import association_ended

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

REQUEST_AT_MOST = 1 << 20  # bytes; 128 contexts of 70 transfer syntaxes take a quarter of it
NOBODY = "unknown"  # the hospital of whom we did not get to know

log = structlog.get_logger(__name__)


class Rejected(Exception):
    """The association is not accepted."""

    def __init__(self, rejection: Rejection, why: str, hospital: str = NOBODY) -> None:
        super().__init__(why)
        self.rejection, self.why, self.hospital = rejection, why, hospital


class Reception:
    """Serves each connection in the thread that calls `receive`."""

    def __init__(
        self,
        desk: Desk,
        admission: Admission,
        handover: Handover,
        *,
        ae_title: str,
        rules: Rules,
    ) -> None:
        self._desk, self._admission, self._handover = desk, admission, handover
        self._ae_title, self._rules = ae_title, rules
        self._places = Places(rules.limits)

    def receive(self, connection: Connection) -> None:
        """From the first byte of a connection to its end."""
        wire = Wire(connection.link)
        calling = ""
        try:
            wire.allow(self._rules.patience.request)
            content = _read_request(wire)
            request = pdu.parse_request(content[6:])
            calling = request.calling
            self._serve(connection, wire, content, request)
        except Rejected as no:
            association_ended(no.hospital, f"rejected_{no.why}")
            log.warning(
                "association.rejected",
                calling=calling[:16],
                address=connection.address,
                why=no.why,
            )
            _say(wire, pdu.compose_reject(no.rejection))
        except Malformed as error:
            association_ended(NOBODY, Ending.MALFORMED)
            log.warning("association.malformed", address=connection.address)
            _say(wire, pdu.compose_abort(error.reason))
        except Lost:
            association_ended(NOBODY, Ending.LOST)
        close(connection.link)

    def _serve(self, connection: Connection, wire: Wire, content: bytes, request: Request) -> None:
        _see_protocol(request)
        if request.called != self._ae_title.strip():
            raise Rejected(pdu.CALLED_NOT_RECOGNIZED, "called")
        caller = self._admit(connection, request)
        try:
            with self._places.association(caller.hospital_id):
                connection.late_at = None
                if negotiate.only_stores(request):
                    ending: str = self._store(wire, content, request, caller)
                elif finding.only_finds(request):
                    ending = self._find(wire, content, request, caller)
                else:
                    if wire.unread():
                        raise Malformed("A PDU before the answer.", AbortReason.UNEXPECTED_PDU)
                    ending = self._hand_over(connection, content, caller)
        except Full:
            raise Rejected(pdu.LOCAL_LIMIT_EXCEEDED, "limit", caller.hospital_id) from None
        association_ended(caller.hospital_id, ending)
        if ending in {Ending.MALFORMED, Ending.LOST}:
            log.warning("association.broken", hospital=caller.hospital_id, ending=ending)

    def _admit(self, connection: Connection, request: Request) -> Endpoint:
        try:
            peer = Peer(connection.address, shown_by(connection.link))
            return self._desk.ask(self._admission.admit(request.calling, peer))
        except UnknownSender as stranger:
            why = stranger.reasons[0]
            raise Rejected(pdu.CALLING_NOT_RECOGNIZED, f"calling_{why}") from None
        except Exception as error:  # whoever it is, it is to come back when we can look
            log.error("association.not_now", **fault(error))
            raise Rejected(pdu.TEMPORARY_CONGESTION, "not_now") from None

    def _store(self, wire: Wire, content: bytes, request: Request, caller: Endpoint) -> Ending:
        answers = negotiate.contexts(request, private_classes=self._rules.private_classes)
        wire.send(negotiate.accept(request, content[10:74], answers))
        storing = Storing(self._desk.intake.receiver())
        try:
            return StorageAssociation(
                wire,
                negotiate.accepted(request, answers),
                sender=Sender(caller.hospital_id, caller.application),
                storing=storing,
                maximum_length=request.maximum_length,
                patience=self._rules.patience,
            ).serve()
        finally:
            storing.close()

    def _find(self, wire: Wire, content: bytes, request: Request, caller: Endpoint) -> Ending:
        answer, contexts = finding.accept(request, content[10:74])
        wire.send(answer)
        return FindAssociation(
            wire,
            contexts,
            desk=self._desk,
            caller=caller,
            request=request,
            patience=self._rules.patience,
        ).serve()

    def _hand_over(self, connection: Connection, prefix: bytes, caller: Endpoint) -> str:
        desk = self._desk
        association = self._handover.association(connection, prefix)
        desk.callers[association] = caller
        attend(desk, association)
        try:
            self._handover.serve(association)
        finally:
            del desk.callers[association]
            desk.commitments.pop(association, None)
            storing = desk.storing.pop(association, None)
            if storing is not None:
                storing.close()
        return Ending.ABORTED if association.is_aborted else Ending.RELEASED


def _read_request(wire: Wire) -> bytes:
    """An A-ASSOCIATE-RQ with its first six bytes. Raises Malformed and Lost."""
    head = bytes(wire.exactly(6))
    kind, length = pdu.header(head)
    if kind != Kind.ASSOCIATE_RQ:
        known = kind in set(Kind)
        reason = AbortReason.UNEXPECTED_PDU if known else AbortReason.UNRECOGNIZED_PDU
        raise Malformed("The first PDU is no A-ASSOCIATE-RQ.", reason)
    if length > REQUEST_AT_MOST:
        raise Malformed("An A-ASSOCIATE-RQ is longer than any could be.")
    content = bytearray(head)
    while len(content) < length + 6:
        content += wire.some(length + 6 - len(content))
    return bytes(content)


def _see_protocol(request: Request) -> None:
    if not request.protocol_version & pdu.PROTOCOL_VERSION:
        raise Rejected(pdu.PROTOCOL_VERSION_NOT_SUPPORTED, "protocol")
    if request.application_context != pdu.APPLICATION_CONTEXT:
        raise Rejected(pdu.APPLICATION_CONTEXT_NOT_SUPPORTED, "application_context")


def _say(wire: Wire, content: bytes) -> None:
    try:
        wire.allow(1.0)
        wire.send(content)
    except Lost:
        pass  # there is nobody to tell
