"""The command sets that we say on an association of ours, and those that we hear (PS3.7 9.3, 10.3).

Written and read by hand, as in `command.py`: a thousand images are a thousand of each.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

from crossread.gateways.dicom import command_set
from crossread.gateways.dicom.pdu import Malformed

_NO_DATA_SET, _DATA_SET = 0x0101, 0x0001  # PS3.7 E.1: Command Data Set Type
_MEDIUM = 0x0000


class Field(IntEnum):
    """Command Field (PS3.7 E.1-1)."""

    STORE_RQ = 0x0001
    GET_RQ = 0x0010
    FIND_RQ = 0x0020
    MOVE_RQ = 0x0021
    EVENT_REPORT_RQ = 0x0100
    ACTION_RQ = 0x0130
    CANCEL_RQ = 0x0FFF


RESPONSE = 0x8000  # the bit that makes a request's command field its response's


class _Tag(IntEnum):
    AFFECTED_SOP_CLASS = 0x0002
    REQUESTED_SOP_CLASS = 0x0003
    COMMAND = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_RESPONDED_TO = 0x0120
    MOVE_DESTINATION = 0x0600
    PRIORITY = 0x0700
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    ERROR_COMMENT = 0x0902
    AFFECTED_SOP_INSTANCE = 0x1000
    REQUESTED_SOP_INSTANCE = 0x1001
    EVENT_TYPE = 0x1002
    ACTION_TYPE = 0x1008
    REMAINING = 0x1020
    COMPLETED = 0x1021
    FAILED = 0x1022
    WARNING = 0x1023


@dataclass(frozen=True, slots=True)
class Heard:
    """A command set of the peer's."""

    field: int
    message_id: int  # its own, or of ours that it answers
    status: int
    has_data_set: bool
    sop_class_uid: str
    sop_instance_uid: str
    remaining: int
    completed: int
    failed: int
    warning: int
    event_type: int

    @property
    def is_pending(self) -> bool:
        """Whether more answers follow (PS3.7 C.4)."""
        return self.status in {0xFF00, 0xFF01}


def store(message_id: int, sop_class: str, sop_instance: str) -> bytes:
    """C-STORE-RQ (PS3.7 9.3.1.1)."""
    return _set(
        (_Tag.AFFECTED_SOP_CLASS, sop_class),
        (_Tag.COMMAND, Field.STORE_RQ),
        (_Tag.MESSAGE_ID, message_id),
        (_Tag.PRIORITY, _MEDIUM),
        (_Tag.DATA_SET_TYPE, _DATA_SET),
        (_Tag.AFFECTED_SOP_INSTANCE, sop_instance),
    )


def stored(request: Heard, status: int) -> bytes:
    """C-STORE-RSP (PS3.7 9.3.1.2)."""
    return _set(
        (_Tag.AFFECTED_SOP_CLASS, request.sop_class_uid),
        (_Tag.COMMAND, Field.STORE_RQ | RESPONSE),
        (_Tag.MESSAGE_ID_RESPONDED_TO, request.message_id),
        (_Tag.DATA_SET_TYPE, _NO_DATA_SET),
        (_Tag.STATUS, status),
        (_Tag.AFFECTED_SOP_INSTANCE, request.sop_instance_uid),
    )


def ask(field: Field, message_id: int, sop_class: str, destination: str = "") -> bytes:
    """C-FIND-RQ, C-GET-RQ or C-MOVE-RQ (PS3.7 9.3.2.1, 9.3.3.1, 9.3.4.1)."""
    return _set(
        (_Tag.AFFECTED_SOP_CLASS, sop_class),
        (_Tag.COMMAND, field),
        (_Tag.MESSAGE_ID, message_id),
        *([(_Tag.MOVE_DESTINATION, destination)] if destination else []),
        (_Tag.PRIORITY, _MEDIUM),
        (_Tag.DATA_SET_TYPE, _DATA_SET),
    )


def cancel(message_id: int) -> bytes:
    """C-CANCEL-RQ (PS3.7 9.3.2.3)."""
    return _set(
        (_Tag.COMMAND, Field.CANCEL_RQ),
        (_Tag.MESSAGE_ID_RESPONDED_TO, message_id),
        (_Tag.DATA_SET_TYPE, _NO_DATA_SET),
    )


def action(message_id: int, sop_class: str, sop_instance: str, kind: int) -> bytes:
    """N-ACTION-RQ (PS3.7 10.3.4.1)."""
    return _set(
        (_Tag.REQUESTED_SOP_CLASS, sop_class),
        (_Tag.COMMAND, Field.ACTION_RQ),
        (_Tag.MESSAGE_ID, message_id),
        (_Tag.DATA_SET_TYPE, _DATA_SET),
        (_Tag.REQUESTED_SOP_INSTANCE, sop_instance),
        (_Tag.ACTION_TYPE, kind),
    )


def reported(request: Heard, status: int) -> bytes:
    """N-EVENT-REPORT-RSP (PS3.7 10.3.1.2)."""
    return _set(
        (_Tag.AFFECTED_SOP_CLASS, request.sop_class_uid),
        (_Tag.COMMAND, Field.EVENT_REPORT_RQ | RESPONSE),
        (_Tag.MESSAGE_ID_RESPONDED_TO, request.message_id),
        (_Tag.DATA_SET_TYPE, _NO_DATA_SET),
        (_Tag.STATUS, status),
        (_Tag.AFFECTED_SOP_INSTANCE, request.sop_instance_uid),
        (_Tag.EVENT_TYPE, request.event_type),
    )


def parse(content: bytes) -> Heard:
    """A command set. Raises Malformed."""
    found = command_set.elements(content)
    field = command_set.number(found, _Tag.COMMAND)
    answers = bool(field & RESPONSE)
    own = _Tag.MESSAGE_ID_RESPONDED_TO if answers else _Tag.MESSAGE_ID
    if answers and _Tag.STATUS not in found:
        raise Malformed("An answer has no status.")
    return Heard(
        field=field,
        message_id=command_set.number(found, own, 0),
        status=command_set.number(found, _Tag.STATUS, 0),
        has_data_set=command_set.number(found, _Tag.DATA_SET_TYPE) != _NO_DATA_SET,
        sop_class_uid=command_set.uid(found, _Tag.AFFECTED_SOP_CLASS),
        sop_instance_uid=command_set.uid(found, _Tag.AFFECTED_SOP_INSTANCE),
        remaining=command_set.number(found, _Tag.REMAINING, 0),
        completed=command_set.number(found, _Tag.COMPLETED, 0),
        failed=command_set.number(found, _Tag.FAILED, 0),
        warning=command_set.number(found, _Tag.WARNING, 0),
        event_type=command_set.number(found, _Tag.EVENT_TYPE, 0),
    )


def _set(*elements: tuple[_Tag, int | str]) -> bytes:
    body = b"".join(_element(tag, value) for tag, value in elements)
    return command_set.ELEMENT.pack(0, 0, 4) + struct.pack("<L", len(body)) + body


def _element(tag: _Tag, value: int | str) -> bytes:
    if isinstance(value, int):
        return command_set.ELEMENT.pack(0, tag, 2) + value.to_bytes(2, "little")
    content = value.encode("ascii", "replace")
    padding = b" " if tag is _Tag.MOVE_DESTINATION else b"\0"
    content += padding * (len(content) % 2)
    return command_set.ELEMENT.pack(0, tag, len(content)) + content
