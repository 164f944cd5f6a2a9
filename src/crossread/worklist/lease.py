"""Claims are fenced leases: taken, renewed, given back, and ended by silence."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Reader
from crossread.platform.database import Connection
from crossread.worklist import eligibility, store, transition
from crossread.worklist.model import AlreadyHeld, Lease, LeaseLost, Move, Task, lease_to


async def claim(db: Connection, task_id: UUID, reader: Reader, now: datetime) -> Lease:
    """Give `reader` the lease on a task.

    Claiming what she already holds gives her the same lease, renewed: a claim whose answer was
    lost can be repeated.

    Raises:
        NotEligible: with each reason, in words for the reader.
        AlreadyHeld: somebody else has the lease; names who and until when.
        NotNow: the task's state does not allow it.

    Source: PS3.4 CC.2.1.3 (Change UPS State).
    """
    task = await store.lock(db, task_id)
    held = await store.lease(db, task_id)
    if held is not None and now < held.ends_at:
        if held.holder != reader.id:
            raise AlreadyHeld((await hospitals.reader(db, held.holder)).name, held.ends_at)
        return await _save(db, held.renewed(now), now)
    eligibility.require(task, reader)
    if held is not None:
        task = await _release(db, task, now, actor=None, reason="lease ended")
    lease = lease_to(task, reader.id, now)
    fenced = replace(task, fence=lease.fence)
    await transition.move(db, fenced, Move.CLAIM, now, actor=reader.id)
    return await _save(db, lease, now)


async def renew(db: Connection, task_id: UUID, token: UUID, fence: int, now: datetime) -> Lease:
    """Keep the lease for its full length from now. Raises LeaseLost."""
    _, lease = await require(db, task_id, token, fence, now)
    return await _save(db, lease.renewed(now), now)


async def release(
    db: Connection,
    task_id: UUID,
    token: UUID,
    fence: int,
    now: datetime,
    *,
    reason: str,
) -> None:
    """Give the task back to the pool; a draft stays with it. Raises LeaseLost."""
    task, lease = await require(db, task_id, token, fence, now)
    await _release(db, task, now, actor=lease.holder, reason=reason)


async def require(
    db: Connection, task_id: UUID, token: UUID, fence: int, now: datetime
) -> tuple[Task, Lease]:
    """The task, locked, and its live lease. Raises LeaseLost when this is not it."""
    task = await store.lock(db, task_id)
    lease = await store.lease(db, task_id)
    if lease is None or not lease.allows(token, fence, now):
        raise LeaseLost
    return task, lease


async def end(db: Connection, task_id: UUID) -> None:
    """Take away the lease of a task whose work is done."""
    await store.delete_lease(db, task_id)


async def end_silent(db: Connection, now: datetime) -> int:
    """Give back every task whose reader has been silent too long; how many there were."""
    ended = 0
    for task_id in await store.ended_leases(db, now):
        task = await store.lock(db, task_id)
        lease = await store.lease(db, task_id)
        if lease is not None and lease.ends_at <= now:
            await _release(db, task, now, actor=None, reason="lease ended")
            ended += 1
    return ended


async def _save(db: Connection, lease: Lease, now: datetime) -> Lease:
    await store.save_lease(db, lease, now)
    return lease


async def _release(
    db: Connection, task: Task, now: datetime, *, actor: UUID | None, reason: str
) -> Task:
    released = await transition.move(db, task, Move.RELEASE, now, actor=actor, reason=reason)
    await store.delete_lease(db, task.id)
    return released
