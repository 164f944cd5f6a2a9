"""Serve requests where pynetdicom's own service classes do less than the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_GET, C_MOVE

from crossread.gateways.dicom import commitment

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

_WHOLE = {C_MOVE: evt.EVT_C_MOVE, C_GET: evt.EVT_C_GET}


def attend(desk: Desk, association: Association) -> None:
    """Take the requests of an association before pynetdicom does.

    C-MOVE and C-GET are answered to the end by their handlers. After N-ACTION-RSP the association
    may be used for the N-EVENT-REPORT that answers it.
    """
    serve = association._serve_request

    def ours(message: Any, context_id: int) -> None:
        event = _WHOLE.get(type(message))
        context = association._accepted_cx.get(context_id)
        if event is None or context is None or not message.is_valid_request:
            serve(message, context_id)
            _alone(association, lambda: commitment.report(desk, association))
            return
        waiting = association.dimse.cancel_req = {}
        facts = {
            "request": message,
            "context": context.as_tuple,
            "_is_cancelled": lambda number: number in waiting,
        }
        _alone(association, lambda: evt.trigger(association, event, facts))
        association.dimse.cancel_req = {}

    association._serve_request = ours  # type: ignore[method-assign, assignment]


def _alone(association: Association, verb: Any) -> None:
    """Run `verb` with the association's own reading of messages at a halt, as its SCPs do."""
    association._is_paused = True
    try:
        verb()
    finally:
        association._is_paused = False
