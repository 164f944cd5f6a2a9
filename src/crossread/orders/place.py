"""Take in what an order message says."""

from dataclasses import replace
from datetime import datetime
from typing import TypedDict

from crossread.hospitals.model import Urgency
from crossread.orders import store
from crossread.orders.model import (
    Control,
    Order,
    OrderEvent,
    OrderRequest,
    OrderState,
    order_id,
)
from crossread.patients.recognise import recognise
from crossread.platform import events
from crossread.platform.database import Connection


class Procedure(TypedDict):
    """What is asked for, as OBR-4 says it."""

    procedure_code: str
    procedure_text: str
    procedure_system: str


async def place(db: Connection, request: OrderRequest, now: datetime, *, digest: str) -> Order:
    """Place, change or cancel an order as its hospital asks.

    The very same message a second time changes nothing. A change of an order that is not known
    places it; a cancellation of one is kept, so that a late order does not come alive. What a
    later message leaves empty stays as it was (2.5.3).
    """
    key = order_id(request.hospital_id, request.accession_number)
    await store.lock(db, key)
    new = await store.note_message(db, request.hospital_id, request.control_id, digest, now)
    known = await store.found(db, key)
    if known is not None and not new:
        return known
    patient = await recognise(
        db,
        hospital_id=request.hospital_id,
        issuer=request.patient.issuer,
        number=request.patient.number,
        bsn=request.patient.bsn,
        name=request.patient.name,
        birth_date=request.patient.birth_date,
        sex=request.patient.sex,
        now=now,
    )
    asked = Order(
        id=key,
        hospital_id=request.hospital_id,
        accession_number=request.accession_number,
        placer_number=request.placer_number,
        filler_number=request.filler_number,
        patient_id=patient.id,
        study_instance_uid=request.study_instance_uid,
        procedure_code=request.procedure_code,
        procedure_text=request.procedure_text,
        procedure_system=request.procedure_system,
        modality=request.modality,
        urgency=request.urgency or (known.urgency if known else Urgency.ROUTINE),
        question=request.question,
        referrer=request.referrer,
        state=OrderState.PLACED,
        requested_at=request.requested_at,
        received_at=now,
        revision=1,
        scheduled_at=request.scheduled_at,
        station=request.station,
        requested_procedure_id=request.requested_procedure_id,
        scheduled_step_id=request.scheduled_step_id,
    )
    order, event = _outcome(known, asked, request.control)
    await store.save(db, order)
    await events.append(
        db, event, order.id, hospital_id=order.hospital_id, facts={"revision": order.revision}
    )
    return order


def _outcome(known: Order | None, asked: Order, control: Control) -> tuple[Order, OrderEvent]:
    """What becomes of an order when a message asks `asked` of it."""
    if known is None:
        if control is Control.CANCEL:
            return replace(asked, state=OrderState.CANCELLED), OrderEvent.CANCELLED
        return asked, OrderEvent.PLACED
    revision = known.revision + 1
    if control is Control.CANCEL:
        return (
            replace(known, state=OrderState.CANCELLED, revision=revision),
            OrderEvent.CANCELLED,
        )
    return (
        replace(
            asked,
            placer_number=asked.placer_number or known.placer_number,
            filler_number=asked.filler_number or known.filler_number,
            study_instance_uid=asked.study_instance_uid or known.study_instance_uid,
            **_procedure(known, asked),
            modality=asked.modality or known.modality,
            question=asked.question or known.question,
            referrer=asked.referrer or known.referrer,
            state=_state(known),
            requested_at=asked.requested_at or known.requested_at,
            received_at=known.received_at,
            revision=revision,
            scheduled_at=asked.scheduled_at or known.scheduled_at,
            station=asked.station or known.station,
            requested_procedure_id=asked.requested_procedure_id or known.requested_procedure_id,
            scheduled_step_id=asked.scheduled_step_id or known.scheduled_step_id,
        ),
        OrderEvent.CHANGED,
    )


def _procedure(known: Order, asked: Order) -> Procedure:
    """Code, text and system go together: those of one message, never mixed."""
    told = asked if asked.procedure_code or asked.procedure_text else known
    return Procedure(
        procedure_code=told.procedure_code,
        procedure_text=told.procedure_text,
        procedure_system=told.procedure_system,
    )


def _state(known: Order) -> OrderState:
    """Where a known order stands after a message that places or changes it.

    One that was cancelled before it was ever placed (its first message cancelled it) stays so: the
    message that places it was overtaken. One that was cancelled later is asked for again.
    """
    if known.state is OrderState.CANCELLED and known.revision > 1:
        return OrderState.PLACED
    return known.state
