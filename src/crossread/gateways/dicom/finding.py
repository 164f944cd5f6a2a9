"""An association that only finds, served without pynetdicom: what a workstation opens to search.

Its answers leave a page at a time; between pages we look whether the asker has had enough.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from pydicom.uid import UID

from crossread.archive.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.archive.transcode import UNCOMPRESSED
from crossread.gateways.dicom import command, pdu
from crossread.gateways.dicom.association import SLOWEST, Ending
from crossread.gateways.dicom.command import Command, Field
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.negotiate import PDU_LENGTH, VERIFICATION
from crossread.gateways.dicom.pdu import (
    AbortReason,
    Acceptance,
    Kind,
    Malformed,
    Proposal,
    Request,
    Result,
)
from crossread.gateways.dicom.question import (
    CANCELLED,
    FINDS,
    NOT_THIS_MODEL,
    UNABLE,
    Line,
    Question,
    agreed,
)
from crossread.gateways.dicom.rules import Patience
from crossread.gateways.dicom.wire import Lost, Wire
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Unreadable

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

A_MOMENT = 0.002  # seconds
KNOWN_FOR = 5.0  # seconds after which we look whether a caller still takes part
MESSAGE_AT_MOST = 1 << 20  # bytes of a command set or an identifier
_SUCCESS = 0x0000
_UNRECOGNIZED_OPERATION = 0x0211  # PS3.7 Annex C

log = structlog.get_logger(__name__)


def only_finds(request: Request) -> bool:
    """Whether nothing but finding (and verification) is proposed."""
    return all(one.abstract_syntax in FINDS | {VERIFICATION} for one in request.contexts)


def accept(request: Request, head: bytes) -> tuple[bytes, dict[int, tuple[str, UID]]]:
    """The A-ASSOCIATE-AC, and the SOP class and transfer syntax of each accepted context.

    `head` is what it repeats of the request (PS3.8 Table 9-17).
    """
    answers = [_answer(one) for one in request.contexts]
    content = pdu.compose_accept(
        head,
        answers,
        maximum_length=PDU_LENGTH,
        implementation_class=IMPLEMENTATION_CLASS_UID,
        implementation_version=IMPLEMENTATION_VERSION_NAME,
        roles={},
        extended={uid: agreed(asked) for uid, asked in request.extended.items() if uid in FINDS},
    )
    return content, {
        one.id: (one.abstract_syntax, UID(answer.transfer_syntax))
        for one, answer in zip(request.contexts, answers, strict=True)
        if answer.result is Result.ACCEPTED
    }


def _answer(proposal: Proposal) -> Acceptance:
    taken = next((one for one in proposal.transfer_syntaxes if one in UNCOMPRESSED), None)
    if taken is None:
        first = proposal.transfer_syntaxes[0]
        return Acceptance(proposal.id, Result.TRANSFER_SYNTAXES_NOT_SUPPORTED, first)
    return Acceptance(proposal.id, Result.ACCEPTED, taken)


@dataclass(frozen=True, slots=True)
class _Message:
    """A request that has come in whole."""

    context: int
    request: Command
    identifier: bytes


class _Ended(Exception):
    """The association came to its end."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending)
        self.ending = ending


