"""Tables that grow for ever are kept by month; the next months are made ahead."""

from datetime import datetime, timedelta

from crossread.platform.database import Connection

_prepared: set[tuple[int, int]] = set()


async def prepare(db: Connection, now: datetime) -> None:
    """See that this month's and next month's partitions are there; once per month a process."""
    for at in (now, now + timedelta(days=31)):
        if (at.year, at.month) in _prepared:
            continue
        for table in ("platform.event", "audit.entry"):
            await db.execute("select platform.add_month(%s::regclass, %s)", (table, at))
        _prepared.add((at.year, at.month))
