"""An association that we open, and what is said on it (PS3.8 7, PS3.7 8).

Data sets go from memory to the socket as they are, and from the socket to whoever takes them:
pynetdicom makes an object of each PDU, which costs more than the network. One thread uses a call at
a time.
"""

import contextlib
import select
import socket
import ssl
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from crossread.gateways.dicom import pdu, speech
from crossread.gateways.dicom.pdu import Kind, Malformed
from crossread.gateways.dicom.propose import Agreed, Context, Wanted, compose_request, parse_accept
from crossread.gateways.dicom.speech import Heard
from crossread.gateways.dicom.tls import Keys
from crossread.gateways.dicom.wire import Lost, Wire, close
from crossread.hospitals.model import Endpoint
from crossread.platform.configuration import ConfigurationError
from crossread.platform.errors import Refused, Unreachable

CONNECT_TIMEOUT = 10.0  # seconds
ANSWER_AT_MOST = 1 << 26  # bytes of a data set that is taken into memory
_PIECE = 1 << 17  # bytes of a fragment to a peer that takes any
_RELEASE_RQ = struct.pack(">BxL", Kind.RELEASE_RQ, 4) + bytes(4)
_PDU, _VALUE = struct.Struct(">BxL"), struct.Struct(">LBB")
_BUFFERS_AT_ONCE = 256
_COMMAND_AT_MOST = 1 << 16  # bytes
_UNKNOWN_CALLED, _UNKNOWN_CALLING = 7, 3  # reasons of A-ASSOCIATE-RJ (PS3.8 9.3.4)

Taker = Callable[[memoryview], None]


@dataclass(frozen=True, slots=True)
class Caller:
    """As whom we call, and how long we wait."""

    ae_title: str
    keys: Keys = field(default_factory=Keys)
    timeout: float = 30.0  # seconds for an answer


@dataclass(frozen=True, slots=True)
class Message:
    """A message that came: its command set, and its data set unless somebody else took it."""

    heard: Heard
    context: int
    dataset: bytes = b""


class Call:
    """An open association."""

    def __init__(self, wire: Wire, agreed: Agreed, endpoint: Endpoint, timeout: float) -> None:
        self._wire, self._endpoint, self._timeout = wire, endpoint, timeout
        self.contexts, self._maximum_length = agreed.contexts, agreed.maximum_length
        self._message_id = 0
        self._left = 0  # bytes of the P-DATA-TF that is being read
        self.is_open = True

    @classmethod
    def open(cls, endpoint: Endpoint, wanted: Sequence[Wanted], caller: Caller) -> "Call":
        """Associate. Raises Unreachable, and Refused when it takes none of what is proposed."""
        wire = _connect(endpoint, caller)
        try:
            wire.allow(caller.timeout)
            wire.send(compose_request(endpoint.application, caller.ae_title, wanted))
            kind, length = pdu.header(wire.exactly(6))
            content = bytes(wire.exactly(length))
            if kind == Kind.ASSOCIATE_RJ:
                raise _rejected(endpoint, caller, content)
            if kind != Kind.ASSOCIATE_AC:
                raise Malformed("An association is answered with something else.")
            agreed = parse_accept(content, wanted)
        except (Lost, Malformed, ValueError) as error:
            close(wire.link)
            raise _silent(endpoint) from error
        except Unreachable:
            close(wire.link)
            raise
        call = cls(wire, agreed, endpoint, caller.timeout)
        if not agreed.contexts:
            call.release()
            raise Refused(
                f"{endpoint.application} offers nothing of what is asked for.",
                reasons=("presentation context",),
            )
        return call

    def context(self, abstract_syntax: str, transfer_syntax: str | None = None) -> Context | None:
        """What was agreed on for a SOP class."""
        for one in self.contexts:
            fits = transfer_syntax in {None, one.transfer_syntax}
            if one.abstract_syntax == abstract_syntax and fits:
                return one
        return None

    def is_alive(self) -> bool:
        """Whether the peer has not hung up while nothing was said."""
        if not self.is_open:
            return False
        try:
            readable, _, _ = select.select([self._wire.link], [], [], 0)
        except (OSError, ValueError):
            return False
        return not readable  # what it says unasked can only be goodbye

    def says(self, seconds: float) -> bool:
        """Whether the peer says something, or hangs up, within so many seconds."""
        link = self._wire.link
        if self._wire.unread() or (isinstance(link, ssl.SSLSocket) and link.pending()):
            return True
        try:
            readable, _, _ = select.select([link], [], [], seconds)
        except (OSError, ValueError):
            return True
        return bool(readable)

    def next_id(self) -> int:
        """The Message ID of the next request."""
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id

    def say(self, context: int, command: bytes, dataset: bytes | memoryview = b"") -> None:
        """Send a message. Raises Unreachable."""
        with self._reached():
            # the bigger it is the longer it may take: 64 kB a second is the least
            self._wire.allow(self._timeout + len(dataset) / 65_536)
            said = pdu.compose_command(context, command, self._maximum_length)
            self._write([memoryview(said), *self._fragments(context, memoryview(dataset))])

    def hear(
        self, take: Callable[[Message], Taker | None] | None = None, patience: float | None = None
    ) -> Message:
        """The next message; `take` may name somebody who gets its data set in pieces.

        Raises Unreachable when none comes in time.
        """
        with self._reached():
            self._wire.allow(self._timeout if patience is None else patience)
            command, context = self._command()
            message = Message(speech.parse(command), context)
            if not message.heard.has_data_set:
                return message
            taker = take(message) if take is not None else None
            if taker is not None:
                self._dataset(taker)
                return message
            collected = bytearray()
            self._dataset(lambda piece: _collect(collected, piece))
            return Message(message.heard, context, bytes(collected))

    def release(self) -> None:
        """Say goodbye; whether it is heard does not matter."""
        if not self.is_open:
            return
        self.is_open = False
        with contextlib.suppress(Lost, ValueError):
            self._wire.allow(min(self._timeout, 5.0))
            self._wire.send(_RELEASE_RQ)
            kind, _ = pdu.header(self._wire.exactly(6))
            if kind == Kind.RELEASE_RP:
                self._wire.exactly(4)
        close(self._wire.link)

    def drop(self) -> None:
        """Let go at once; also from another thread, which then hears that it is lost."""
        self.is_open = False
        with contextlib.suppress(OSError):
            self._wire.link.shutdown(socket.SHUT_RDWR)
        self._wire.link.close()

    @contextlib.contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (Lost, Malformed, ValueError) as error:
            self.drop()
            raise _silent(self._endpoint) from error

    def _fragments(self, context: int, dataset: memoryview) -> Iterator[memoryview]:
        """A data set as P-DATA-TF, each header and each piece a buffer of its own."""
        room = min(self._maximum_length - 6, _PIECE) if self._maximum_length > 6 else _PIECE
        for start in range(0, len(dataset), room):
            piece = dataset[start : start + room]
            last = 0x02 if start + room >= len(dataset) else 0x00
            header = _PDU.pack(Kind.DATA, len(piece) + 6)
            yield memoryview(header + _VALUE.pack(len(piece) + 2, context, last))
            yield piece

    def _write(self, buffers: list[memoryview]) -> None:
        link = self._wire.link
        if isinstance(link, ssl.SSLSocket):  # it has no sendmsg
            for start in range(0, len(buffers), 2):
                self._wire.send(b"".join(buffers[start : start + 2]))
            return
        try:
            for start in range(0, len(buffers), _BUFFERS_AT_ONCE):
                _send_all(link, buffers[start : start + _BUFFERS_AT_ONCE])
        except (OSError, ValueError) as error:
            raise Lost(type(error).__name__) from error

    def _command(self) -> tuple[bytes, int]:
        """The next command set, and the number of its context."""
        collected = bytearray()
        for context, control, piece in self._values():
            if not pdu.is_command(control):
                raise Malformed("A data set that no command announced.")
            collected += piece
            if len(collected) > _COMMAND_AT_MOST:
                raise Malformed("A command set without an end.")
            if pdu.is_last(control):
                return bytes(collected), context
        raise Malformed("A command set without an end.")

    def _dataset(self, take: Taker) -> None:
        for _, control, piece in self._values():
            if pdu.is_command(control):
                raise Malformed("A command within a data set.")
            take(piece)
            if pdu.is_last(control):
                return

    def _values(self) -> Iterator[tuple[int, int, memoryview]]:
        """Presentation data values as they come, the long ones in pieces."""
        while True:
            if not self._left:
                kind, self._left = pdu.header(self._wire.exactly(6))
                if kind != Kind.DATA:
                    raise Malformed("The peer ends the association.")
            size, context, control = pdu.value_header(self._wire.exactly(6))
            if not 2 <= size <= self._left - 4:
                raise Malformed("A PDU whose parts do not fit into it.")
            self._left -= size + 4
            left = size - 2
            while True:
                piece = self._wire.some(left) if left else memoryview(b"")
                left -= len(piece)
                # only with its last piece a fragment can be the last
                yield context, control if not left else control & ~0x02, piece
                if not left:
                    break
            self._wire.allow(self._timeout)


