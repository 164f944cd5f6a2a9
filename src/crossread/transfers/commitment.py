"""Storage commitment: an endpoint says for which images it takes responsibility (PS3.4 Annex J)."""

from datetime import datetime

from crossread.hospitals.model import Endpoint
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound
from crossread.transfers.announce import announce
from crossread.transfers.model import TransferEvent
from crossread.transfers.store import items, transfers
from crossread.transfers.ways import Committed


async def answered(
    db: Connection, endpoint: Endpoint, transaction_uid: str, answer: Committed, now: datetime
) -> None:
    """Write down what `endpoint` said; what it did not take is sent again, a few times.

    Raises NotFound when this hospital was not asked under this Transaction UID.
    """
    transfer = await transfers.by_transaction(db, endpoint.hospital_id, transaction_uid)
    if transfer is None:
        raise NotFound("Nothing was asked under this Transaction UID.")
    await items.commit(db, transfer.id, answer.kept)
    for uid, reason in answer.failed:
        sentence = f"{endpoint.application} does not commit to it (reason {reason:04X}H)."
        await items.try_again_or_fail(db, transfer.id, [uid], sentence, reason)
    await transfers.wait_until(db, transfer.id, now)
    await announce(db, TransferEvent.PROGRESSED, await transfers.one(db, transfer.id))
