"""Write the audit trail."""

import psycopg

from crossread.audit import store
from crossread.audit.model import Entry
from crossread.platform.database import Connection


async def record(db: Connection, entry: Entry) -> None:
    """Add `entry` in the transaction of `db`: what is not audited does not happen.

    Source: NEN 7513 § 6 (what is logged), § 7 (unalterable).
    """
    await store.insert(db, entry)


def record_blocking(connection: psycopg.Connection, entry: Entry) -> None:
    """`record`, for a thread without an event loop."""
    store.insert_blocking(connection, entry)