def _collect(collected: bytearray, piece: memoryview) -> None:
    if len(collected) + len(piece) > ANSWER_AT_MOST:
        raise Malformed("An answer that is too long.")
    collected += piece


def _send_all(link: socket.socket, buffers: list[memoryview]) -> None:
    while buffers:
        sent = link.sendmsg(buffers)
        while buffers and sent >= len(buffers[0]):
            sent -= len(buffers.pop(0))
        if sent:
            buffers[0] = buffers[0][sent:]


def _connect(endpoint: Endpoint, caller: Caller) -> Wire:
    patience = min(CONNECT_TIMEOUT, caller.timeout)
    try:
        link = socket.create_connection((endpoint.host, endpoint.port), timeout=patience)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secure = caller.keys.to_call(endpoint)
        if secure is not None:
            context, host = secure
            link = context.wrap_socket(link, server_hostname=host)
    except ConfigurationError as error:  # our keys: they are mended while it waits
        raise Unreachable(error.sentence, cause=endpoint.id) from error
    except OSError as error:
        raise Unreachable(
            f"{endpoint.application} cannot be reached now.",
            cause=f"{endpoint.id} {type(error).__name__}",
        ) from error
    return Wire(link)


def _silent(endpoint: Endpoint) -> Unreachable:
    return Unreachable(
        f"{endpoint.application} ended the association, or gave no answer.", cause=endpoint.id
    )


def _rejected(endpoint: Endpoint, caller: Caller, content: bytes) -> Unreachable:
    result, source, reason = content[1:4] if len(content) >= 4 else (0, 0, 0)
    why = "rejects the association for now."
    if source == 1 and reason == _UNKNOWN_CALLING:
        why = f"rejects the association: it must know the AE title {caller.ae_title}."
    elif source == 1 and reason == _UNKNOWN_CALLED:
        why = "is not the AE title of the system at its address."
    elif result == 1:
        why = f"rejects the association: it must know the AE title {caller.ae_title}."
    return Unreachable(f"{endpoint.application} {why}", cause=endpoint.id)