class FindAssociation:
    """C-FIND and C-ECHO on one established association."""

    def __init__(
        self,
        wire: Wire,
        contexts: dict[int, tuple[str, UID]],
        *,
        desk: Desk,
        caller: Endpoint,
        request: Request,
        patience: Patience,
    ) -> None:
        self._wire, self._desk, self._patience = wire, desk, patience
        self._longest = request.maximum_length
        self._caller, self._known_until = caller, time.monotonic() + KNOWN_FOR
        self._lines = {
            context: Line(
                caller,
                request.called,
                context,
                model,
                syntax,
                request.maximum_length,
                agreed(request.extended.get(model, b"")),
            )
            for context, (model, syntax) in contexts.items()
        }
        self._command, self._identifier = bytearray(), bytearray()
        self._request: tuple[int, Command] | None = None  # whose identifier is coming

    def serve(self) -> Ending:
        """Answer until the association ends."""
        try:
            while True:
                message = self._next()
                if message is not None:
                    self._respond(message)
        except _Ended as end:
            return end.ending
        except Malformed as error:
            self._abort(error.reason)
            return Ending.MALFORMED
        except Lost:
            self._abort(AbortReason.NOT_SPECIFIED)
            return Ending.LOST

    def _respond(self, message: _Message) -> None:
        line = self._lines[message.context]
        match message.request.field:
            case Field.ECHO_RQ:
                self._say(message, _SUCCESS)
            case Field.FIND_RQ if line.model in FINDS:
                self._find(message, line)
            case Field.CANCEL_RQ:
                pass  # what it was to stop has ended by itself
            case _:
                self._say(message, _UNRECOGNIZED_OPERATION)

    def _find(self, message: _Message, line: Line) -> None:
        try:
            if time.monotonic() > self._known_until:
                self._desk.still(self._caller)
                self._known_until = time.monotonic() + KNOWN_FOR
            asked = Question.read(self._desk, line, message.request.message_id, message.identifier)
            for found, more in asked.pages():
                if self._cancelled(message.request.message_id):
                    self._say(message, CANCELLED)
                    return
                self._wire.allow(self._patience.stall)
                self._wire.send(asked.pending.pdus(asked.fragments(found)))
                if more:  # who has enough says so at once; then nothing is looked up in vain
                    self._wire.has_more(within=A_MOMENT)
        except Unreadable as error:
            self._say(message, NOT_THIS_MODEL, error.sentence)
        except (Lost, Malformed, _Ended):
            raise
        except Exception as error:
            log.error("query.failed", **fault(error))
            self._say(message, UNABLE)
        else:
            self._say(message, _SUCCESS)

    def _cancelled(self, message_id: int) -> bool:
        """Whether the asker has said in the meantime that it has enough."""
        while self._wire.has_more():
            told = self._next()
            if told is None:
                continue
            if told.request.field != Field.CANCEL_RQ:
                raise Malformed("A request before the last one was answered.")
            if told.request.responds_to == message_id:
                return True
        return False

    def _next(self) -> _Message | None:
        """One PDU: the message that it completes, if it does. Raises _Ended."""
        wire, patience = self._wire, self._patience
        begun = self._request is not None or self._command
        wire.allow(patience.stall if begun else patience.idle)
        kind, length = pdu.header(wire.exactly(6))
        wire.allow(patience.stall + length // SLOWEST)
        match kind:
            case Kind.DATA:
                return self._values(length)
            case Kind.RELEASE_RQ:
                self._expect(length == 4 and not begun)
                wire.skip(length)
                wire.send(pdu.RELEASED)
                raise _Ended(Ending.RELEASED)
            case Kind.ABORT:
                raise _Ended(Ending.ABORTED)
            case Kind.ASSOCIATE_RQ | Kind.ASSOCIATE_AC | Kind.ASSOCIATE_RJ | Kind.RELEASE_RP:
                raise Malformed("A PDU out of turn.", AbortReason.UNEXPECTED_PDU)
            case _:
                raise Malformed("A PDU of no kind.", AbortReason.UNRECOGNIZED_PDU)

    def _values(self, length: int) -> _Message | None:
        """The presentation data values of one P-DATA-TF, of one message."""
        self._expect(length > 0)
        message = None
        while length:
            self._expect(length >= 6 and message is None)
            size, context, control = pdu.value_header(self._wire.exactly(6))
            self._expect(2 <= size <= length - 4)
            length -= size + 4
            into = self._command if pdu.is_command(control) else self._identifier
            self._expect(pdu.is_command(control) is (self._request is None))
            self._take(into, size - 2)
            if pdu.is_last(control):
                message = self._completed(context)
        return message

    def _take(self, into: bytearray, size: int) -> None:
        self._expect(len(into) + size <= MESSAGE_AT_MOST)
        while size:
            piece = self._wire.some(size)
            size -= len(piece)
            into += piece

    def _completed(self, context: int) -> _Message | None:
        """What the last fragment of a set completes; nothing yet where an identifier follows."""
        if self._request is None:
            request = command.parse(bytes(self._command))
            self._command.clear()
            self._expect(context in self._lines)
            if request.has_data_set:
                self._request = (context, request)
                return None
            return _Message(context, request, b"")
        expected, request = self._request
        self._expect(context == expected)
        message = _Message(context, request, bytes(self._identifier))
        self._request = None
        self._identifier.clear()
        return message

    def _say(self, message: _Message, status: int, comment: str = "") -> None:
        answer = command.respond(message.request, status, comment)
        self._wire.allow(self._patience.stall)
        self._wire.send(pdu.compose_command(message.context, answer, self._longest))

    def _abort(self, reason: AbortReason) -> None:
        try:
            self._wire.allow(1.0)
            self._wire.send(pdu.compose_abort(reason))
        except Lost:
            pass  # there is nobody to tell

    @staticmethod
    def _expect(true: bool) -> None:
        if not true:
            raise Malformed("A PDU whose parts do not fit into it, or out of turn.")
