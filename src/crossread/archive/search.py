"""Find patients, studies, series and images of hospitals, by one query for every protocol."""

from collections.abc import Sequence
from dataclasses import replace

import psycopg

from crossread.archive import store
from crossread.archive.attributes import UNIQUE, Level
from crossread.archive.model import Instance
from crossread.archive.query import Match, Query
from crossread.platform.database import Connection


async def find(db: Connection, hospital_ids: Sequence[str], query: Query) -> list[Match]:
    """What of these hospitals fits `query`: `query.limit` matches after `query.offset`.

    The order is firm: newest study first, then by series and instance number; patients by issuer
    and number. Only what these hospitals' own files hold is looked at: who may see that is for the
    caller to decide, who narrows it with `query.studies` where a rule allows less.
    """
    if not hospital_ids:
        return []
    return await store.find(db, hospital_ids, query)


def find_blocking(
    connection: psycopg.Connection, hospital_ids: Sequence[str], query: Query
) -> list[Match]:
    """`find`, for a thread without an event loop: at half the cost of asking through one."""
    return store.find_blocking(connection, hospital_ids, query) if hospital_ids else []


def onward(query: Query, last: Match, limit: int) -> Query:
    """The same query for the `limit` matches behind `last`.

    This reads no more than that, however far it has come; an offset reads all before it.
    """
    return replace(query, after=last.place, offset=0, limit=limit)


async def instances(db: Connection, hospital_id: str, query: Query) -> list[Instance]:
    """Every image in what the unique keys of a query name (PS3.4 C.4.2.1.4.1), in order.

    Other keys are not looked at; nothing is found where no unique key has a value.
    """
    unique = tuple(key for key in query.keys if key.keyword in UNIQUE.values())
    if not unique:
        return []
    found = await store.find(
        db, [hospital_id], Query(level=Level.IMAGE, keys=unique, limit=query.limit)
    )
    return await store.instances_by_id(db, [match.place[-1] for match in found])
