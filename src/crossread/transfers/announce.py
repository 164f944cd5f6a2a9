"""Tell those who watch how far a transfer is."""

from crossread.platform import events
from crossread.platform.database import Connection
from crossread.transfers.model import Transfer, TransferEvent


async def announce(db: Connection, event: TransferEvent, transfer: Transfer) -> None:
    """Write the event in the transaction of the change; `transfer` is as it is after that."""
    await events.append(
        db,
        event,
        transfer.id,
        hospital_id=transfer.hospital_id,
        facts={
            "state": transfer.state,
            "direction": transfer.direction,
            "total": transfer.total,
            "done": transfer.done,
            "failed": transfer.failed,
            "bytes": transfer.bytes,
        },
    )
