"""SQL of HTJ2K copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crossread.archive.store.garbage import discard
from crossread.platform.database import Connection, Row


@dataclass(frozen=True, slots=True)
class CopyRow:
    """What is known of the copy of an instance."""

    instance_id: UUID
    hospital_id: str
    study_id: UUID
    digest: str
    object_key: str | None
    spans: bytes | None
    bytes: int
    kept_bytes: int
    reason: str


async def of_instance(db: Connection, instance_id: UUID, digest: str) -> Row | None:
    """The copy of an instance with this content, if there is one: object_key, spans."""
    cursor = await db.execute(
        """
        select object_key, spans
        from archive.copy
        where instance_id = %s and digest = %s and object_key is not null
        """,
        (instance_id, digest),
    )
    return await cursor.fetchone()


async def seen(db: Connection, study_id: UUID) -> dict[UUID, str]:
    """Of which instances a copy was made or refused, and of which content."""
    cursor = await db.execute(
        "select instance_id, digest from archive.copy where study_id = %s", (study_id,)
    )
    return {row["instance_id"]: row["digest"] for row in await cursor.fetchall()}


async def keep(db: Connection, rows: Sequence[CopyRow], now: datetime) -> None:
    """Write these down; what they take the place of is discarded. Instances that went are left."""
    cursor = await db.execute(
        """
        with wanted as (select unnest(%s::uuid[]) as id)
        select c.object_key
        from archive.copy c
        join wanted w on w.id = c.instance_id
        where c.object_key is not null
        """,
        ([one.instance_id for one in rows],),
    )
    replaced = {row["object_key"] for row in await cursor.fetchall()}
    for one in rows:
        await db.execute(
            """
            insert into archive.copy (
                instance_id, hospital_id, study_id, digest, object_key, spans, bytes, kept_bytes,
                reason, made_at
            )
            select %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
            where exists (
                select from archive.instance where id = %s and digest = %s for key share
            )
            on conflict (instance_id) do update
            set digest = excluded.digest, object_key = excluded.object_key,
                spans = excluded.spans, bytes = excluded.bytes, kept_bytes = excluded.kept_bytes,
                reason = excluded.reason, made_at = excluded.made_at
            """,
            (
                one.instance_id, one.hospital_id, one.study_id, one.digest, one.object_key,
                one.spans, one.bytes, one.kept_bytes, one.reason, now, one.instance_id, one.digest,
            ),
        )  # fmt: skip
    await _discard_unused(db, replaced | {one.object_key for one in rows if one.object_key}, now)


async def forget(db: Connection, study_id: UUID, now: datetime) -> None:
    """A study has no copies any more."""
    cursor = await db.execute(
        "delete from archive.copy where study_id = %s returning object_key", (study_id,)
    )
    keys = {row["object_key"] for row in await cursor.fetchall() if row["object_key"]}
    await discard(db, sorted(keys), now)


async def forget_with(db: Connection, instances: Sequence[UUID], now: datetime) -> None:
    """These instances go: no object holds a copy of them any more.

    Their neighbours' copies in the same objects go too, and are made again.
    """
    cursor = await db.execute(
        """
        delete from archive.copy
        where object_key in (
            select object_key from archive.copy where instance_id = any(%s)
        )
        returning object_key
        """,
        (list(instances),),
    )
    keys = {row["object_key"] for row in await cursor.fetchall()}
    await discard(db, sorted(keys), now)


async def status(db: Connection) -> list[Row]:
    """For each hospital and reason: how many copies there are, how large, and of how much."""
    cursor = await db.execute(
        """
        select hospital_id, reason, count(*) as instances, sum(bytes)::bigint as bytes,
               sum(kept_bytes)::bigint as kept_bytes
        from archive.copy
        group by hospital_id, reason
        order by hospital_id, reason
        """
    )
    return await cursor.fetchall()


async def _discard_unused(db: Connection, keys: set[str], now: datetime) -> None:
    cursor = await db.execute(
        """
        select key
        from unnest(%s::text[]) as key
        where not exists (select from archive.copy where object_key = key)
        """,
        (sorted(keys),),
    )
    await discard(db, [row["key"] for row in await cursor.fetchall()], now)
