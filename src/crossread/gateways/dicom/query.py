"""C-FIND on an association that pynetdicom serves, as it asks for other services too."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import structlog
from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import evt
from pynetdicom.pdu_primitives import P_DATA

from crossread.gateways.dicom import question
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.pending import Pending
from crossread.gateways.dicom.question import CANCELLED, NOT_THIS_MODEL, UNABLE, Line, Question
from crossread.platform.errors import Unreadable

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

MEANINGS = question.MEANINGS

log = structlog.get_logger(__name__)


def negotiated(event: Any) -> dict[UID, bytes]:
    """What we answer to SOP class extended negotiation."""
    return {
        uid: question.agreed(asked)
        for uid, asked in event.app_info.items()
        if str(uid) in question.FINDS
    }


def handler(desk: Desk) -> Callable[[evt.Event], Iterator[tuple[Any, Dataset | None]]]:
    """The answers to each C-FIND-RQ.

    They go out a page at a time, as bytes: pynetdicom, which sends the last status, would take
    longer to make an object of each than the archive takes to find it.
    """

    def find(event: evt.Event) -> Iterator[tuple[Any, Dataset | None]]:
        try:
            asked = _question(desk, event)
            for found, _ in asked.pages():
                if event.is_cancelled:
                    yield CANCELLED, None
                    return
                _send(event, asked.pending, asked.fragments(found))
                if not event.assoc.is_established:
                    return
        except Unreadable as error:
            yield _refusal(error), None
        except Exception as error:
            log.error("query.failed", **fault(error))
            yield UNABLE, None

    return find


def _question(desk: Desk, event: Any) -> Question:
    model = str(event.context.abstract_syntax)
    asked = event.assoc.requestor.sop_class_extended.get(UID(model), b"")
    line = Line(
        desk.caller(event),
        event.assoc.acceptor.ae_title.strip(),
        event.context.context_id,
        model,
        UID(event.context.transfer_syntax),
        event.assoc.requestor.maximum_length or 0,
        question.agreed(asked),
    )
    return Question.read(desk, line, event.request.MessageID, event.request.Identifier.getvalue())


def _send(event: evt.Event, pending: Pending, page: list[bytes]) -> None:
    """Send the fragments of a page."""
    dul = event.assoc.dul
    link = dul.socket
    if link is None:  # the association is gone, which its own thread will see
        return
    if not isinstance(link.socket, ssl.SSLSocket):
        link.send(pending.pdus(page))
        return
    # pynetdicom's thread may read at this moment, and of a TLS socket only one thread can make use
    for fragment in page:
        primitive = P_DATA()
        primitive.presentation_data_value_list.append((event.context.context_id, fragment))
        dul.send_pdu(primitive)


def _refusal(error: Unreadable) -> Dataset:
    """A status with its reason, which has no word of what was asked."""
    status = Dataset()
    status.Status = NOT_THIS_MODEL
    status.ErrorComment = error.sentence[:64]
    return status
