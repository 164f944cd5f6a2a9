"""All SQL of the audit trail."""

import psycopg
from psycopg.types.json import Jsonb

from crossread.audit.model import Entry
from crossread.platform.database import Connection, Row

_INSERT = """
    insert into audit.entry (
        reader_id, reader_hospital_id, action, purpose, subject_kind, subject_id,
        patient_id, hospital_id, task_id, form, allowed, reasons, facts
    )
    values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


async def insert(db: Connection, entry: Entry) -> None:
    """Write one entry; the table refuses any later change."""
    await db.execute(_INSERT, _values(entry))


def insert_blocking(connection: psycopg.Connection, entry: Entry) -> None:
    """`insert`, for a thread without an event loop."""
    connection.execute(_INSERT, _values(entry))


def _values(entry: Entry) -> tuple[object, ...]:
    return (
        entry.reader_id,
        entry.reader_hospital_id,
        entry.action,
        entry.purpose,
        entry.subject_kind,
        entry.subject_id,
        entry.patient_id,
        entry.hospital_id,
        entry.task_id,
        entry.form,
        entry.allowed,
        list(entry.reasons),
        Jsonb(entry.facts),
    )


async def newest(db: Connection, hospital_id: str, limit: int) -> list[Row]:
    """The latest entries that concern this hospital's files or its people."""
    cursor = await db.execute(
        """
        select e.at, r.name as reader, e.reader_hospital_id as reader_hospital, e.action,
               e.purpose, e.subject_kind, e.subject_id, e.allowed, e.reasons
        from audit.entry e
        left join hospitals.reader r on r.id = e.reader_id
        where e.hospital_id = %(hospital)s or e.reader_hospital_id = %(hospital)s
        order by e.at desc
        limit %(limit)s
        """,
        {"hospital": hospital_id, "limit": limit},
    )
    return await cursor.fetchall()
