"""Take in one instance that is whole in memory: durable and indexed when this returns."""

import asyncio

from crossread.archive.intake import Intake
from crossread.archive.model import Arrival, Outcome


async def receive(intake: Intake, arrival: Arrival) -> Outcome:
    """Archive one instance.

    Raises:
        NotArchived: with the reason; what could matter lies in quarantine.
        NotKept: the store is full or away; a repeat may succeed.
    """
    # in a thread, since a receiver waits for disk and database
    return await asyncio.to_thread(_receive, intake, arrival)


def _receive(intake: Intake, arrival: Arrival) -> Outcome:
    receiver = intake.receiver()
    try:
        receiver.begin(arrival.announced)
        receiver.write(arrival.dataset)
        return receiver.finish()
    finally:
        receiver.close()
