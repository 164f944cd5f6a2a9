"""An association that only stores, served without an object for each PDU.

Fragments of a data set go from the socket's buffer to the archive as they are; only command sets
are parsed. One thread serves one association, from its acceptance to its end.
"""

from dataclasses import dataclass
from enum import StrEnum

from crossread.gateways.dicom import command, pdu
from crossread.gateways.dicom.command import Command, Field
from crossread.gateways.dicom.negotiate import Context
from crossread.gateways.dicom.pdu import AbortReason, Kind, Malformed
from crossread.gateways.dicom.rules import Patience
from crossread.gateways.dicom.storage import SUCCESS, Sender, Storing
from crossread.gateways.dicom.wire import Lost, Wire

COMMAND_AT_MOST = 1 << 16  # bytes of a command set; real ones have about 150
SLOWEST = 10_000  # bytes a second, below which a PDU in the middle counts as stopped
# PS3.7 Annex C
_SOP_CLASS_NOT_SUPPORTED = 0x0122
_UNRECOGNIZED_OPERATION = 0x0211


class Ending(StrEnum):
    """How an association ended."""

    RELEASED = "released"
    ABORTED = "aborted"  # by the peer
    MALFORMED = "malformed"  # by us, as the peer does not speak the protocol
    LEFT = "left"  # without a goodbye, or idle for too long, but with nothing half said
    LOST = "lost"  # the peer went away or fell silent in the middle of something


@dataclass(slots=True)
class _Message:
    """A request of which the data set is coming."""

    context: int
    request: Command
    stores: bool  # else its data set is read and forgotten
    status: int = SUCCESS  # where it does not store


class StorageAssociation:
    """C-STORE and C-ECHO on one established association."""

    def __init__(
        self,
        wire: Wire,
        contexts: dict[int, Context],
        *,
        sender: Sender,
        storing: Storing,
        maximum_length: int,
        patience: Patience,
    ) -> None:
        self._wire, self._contexts = wire, contexts
        self._sender, self._storing = sender, storing
        self._maximum_length, self._patience = maximum_length, patience
        self._command = bytearray()
        self._message: _Message | None = None

    def serve(self) -> Ending:
        """Answer until the association ends; whatever ends it, nothing half stays behind."""
        try:
            return self._serve()
        except Malformed as error:
            self._abort(error.reason)
            return Ending.MALFORMED
        except Lost:
            self._abort(AbortReason.NOT_SPECIFIED)  # it may be slow rather than gone
            return Ending.LOST if self._begun else Ending.LEFT
        finally:
            if self._message is not None and self._message.stores:
                self._storing.abandon()

    def _serve(self) -> Ending:
        wire, patience = self._wire, self._patience
        while True:
            begun = self._begun
            wire.allow(patience.stall if begun else patience.idle)
            kind, length = pdu.header(wire.exactly(6))
            wire.allow(patience.stall + length // SLOWEST)
            match kind:
                case Kind.DATA:
                    self._values(length)
                case Kind.RELEASE_RQ:
                    self._expect(length == 4 and not begun)
                    wire.skip(length)
                    wire.send(pdu.RELEASED)
                    return Ending.RELEASED
                case Kind.ABORT:
                    return Ending.ABORTED
                case Kind.ASSOCIATE_RQ | Kind.ASSOCIATE_AC | Kind.ASSOCIATE_RJ | Kind.RELEASE_RP:
                    raise Malformed("A PDU out of turn.", AbortReason.UNEXPECTED_PDU)
                case _:
                    raise Malformed("A PDU of no kind.", AbortReason.UNRECOGNIZED_PDU)

    @property
    def _begun(self) -> bool:
        """Whether a message is half here."""
        return self._message is not None or bool(self._command)

    def _values(self, length: int) -> None:
        """The presentation data values of one P-DATA-TF."""
        self._expect(length > 0)
        while length:
            self._expect(length >= 6)
            size, context, control = pdu.value_header(self._wire.exactly(6))
            self._expect(2 <= size <= length - 4)
            length -= size + 4
            if pdu.is_command(control):
                self._command_fragment(context, control, size - 2)
            else:
                self._data_fragment(context, control, size - 2)

    def _command_fragment(self, context: int, control: int, size: int) -> None:
        self._expect(self._message is None and len(self._command) + size <= COMMAND_AT_MOST)
        while size:
            piece = self._wire.some(size)
            size -= len(piece)
            self._command += piece
        if pdu.is_last(control):
            request = command.parse(bytes(self._command))
            self._command.clear()
            self._begin(context, request)

    def _data_fragment(self, context: int, control: int, size: int) -> None:
        message = self._message
        if message is None or message.context != context:
            raise Malformed("A data set that no command announced.")
        wire, storing = self._wire, self._storing
        if message.stores:
            while size:
                piece = wire.some(size)
                size -= len(piece)
                storing.write(piece)
        else:
            wire.skip(size)
        if pdu.is_last(control):
            self._message = None
            status, comment = storing.finish() if message.stores else (message.status, "")
            self._respond(message.context, message.request, status, comment)

    def _begin(self, context_id: int, request: Command) -> None:
        context = self._contexts.get(context_id)
        if context is None:
            raise Malformed("A command in a presentation context that was not accepted.")
        if request.field == Field.CANCEL_RQ and not request.has_data_set:
            return  # there is nothing here that can be cancelled
        stores = request.field == Field.STORE_RQ and context.stores and request.has_data_set
        message = _Message(context_id, request, stores, _status(context, request))
        if not request.has_data_set:
            self._respond(context_id, request, message.status)
            return
        self._message = message
        if stores:
            self._storing.begin(
                self._sender,
                transfer_syntax_uid=context.transfer_syntax,
                sop_class_uid=request.sop_class_uid,
                sop_instance_uid=request.sop_instance_uid,
            )

    def _respond(self, context: int, request: Command, status: int, comment: str = "") -> None:
        answer = command.respond(request, status, comment)
        self._wire.allow(self._patience.stall)
        self._wire.send(pdu.compose_command(context, answer, self._maximum_length))

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


def _status(context: Context, request: Command) -> int:
    """What is said to a request that stores nothing."""
    match request.field:
        case Field.ECHO_RQ:
            return _SOP_CLASS_NOT_SUPPORTED if context.stores else SUCCESS
        case Field.STORE_RQ if context.stores:
            return 0xC000  # cannot understand: it names no data set
        case Field.STORE_RQ:
            return _SOP_CLASS_NOT_SUPPORTED
    return _UNRECOGNIZED_OPERATION
