"""Which study answers which order, whichever of the two comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.orders.asking import arrived, asked, joined

from crossread.hospitals.model import Urgency
from crossread.orders import store
from crossread.orders.match import match_order, match_study
from crossread.orders.model import Control, Order, OrderState
from crossread.orders.place import place
from crossread.platform.database import Connection, Database

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


async def placed(db: Connection, **said: Any) -> Order:
    request = asked(**said)
    return await place(db, request, NOON, digest=request.control_id)


async def facts(db: Connection) -> list[dict[str, Any]]:
    cursor = await db.execute("select facts from platform.event where kind = 'order.matched'")
    return [row["facts"] for row in await cursor.fetchall()]


async def test_a_study_answers_the_order_with_its_accession_number(db: Connection) -> None:
    await joined(db)
    order, study = await placed(db), await arrived(db)
    answered = await match_study(db, study, NOON)
    assert answered is not None
    assert (answered.id, answered.state) == (order.id, OrderState.ANSWERED)
    assert await store.order_of_study(db, study.id) == answered
    assert await facts(db) == [{"study_id": str(study.id), "rule": "accession_number"}]


async def test_the_study_uid_is_surer_than_the_accession_number(db: Connection) -> None:
    await joined(db)
    await placed(db)
    named = await placed(db, control_id="2", accession_number="A2", study_instance_uid="2.25.1")
    answered = await match_study(db, await arrived(db), NOON)
    assert answered is not None
    assert answered.id == named.id
    assert [one["rule"] for one in await facts(db)] == ["study_instance_uid"]


async def test_matching_again_changes_nothing(db: Connection) -> None:
    await joined(db)
    await placed(db)
    study = await arrived(db)
    first = await match_study(db, study, NOON)
    assert await match_study(db, study, NOON + timedelta(hours=1)) == first
    assert len(await facts(db)) == 1


async def test_an_order_finds_the_studies_that_waited_for_it(db: Connection) -> None:
    await joined(db)
    study = await arrived(db)
    second = await arrived(db, study_instance_uid="2.25.2")
    assert await match_study(db, study, NOON) is None
    order = await placed(db)
    assert set(await match_order(db, order, NOON)) == {study.id, second.id}
    assert (await store.order(db, order.id)).state is OrderState.ANSWERED


async def test_nothing_is_matched_over_hospitals_or_without_a_number(db: Connection) -> None:
    await joined(db)
    await joined(db, "zuid")
    order = await placed(db)
    other = await arrived(db, hospital_id="zuid")
    blank = await arrived(db, study_instance_uid="2.25.3", accession_number="")
    assert await match_study(db, other, NOON) is None
    assert await match_study(db, blank, NOON) is None
    assert await match_order(db, order, NOON) == []


async def test_a_cancelled_order_is_not_answered(db: Connection) -> None:
    await joined(db)
    await placed(db)
    cancelled = await placed(db, control_id="2", control=Control.CANCEL)
    study = await arrived(db)
    assert await match_study(db, study, NOON) is None
    assert await match_order(db, cancelled, NOON) == []


async def test_an_order_asked_again_is_answered_by_the_images_it_had(db: Connection) -> None:
    await joined(db)
    await placed(db)
    study = await arrived(db)
    await match_study(db, study, NOON)
    await placed(db, control_id="2", control=Control.CANCEL)
    again = await placed(db, control_id="3")
    assert await match_order(db, again, NOON) == [study.id]
    assert (await store.order(db, again.id)).state is OrderState.ANSWERED


async def test_a_match_does_not_undo_a_change_that_came_meanwhile(database: Database) -> None:
    async with database.transaction() as db:
        await joined(db)
        await placed(db, urgency=Urgency.ROUTINE)
        await arrived(db)
    async with database.transaction() as reading:
        found = await store.order_for(reading, "noord", "2.25.1", "A1")
        assert found is not None
        async with database.transaction() as meanwhile:
            await placed(meanwhile, control_id="2", urgency=Urgency.STROKE)
        order, _ = found
        await match_order(reading, order, NOON)
    async with database.transaction() as db:
        now = await store.order(db, order.id)
    assert (now.urgency, now.state, now.revision) == (Urgency.STROKE, OrderState.ANSWERED, 2)
