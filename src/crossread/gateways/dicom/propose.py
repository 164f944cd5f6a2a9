"""What we propose when we open an association, and what is agreed to (PS3.8 9.3.2, 9.3.3)."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from crossread.archive.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.gateways.dicom.pdu import (
    APPLICATION_CONTEXT,
    PROTOCOL_VERSION,
    Item,
    Kind,
    Malformed,
    Result,
)

CONTEXTS_AT_MOST = 128  # odd numbers from 1 to 255
PDU_LENGTH = 131_072  # bytes: the longest P-DATA-TF that we take

_HEADER = struct.Struct(">BxL")
_ITEM = struct.Struct(">BxH")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A presentation context that we propose."""

    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]
    as_scp: bool = False  # we take what the peer sends in it (PS3.7 D.3.3.4): for C-GET


@dataclass(frozen=True, slots=True)
class Context:
    """A presentation context that the peer agreed to."""

    id: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Agreed:
    """What an A-ASSOCIATE-AC says."""

    contexts: tuple[Context, ...]
    maximum_length: int  # the longest P-DATA-TF that the peer takes; 0: any


def compose_request(called: str, calling: str, wanted: Sequence[Wanted]) -> bytes:
    """An A-ASSOCIATE-RQ."""
    assert len(wanted) <= CONTEXTS_AT_MOST  # noqa: S101 - our own caller's doing
    body = struct.pack(">HH", PROTOCOL_VERSION, 0)
    body += _title(called) + _title(calling) + bytes(32)
    body += _item(Item.APPLICATION_CONTEXT, APPLICATION_CONTEXT.encode())
    for place, one in enumerate(wanted):
        syntaxes = b"".join(
            _item(Item.TRANSFER_SYNTAX, uid.encode()) for uid in one.transfer_syntaxes
        )
        abstract = _item(Item.ABSTRACT_SYNTAX, one.abstract_syntax.encode())
        body += _item(Item.PROPOSED_CONTEXT, bytes((_number(place), 0, 0, 0)) + abstract + syntaxes)
    user = _item(Item.MAXIMUM_LENGTH, struct.pack(">L", PDU_LENGTH))
    user += _item(Item.IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID.encode())
    for uid in dict.fromkeys(one.abstract_syntax for one in wanted if one.as_scp):
        role = struct.pack(">H", len(uid)) + uid.encode() + b"\1\1"
        user += _item(Item.ROLE_SELECTION, role)
    user += _item(Item.IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION_NAME.encode())
    body += _item(Item.USER_INFORMATION, user)
    return _HEADER.pack(Kind.ASSOCIATE_RQ, len(body)) + body


def parse_accept(content: bytes, wanted: Sequence[Wanted]) -> Agreed:
    """An A-ASSOCIATE-AC behind its first six bytes. Raises Malformed."""
    if len(content) < 68:
        raise Malformed("An A-ASSOCIATE-AC is too short.")
    by_number = {_number(place): one for place, one in enumerate(wanted)}
    contexts, maximum_length = [], 0
    for kind, value in _items(content[68:]):
        if kind == Item.ACCEPTED_CONTEXT and len(value) >= 4 and value[2] == Result.ACCEPTED:
            proposed = by_number.get(value[0])
            chosen = [uid for of, uid in _items(value[4:]) if of == Item.TRANSFER_SYNTAX]
            if proposed is None or not chosen:
                raise Malformed("A context is accepted that was not proposed.")
            syntax = chosen[0].decode("ascii", "replace").rstrip("\0 ")
            contexts.append(Context(value[0], proposed.abstract_syntax, syntax))
        elif kind == Item.USER_INFORMATION:
            maximum_length = _maximum_length(_items(value))
    return Agreed(tuple(contexts), maximum_length)


def _maximum_length(items: Iterable[tuple[int, bytes]]) -> int:
    for kind, value in items:
        if kind == Item.MAXIMUM_LENGTH and len(value) == 4:
            return int.from_bytes(value, "big")
    return 0


def _number(place: int) -> int:
    return 2 * place + 1


def _title(text: str) -> bytes:
    return text.encode("ascii", "replace")[:16].ljust(16)


def _item(kind: Item, value: bytes) -> bytes:
    return _ITEM.pack(kind, len(value)) + value


def _items(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        if len(content) - at < 4:
            raise Malformed("An item of an A-ASSOCIATE-AC has no length.")
        kind, length = _ITEM.unpack_from(content, at)
        at += 4
        if length > len(content) - at:
            raise Malformed("An item of an A-ASSOCIATE-AC is longer than what holds it.")
        yield kind, content[at : at + length]
        at += length
