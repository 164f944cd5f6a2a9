"""What somebody says a study has, and how much of it is here."""

from datetime import datetime
from uuid import UUID

from crossread.archive.expectation import Expectation, RestRule
from crossread.platform.database import Connection


async def expect(
    db: Connection,
    study_id: UUID,
    hospital_id: str,
    source: str,
    rule: RestRule,
    *,
    whole: bool,
    instances: list[str],
    number: int | None,
    now: datetime,
) -> bool:
    """Keep what `source` says last; False when it had said the same before."""
    cursor = await db.execute(
        """
        insert into archive.expectation as known
            (study_id, hospital_id, source, rule, whole, instances, number, said_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (study_id, source) do update
        set whole = excluded.whole, instances = excluded.instances, number = excluded.number,
            said_at = excluded.said_at
        where (known.whole, known.instances, known.number)
            is distinct from (excluded.whole, excluded.instances, excluded.number)
        """,
        (study_id, hospital_id, source, rule, whole, instances, number, now),
    )
    return cursor.rowcount == 1


async def expectations(db: Connection, study_id: UUID) -> list[Expectation]:
    """Everything said of a study, with how many of the instances named are not here."""
    cursor = await db.execute(
        """
        select e.rule, e.whole, e.number, cardinality(e.instances) as named,
               (
                   select count(*)
                   from unnest(e.instances) as named (uid)
                   where not exists (
                       select 1
                       from archive.instance i
                       where i.hospital_id = e.hospital_id and i.sop_instance_uid = named.uid
                   )
               ) as missing
        from archive.expectation e
        where e.study_id = %s
        """,
        (study_id,),
    )
    return [
        Expectation(
            RestRule(row["rule"]), row["whole"], row["named"], row["missing"], row["number"]
        )
        for row in await cursor.fetchall()
    ]


async def not_committed(db: Connection, study_id: UUID) -> int:
    """How many instances of a study nobody has asked us to answer for."""
    cursor = await db.execute(
        """
        select count(*) as instances
        from archive.series se
        join archive.instance i on i.series_id = se.id
        where se.study_id = %(study)s
          and not exists (
              select 1
              from archive.expectation e
              where e.study_id = %(study)s and e.rule = 'committed'
                and i.sop_instance_uid = any(e.instances)
          )
        """,
        {"study": study_id},
    )
    row = await cursor.fetchone()
    return int(row["instances"]) if row else 0


async def is_being_received(db: Connection, study_id: UUID) -> bool:
    """Whether an association that brought images of this study is still open."""
    cursor = await db.execute(
        """
        select 1
        from archive.pack
        where study_id = %s and sealed_at is null
        limit 1
        """,
        (study_id,),
    )
    return await cursor.fetchone() is not None


async def forget_expectations(db: Connection, study_id: UUID) -> None:
    """Nothing is expected of a study any more: it was erased."""
    await db.execute("delete from archive.expectation where study_id = %s", (study_id,))
