"""What a person may do with a transfer: pause, resume, cancel, try again."""

from datetime import datetime
from uuid import UUID

from crossread.platform.database import Connection
from crossread.platform.errors import Refused
from crossread.transfers.announce import announce
from crossread.transfers.model import MOVES, Move, Transfer, TransferEvent
from crossread.transfers.store import items, transfers


async def steer(db: Connection, transfer_id: UUID, wish: Move, now: datetime) -> Transfer:
    """Make a move. Whoever carries images of it stops after the one in hand, and keeps count.

    Raises NotFound, and Refused where the state of the transfer does not allow it.
    """
    transfer = await transfers.one(db, transfer_id, lock=True)
    allowed, leads_to = MOVES[wish]
    if transfer.state not in allowed:
        raise Refused(
            f"This transfer is {transfer.state}; it cannot be {_DONE[wish]}.",
            reasons=(str(transfer.state),),
        )
    if wish is Move.RETRY:
        await items.try_all_again(db, transfer_id)
    await transfers.move(db, transfer_id, leads_to, now, again=wish in {Move.RETRY, Move.RESUME})
    moved = await transfers.one(db, transfer_id)
    await announce(db, TransferEvent.MOVED, moved)
    return moved


_DONE = {
    Move.PAUSE: "paused",
    Move.RESUME: "resumed",
    Move.CANCEL: "cancelled",
    Move.RETRY: "tried again",
}
