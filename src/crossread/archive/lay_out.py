"""Whole series on their way out: read from their packs straight to where they are sent from.

Neighbours in a pack are read in one go, each behind the bytes that go before it, and nothing is
copied in between.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from crossread.archive.model import Instance
from crossread.archive.retrieve import key_of, together, verified
from crossread.platform.objects import Objects

READ_AT_ONCE = 4 << 20  # bytes


async def laid_out(
    objects: Objects, instances: Sequence[Instance], heads: Sequence[bytes]
) -> AsyncIterator[bytearray]:
    """The kept file of each instance behind its head, in their order, verified, in large pieces.

    Raises NotFound, NotHere, Damaged.
    """
    batches = list(together(instances, READ_AT_ONCE))
    place = 0
    tasks: list[asyncio.Task[bytearray]] = []
    try:
        for batch in batches:
            own = heads[place : place + len(batch)]
            place += len(batch)
            # the next is read while this one is on its way
            tasks.append(asyncio.create_task(_laid_out(objects, batch, own)))
            if len(tasks) == 2:
                yield await tasks.pop(0)
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()


async def _laid_out(
    objects: Objects, batch: Sequence[Instance], heads: Sequence[bytes]
) -> bytearray:
    whole = bytearray(sum(map(len, heads)) + sum(one.bytes for one in batch))
    view, at = memoryview(whole), 0
    places = []
    for one, head in zip(batch, heads, strict=True):
        view[at : at + len(head)] = head
        at += len(head)
        places.append(view[at : at + one.bytes])
        at += one.bytes
    await objects.read_into(key_of(batch[0]), batch[0].start, places)
    await asyncio.to_thread(_verify, batch, places)
    return whole


def _verify(batch: Sequence[Instance], places: Sequence[memoryview]) -> None:
    for one, place in zip(batch, places, strict=True):
        verified(one, place)
