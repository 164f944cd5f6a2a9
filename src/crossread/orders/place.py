"""Take in what an order message says."""

from dataclasses import replace
from datetime import datetime

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


async def place(db: Connection, request: OrderRequest, now: datetime, *, digest: str) -> Order:
    """Place, change or cancel an order as its hospital asks.

    The very same message a second time changes nothing. A change of an order that is not known
    places it; a cancellation of one is kept, so that a late order does not come alive.
    """
    key = order_id(request.hospital_id, request.accession_number)
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
        urgency=request.urgency,
        question=request.question,
        referrer=request.referrer,
        state=OrderState.PLACED,
        requested_at=request.requested_at,
        received_at=now,
        revision=1,
    )
    order, event = _outcome(known, asked, request.control)
    await store.save(db, order)
    await events.append(
        db, event, order.id, hospital_id=order.hospital_id, facts={"revision": order.revision}
    )
    return order


def _outcome(known: Order | None, asked: Order, control: Control) -> tuple[Order, OrderEvent]:
    """What becomes of an order when a message asks `asked` of it."""
    revision = known.revision + 1 if known else 1
    received_at = known.received_at if known else asked.received_at
    match control:
        case Control.CANCEL:
            base = known or asked
            cancelled = replace(base, state=OrderState.CANCELLED, revision=revision)
            return cancelled, OrderEvent.CANCELLED
        case Control.PLACE | Control.CHANGE:
            answered = known is not None and known.state is OrderState.ANSWERED
            order = replace(
                asked,
                state=OrderState.ANSWERED if answered else OrderState.PLACED,
                study_instance_uid=asked.study_instance_uid
                or (known.study_instance_uid if known else ""),
                received_at=received_at,
                revision=revision,
            )
            return order, OrderEvent.CHANGED if known else OrderEvent.PLACED
