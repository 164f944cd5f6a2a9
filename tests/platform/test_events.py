"""Events are never lost between writers that commit out of order."""

from crossread.platform import events
from crossread.platform.database import Database


async def test_an_event_is_read_after_it_is_written(database: Database) -> None:
    async with database.transaction() as db:
        start = await events.latest(db)
        await events.append(db, "study.rested", "s1", hospital_id="noord", facts={"count": 3})
    async with database.transaction() as db:
        [event] = await events.since(db, start)
    assert (event.kind, event.subject, event.facts) == ("study.rested", "s1", {"count": 3})


async def test_a_late_commit_is_not_skipped(database: Database) -> None:
    async with database.transaction() as slow:
        await events.append(slow, "first", "a")
        async with database.transaction() as quick:
            await events.append(quick, "second", "b")
        async with database.transaction() as db:
            assert await events.since(db, events.START) == []
    async with database.transaction() as db:
        kinds = [event.kind for event in await events.since(db, events.START)]
    assert kinds == ["first", "second"]


async def test_a_listener_resumes_where_it_was(database: Database) -> None:
    async with database.transaction() as db:
        await events.append(db, "one", "a")
        await events.append(db, "two", "b")
    async with database.transaction() as db:
        place = await events.resume(db, "me")
        seen = await events.since(db, place, limit=1)
        await events.advance(db, "me", seen[-1].position)
    async with database.transaction() as db:
        place = await events.resume(db, "me")
        assert [event.kind for event in await events.since(db, place)] == ["two"]


def test_a_position_is_written_and_read_the_same() -> None:
    place = events.Position(17, 4)
    assert events.Position.parse(str(place)) == place
