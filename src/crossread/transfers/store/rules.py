"""SQL of the rules under which endpoints are burdened."""

from crossread.hospitals.model import Endpoint
from crossread.platform.database import Connection, Row
from crossread.transfers.model import FetchBy, Rule, parse_windows


async def save_rule(db: Connection, rule: Rule) -> None:
    """Write down the rule of an endpoint, or change it."""
    await db.execute(
        """
        insert into transfers.rule
            (endpoint_id, associations, megabits, windows, fetch_by, commits)
        values (%s, %s, %s, %s, %s, %s)
        on conflict (endpoint_id) do update
        set associations = excluded.associations, megabits = excluded.megabits,
            windows = excluded.windows, fetch_by = excluded.fetch_by, commits = excluded.commits
        """,
        (
            rule.endpoint_id,
            rule.associations,
            rule.megabits,
            [str(window) for window in rule.windows],
            rule.fetch_by,
            rule.commits,
        ),
    )


async def rule_of(db: Connection, endpoint: Endpoint) -> Rule:
    """The rule of an endpoint, or what counts without one."""
    cursor = await db.execute(
        """
        select endpoint_id, associations, megabits, windows, fetch_by, commits
        from transfers.rule
        where endpoint_id = %s
        """,
        (endpoint.id,),
    )
    row = await cursor.fetchone()
    return _rule(row) if row else Rule.default(endpoint.id, endpoint.kind)


def _rule(row: Row) -> Rule:
    return Rule(
        endpoint_id=row["endpoint_id"],
        associations=row["associations"],
        megabits=row["megabits"],
        windows=parse_windows(row["windows"]),
        fetch_by=FetchBy(row["fetch_by"]),
        commits=row["commits"],
    )
