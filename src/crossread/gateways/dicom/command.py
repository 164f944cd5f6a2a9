"""The command sets of C-STORE, C-FIND and C-ECHO, as bytes and as values (PS3.7 9.3, 6.3.1).

A command set is a handful of elements in Implicit VR Little Endian; reading it by hand costs
microseconds, where a data set of pydicom's costs a good part of a millisecond.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from crossread.gateways.dicom import command_set

_NO_DATA_SET = 0x0101  # PS3.7 E.1: Command Data Set Type
_COMMENT_AT_MOST = 64  # characters: LO


class Tag(IntEnum):
    """Elements of group 0000 (PS3.7 E.1)."""

    GROUP_LENGTH = 0x0000
    AFFECTED_SOP_CLASS = 0x0002
    COMMAND = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_RESPONDED_TO = 0x0120
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    ERROR_COMMENT = 0x0902
    AFFECTED_SOP_INSTANCE = 0x1000


class Field(IntEnum):
    """Command Field (PS3.7 E.1-1) of what an association that only stores, or finds, may hold."""

    STORE_RQ = 0x0001
    FIND_RQ = 0x0020
    ECHO_RQ = 0x0030
    CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000  # the bit that makes a request's command field its response's


@dataclass(frozen=True, slots=True)
class Command:
    """A request."""

    field: int
    message_id: int
    sop_class_uid: str
    sop_instance_uid: str
    has_data_set: bool
    responds_to: int = 0  # of a C-CANCEL: the request that is to stop


def parse(content: bytes) -> Command:
    """A command set. Raises Malformed."""
    elements = command_set.elements(content)
    return Command(
        field=command_set.number(elements, Tag.COMMAND),
        message_id=command_set.number(elements, Tag.MESSAGE_ID, 0),
        sop_class_uid=command_set.uid(elements, Tag.AFFECTED_SOP_CLASS),
        sop_instance_uid=command_set.uid(elements, Tag.AFFECTED_SOP_INSTANCE),
        has_data_set=command_set.number(elements, Tag.DATA_SET_TYPE) != _NO_DATA_SET,
        responds_to=command_set.number(elements, Tag.MESSAGE_ID_RESPONDED_TO, 0),
    )


def respond(request: Command, status: int, comment: str = "") -> bytes:
    """The response to a request (PS3.7 9.3.1.2, 9.3.5.2)."""
    answer = _text(Tag.AFFECTED_SOP_CLASS, request.sop_class_uid, b"\0")
    answer += _short(Tag.COMMAND, request.field | RESPONSE)
    answer += _short(Tag.MESSAGE_ID_RESPONDED_TO, request.message_id)
    answer += _short(Tag.DATA_SET_TYPE, _NO_DATA_SET)
    answer += _short(Tag.STATUS, status)
    answer += _text(Tag.ERROR_COMMENT, comment[:_COMMENT_AT_MOST], b" ")
    answer += _text(Tag.AFFECTED_SOP_INSTANCE, request.sop_instance_uid, b"\0")
    length = struct.pack("<L", len(answer))
    return command_set.ELEMENT.pack(0, Tag.GROUP_LENGTH, 4) + length + answer


def _short(tag: Tag, value: int) -> bytes:
    return command_set.ELEMENT.pack(0, tag, 2) + value.to_bytes(2, "little")


def _text(tag: Tag, value: str, padding: bytes) -> bytes:
    """An element of text, of even length; none when there is nothing to say."""
    if not value:
        return b""
    content = value.encode("ascii", "replace")
    content += padding * (len(content) % 2)
    return command_set.ELEMENT.pack(0, tag, len(content)) + content
