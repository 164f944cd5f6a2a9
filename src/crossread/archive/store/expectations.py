"""What somebody says a study has, and how much of it is here."""

from datetime import datetime
from uuid import UUID

from crossread.archive.expectation import Expectation, RestRule
from crossread.platform.database import Connection


async def expect(
    db: Connection,
    hospital_id: str,
    study_instance_uid: str,
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
            (hospital_id, study_instance_uid, source, rule, whole, instances, number, said_at)
        values (%s, %s, %s, %s, %s, %s, %s, %s)
        on conflict (hospital_id, study_instance_uid, source) do update
        set whole = excluded.whole, instances = excluded.instances, number = excluded.number,
            said_at = excluded.said_at
        where (known.whole, known.instances, known.number)
            is distinct from (excluded.whole, excluded.instances, excluded.number)
        """,
        (hospital_id, study_instance_uid, source, rule, whole, instances, number, now),
    )
    return cursor.rowcount == 1


async def expectations(
    db: Connection, hospital_id: str, study_instance_uid: str
) -> list[Expectation]:
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
        where e.hospital_id = %s and e.study_instance_uid = %s
        """,
        (hospital_id, study_instance_uid),
    )
    return [
        Expectation(
            RestRule(row["rule"]), row["whole"], row["named"], row["missing"], row["number"]
        )
        for row in await cursor.fetchall()
    ]


async def not_committed(db: Connection, hospital_id: str, study_instance_uid: str) -> int:
    """How many instances of a study nobody has asked us to answer for."""
    cursor = await db.execute(
        """
        select count(*) as instances
        from archive.study st
        join archive.series se on se.study_id = st.id
        join archive.instance i on i.series_id = se.id
        where st.hospital_id = %(hospital)s and st.study_instance_uid = %(study)s
          and not exists (
              select 1
              from archive.expectation e
              where e.hospital_id = %(hospital)s and e.study_instance_uid = %(study)s
                and e.rule = 'committed' and i.sop_instance_uid = any(e.instances)
          )
        """,
        {"hospital": hospital_id, "study": study_instance_uid},
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
