"""The protocol data units of the upper layer, as bytes and as values (PS3.8 9.3).

Pure: nothing here reads a socket. What a peer may send wrong ends in `Malformed`, never in another
error and never in a loop.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

PROTOCOL_VERSION = 0x0001
APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
UID_AT_MOST = 64  # characters (PS3.5 9.1)

_HEADER = struct.Struct(">BxL")
_ITEM = struct.Struct(">BxH")
_VALUE = struct.Struct(">LBB")


class Malformed(Exception):
    """Bytes that are no PDU of the standard; `reason` is what the peer is told."""

    def __init__(self, sentence: str, reason: "AbortReason | None" = None) -> None:
        super().__init__(sentence)
        self.reason = AbortReason.INVALID_PARAMETER if reason is None else reason


class Kind(IntEnum):
    """The first byte of a PDU."""

    ASSOCIATE_RQ = 0x01
    ASSOCIATE_AC = 0x02
    ASSOCIATE_RJ = 0x03
    DATA = 0x04
    RELEASE_RQ = 0x05
    RELEASE_RP = 0x06
    ABORT = 0x07


class Item(IntEnum):
    """What stands in an A-ASSOCIATE PDU (PS3.8 9.3.2, PS3.7 Annex D)."""

    APPLICATION_CONTEXT = 0x10
    PROPOSED_CONTEXT = 0x20
    ACCEPTED_CONTEXT = 0x21
    ABSTRACT_SYNTAX = 0x30
    TRANSFER_SYNTAX = 0x40
    USER_INFORMATION = 0x50
    MAXIMUM_LENGTH = 0x51
    IMPLEMENTATION_CLASS = 0x52
    ROLE_SELECTION = 0x54
    IMPLEMENTATION_VERSION = 0x55
    EXTENDED_NEGOTIATION = 0x56


class Result(IntEnum):
    """What became of a proposed presentation context (PS3.8 Table 9-18)."""

    ACCEPTED = 0
    ABSTRACT_SYNTAX_NOT_SUPPORTED = 3
    TRANSFER_SYNTAXES_NOT_SUPPORTED = 4


class AbortReason(IntEnum):
    """Why the service provider aborts (PS3.8 Table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    INVALID_PARAMETER = 6


@dataclass(frozen=True, slots=True)
class Rejection:
    """Result, source and reason of an A-ASSOCIATE-RJ (PS3.8 Table 9-21)."""

    result: int  # 1: for good, 2: for now
    source: int  # 1: service user, 2: provider (ACSE), 3: provider (presentation)
    reason: int


CALLING_NOT_RECOGNIZED = Rejection(1, 1, 3)
CALLED_NOT_RECOGNIZED = Rejection(1, 1, 7)
APPLICATION_CONTEXT_NOT_SUPPORTED = Rejection(1, 1, 2)
PROTOCOL_VERSION_NOT_SUPPORTED = Rejection(1, 2, 2)
TEMPORARY_CONGESTION = Rejection(2, 3, 1)
LOCAL_LIMIT_EXCEEDED = Rejection(2, 3, 2)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A presentation context as the requestor proposes it."""

    id: int  # odd, 1 to 255
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """An A-ASSOCIATE-RQ."""

    called: str
    calling: str
    protocol_version: int
    application_context: str
    contexts: tuple[Proposal, ...]
    maximum_length: int  # the longest P-DATA-TF that the requestor takes; 0: any
    roles: Mapping[str, tuple[bool, bool]]  # by SOP class: it will be SCU, it will be SCP
    extended: Mapping[str, bytes]  # by SOP class: service class application information


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What we answer to a presentation context."""

    id: int
    result: Result
    transfer_syntax: str


def header(content: bytes | memoryview) -> tuple[int, int]:
    """The kind of a PDU and how many bytes follow its first six."""
    kind, length = _HEADER.unpack_from(content)
    return kind, length


def value_header(content: bytes | memoryview) -> tuple[int, int, int]:
    """Of a presentation data value: its length, its context, its control header (PS3.8 9.3.5.1)."""
    length, context, control = _VALUE.unpack_from(content)
    return length, context, control


def parse_request(content: bytes) -> Request:
    """An A-ASSOCIATE-RQ behind its first six bytes (PS3.8 9.3.2). Raises Malformed."""
    if len(content) < 68:
        raise Malformed("An A-ASSOCIATE-RQ is too short.")
    (version,) = struct.unpack_from(">H", content)
    application_context = ""
    contexts: list[Proposal] = []
    negotiated = _Negotiated({}, {}, 0)
    for kind, value in _items(content[68:]):
        match kind:
            case Item.APPLICATION_CONTEXT:
                application_context = _uid(value)
            case Item.PROPOSED_CONTEXT:
                contexts.append(_proposal(value))
            case Item.USER_INFORMATION:
                negotiated = _user_information(value)
    ids = [one.id for one in contexts]
    if not contexts or len(set(ids)) != len(ids):
        raise Malformed("An A-ASSOCIATE-RQ proposes nothing, or two contexts of one number.")
    return Request(
        called=_title(content[4:20]),
        calling=_title(content[20:36]),
        protocol_version=version,
        application_context=application_context,
        contexts=tuple(contexts),
        maximum_length=negotiated.maximum_length,
        roles=negotiated.roles,
        extended=negotiated.extended,
    )


def compose_accept(
    request_head: bytes,
    contexts: Sequence[Acceptance],
    *,
    maximum_length: int,
    implementation_class: str,
    implementation_version: str,
    roles: Mapping[str, tuple[bool, bool]],
    extended: Mapping[str, bytes],
) -> bytes:
    """An A-ASSOCIATE-AC (PS3.8 9.3.3); `request_head` is bytes 11 to 74 of the request."""
    answers = b"".join(
        _item(
            Item.ACCEPTED_CONTEXT,
            bytes((one.id, 0, one.result, 0))
            + _item(Item.TRANSFER_SYNTAX, one.transfer_syntax.encode("ascii", "replace")),
        )
        for one in contexts
    )
    user = _item(Item.MAXIMUM_LENGTH, struct.pack(">L", maximum_length))
    user += _item(Item.IMPLEMENTATION_CLASS, implementation_class.encode())
    for uid, (as_scu, as_scp) in roles.items():
        user += _item(Item.ROLE_SELECTION, _counted(uid) + bytes((as_scu, as_scp)))
    user += _item(Item.IMPLEMENTATION_VERSION, implementation_version.encode())
    for uid, application in extended.items():
        user += _item(Item.EXTENDED_NEGOTIATION, _counted(uid) + application)
    body = struct.pack(">HH", PROTOCOL_VERSION, 0) + request_head
    body += _item(Item.APPLICATION_CONTEXT, APPLICATION_CONTEXT.encode())
    body += answers + _item(Item.USER_INFORMATION, user)
    return _HEADER.pack(Kind.ASSOCIATE_AC, len(body)) + body


def compose_reject(rejection: Rejection) -> bytes:
    """An A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    return _HEADER.pack(Kind.ASSOCIATE_RJ, 4) + bytes(
        (0, rejection.result, rejection.source, rejection.reason)
    )


def compose_abort(reason: AbortReason) -> bytes:
    """An A-ABORT of the service provider (PS3.8 9.3.8)."""
    return _HEADER.pack(Kind.ABORT, 4) + bytes((0, 0, 2, reason))


RELEASED = _HEADER.pack(Kind.RELEASE_RP, 4) + bytes(4)  # PS3.8 9.3.7

_COMMAND, _LAST = 0x01, 0x02  # the bits of a message control header (PS3.8 E.2)


def is_command(control: int) -> bool:
    """Whether a fragment belongs to the command set, not the data set."""
    return bool(control & _COMMAND)


def is_last(control: int) -> bool:
    """Whether a fragment is the last of its set."""
    return bool(control & _LAST)


def compose_command(context: int, command: bytes, maximum_length: int) -> bytes:
    """A command set as P-DATA-TF, in as many as the peer's limit asks for (PS3.8 9.3.5)."""
    room = max(maximum_length - 6, 1) if maximum_length else len(command)
    pieces = [command[start : start + room] for start in range(0, len(command), room)]
    answer = b""
    for number, piece in enumerate(pieces, 1):
        control = _COMMAND | (_LAST if number == len(pieces) else 0)
        value = _VALUE.pack(len(piece) + 2, context, control) + piece
        answer += _HEADER.pack(Kind.DATA, len(value)) + value
    return answer


@dataclass(frozen=True, slots=True)
class _Negotiated:
    roles: dict[str, tuple[bool, bool]]
    extended: dict[str, bytes]
    maximum_length: int


def _items(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The items that stand one after the other."""
    at = 0
    while at < len(content):
        if len(content) - at < 4:
            raise Malformed("An item of an A-ASSOCIATE PDU has no length.")
        kind, length = _ITEM.unpack_from(content, at)
        at += 4
        if length > len(content) - at:
            raise Malformed("An item of an A-ASSOCIATE PDU is longer than what holds it.")
        yield kind, content[at : at + length]
        at += length


def _proposal(content: bytes) -> Proposal:
    if len(content) < 4 or content[0] % 2 == 0:
        raise Malformed("A presentation context has no number, or an even one.")
    abstract, transfers = "", []
    for kind, value in _items(content[4:]):
        match kind:
            case Item.ABSTRACT_SYNTAX:
                abstract = _uid(value)
            case Item.TRANSFER_SYNTAX:
                transfers.append(_uid(value))
    if not abstract or not transfers:
        raise Malformed("A presentation context lacks its abstract or its transfer syntax.")
    return Proposal(content[0], abstract, tuple(transfers))


def _user_information(content: bytes) -> _Negotiated:
    roles: dict[str, tuple[bool, bool]] = {}
    extended: dict[str, bytes] = {}
    maximum = 0
    for kind, value in _items(content):
        match kind:
            case Item.MAXIMUM_LENGTH:
                if len(value) != 4:
                    raise Malformed("A maximum length does not have four bytes.")
                (maximum,) = struct.unpack(">L", value)
            case Item.ROLE_SELECTION:
                uid, rest = _uid_and_rest(value)
                if len(rest) != 2:
                    raise Malformed("A role selection does not name two roles.")
                roles[uid] = (rest[0] == 1, rest[1] == 1)
            case Item.EXTENDED_NEGOTIATION:
                uid, extended_value = _uid_and_rest(value)
                extended[uid] = extended_value
    return _Negotiated(roles, extended, maximum)


def _uid_and_rest(content: bytes) -> tuple[str, bytes]:
    if len(content) < 2:
        raise Malformed("A negotiation item names no SOP class.")
    (length,) = struct.unpack_from(">H", content)
    if length > len(content) - 2:
        raise Malformed("A SOP class UID is longer than the item that holds it.")
    return _uid(content[2 : 2 + length]), content[2 + length :]


def _uid(content: bytes) -> str:
    """A UID, of which some senders pad the odd length as in a data set."""
    try:
        uid = content.decode("ascii").rstrip("\0 ")
    except UnicodeDecodeError:
        raise Malformed("A UID holds other than ASCII characters.") from None
    if not uid or len(uid) > UID_AT_MOST or not uid.replace(".", "").isdigit():
        raise Malformed("What should be a UID is none.")
    return uid


def _title(content: bytes) -> str:
    """An AE title; leading and trailing spaces do not count (PS3.8 9.3.2)."""
    return content.decode("ascii", "replace").strip("\0 ")


def _item(kind: Item, value: bytes) -> bytes:
    return _ITEM.pack(kind, len(value)) + value


def _counted(uid: str) -> bytes:
    return struct.pack(">H", len(uid)) + uid.encode()
