"""Orders as hospitals send them: placed, changed, cancelled, in whatever turn they come."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from tests.orders.asking import asked, joined

from crossread.hospitals.model import Urgency
from crossread.orders import store
from crossread.orders.model import Control, Order, OrderState, order_id
from crossread.orders.place import place
from crossread.patients import store as patients
from crossread.platform.database import Connection, Database

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def placed(db: Connection, **said: Any) -> Order:
    request = asked(**said)
    return await place(db, request, NOON, digest=request.control_id)


async def kinds(db: Connection) -> list[str]:
    cursor = await db.execute(
        "select kind from platform.event where kind like 'order.%' order by id"
    )
    return [row["kind"] for row in await cursor.fetchall()]


async def test_an_order_is_placed_for_its_patient(db: Connection) -> None:
    await joined(db)
    order = await placed(db)
    patient = await patients.patient(db, order.patient_id)
    assert (order.state, order.revision, order.urgency) == (OrderState.PLACED, 1, Urgency.ACUTE)
    assert (patient.number, patient.issuer, patient.birth_date) == (
        "N1",
        "NOORD",
        date(1950, 1, 1),
    )
    assert await store.order(db, order.id) == order
    assert await kinds(db) == ["order.placed"]


async def test_the_same_message_again_changes_nothing(db: Connection) -> None:
    await joined(db)
    first = await placed(db)
    changed = await placed(db, control_id="2", control=Control.CHANGE, question="Infarct?")
    assert await placed(db) == changed
    assert (first.revision, changed.revision) == (1, 2)
    assert await kinds(db) == ["order.placed", "order.changed"]


async def test_a_change_keeps_what_it_does_not_say(db: Connection) -> None:
    await joined(db)
    first = await placed(db, urgency=Urgency.STROKE)
    status = await placed(
        db,
        control_id="2",
        control=Control.CHANGE,
        urgency=None,
        question="",
        referrer="",
        modality="",
        procedure_code="",
        procedure_text="",
        procedure_system="",
        study_instance_uid="",
        requested_at=None,
    )
    assert status == replace(first, revision=2)


async def test_a_new_procedure_does_not_keep_the_old_code(db: Connection) -> None:
    await joined(db)
    await placed(db)
    changed = await placed(
        db, control_id="2", control=Control.CHANGE, procedure_code="", procedure_text="MRI hersenen"
    )
    assert (changed.procedure_code, changed.procedure_text) == ("", "MRI hersenen")


async def test_a_change_of_an_unknown_order_places_it(db: Connection) -> None:
    await joined(db)
    order = await placed(db, control=Control.CHANGE, urgency=None)
    assert (order.state, order.urgency) == (OrderState.PLACED, Urgency.ROUTINE)
    assert await kinds(db) == ["order.placed"]


async def test_an_order_that_its_cancellation_overtook_stays_cancelled(db: Connection) -> None:
    await joined(db)
    await placed(db, control=Control.CANCEL)
    late = await placed(db, control_id="2")
    assert late.state is OrderState.CANCELLED
    assert await kinds(db) == ["order.cancelled", "order.changed"]


async def test_an_order_that_was_cancelled_may_be_asked_again(db: Connection) -> None:
    await joined(db)
    await placed(db)
    await placed(db, control_id="2", control=Control.CANCEL)
    again = await placed(db, control_id="3")
    assert (again.state, again.revision) == (OrderState.PLACED, 3)


async def test_the_same_accession_number_of_two_hospitals_is_two_orders(db: Connection) -> None:
    await joined(db)
    await joined(db, "zuid")
    one, other = await placed(db), await placed(db, hospital_id="zuid")
    assert one.id != other.id
    assert one.patient_id != other.patient_id


async def test_two_messages_at_once_place_one_order(database: Database) -> None:
    async with database.transaction() as db:
        await joined(db)

    async def send(control_id: str, **said: Any) -> None:
        async with database.transaction() as db:
            await placed(db, control_id=control_id, **said)
            await asyncio.sleep(0.05)

    await asyncio.gather(*(send(str(number)) for number in range(4)))
    async with database.transaction() as db:
        order = await store.order(db, order_id("noord", "A1"))
        assert order.revision == 4
        assert sorted(await kinds(db)) == ["order.changed"] * 3 + ["order.placed"]
