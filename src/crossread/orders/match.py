"""Which study answers which order."""

from datetime import datetime
from uuid import UUID

from crossread.archive.model import Study
from crossread.orders import store
from crossread.orders.model import MatchRule, Order, OrderEvent, OrderState
from crossread.platform import events
from crossread.platform.database import Connection


async def match_study(db: Connection, study: Study, now: datetime) -> Order | None:
    """The order that this study answers, matched now if it was not before.

    By Study Instance UID, else by accession number, always within one hospital.
    """
    known = await store.order_of_study(db, study.id)
    if known is not None:
        return known
    found = await store.order_for(
        db, study.hospital_id, study.study_instance_uid, study.accession_number
    )
    if found is None:
        return None
    order, rule = found
    return await _match(db, study.id, order, rule, now)


async def match_order(db: Connection, order: Order, now: datetime) -> list[UUID]:
    """Every study that this order is for, those that waited for it matched now."""
    if order.state is not OrderState.CANCELLED:
        for study_id, rule in await store.studies_for(db, order):
            await _match(db, study_id, order, rule, now)
    studies = await store.studies_of_order(db, order.id)
    if studies:  # also an order that was cancelled, and asked for again
        await store.answer(db, order.id)
    return studies


async def _match(
    db: Connection, study_id: UUID, order: Order, rule: MatchRule, now: datetime
) -> Order:
    new = await store.match(db, study_id, order.id, rule, now)
    answered = await store.answer(db, order.id)
    if new:
        await events.append(
            db,
            OrderEvent.MATCHED,
            order.id,
            hospital_id=order.hospital_id,
            facts={"study_id": str(study_id), "rule": rule},
        )
    return answered
