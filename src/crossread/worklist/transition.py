"""Move a task from state to state: the row, the ledger and the event in one transaction."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from crossread.platform import events
from crossread.platform.database import Connection
from crossread.worklist import store
from crossread.worklist.model import Move, Task, TaskEvent, TaskState

_EVENT_OF = {
    Move.HOLD: TaskEvent.HELD,
    Move.OFFER: TaskEvent.OFFERED,
    Move.CLAIM: TaskEvent.CLAIMED,
    Move.SAVE: TaskEvent.DRAFTED,
    Move.RELEASE: TaskEvent.RELEASED,
    Move.SIGN_PRELIMINARY: TaskEvent.SIGNED,
    Move.SIGN_FINAL: TaskEvent.SIGNED,
    Move.DELIVER: TaskEvent.DELIVERED,
    Move.CANCEL: TaskEvent.CANCELLED,
}


async def move(
    db: Connection,
    task: Task,
    move: Move,
    now: datetime,
    *,
    actor: UUID | None,
    reason: str = "",
) -> Task:
    """Make `move` with a task that is locked by this transaction.

    Raises NotNow when its state does not allow it. `actor` is None for crossread itself.
    """
    moved = task.after(move, now)
    await store.save(db, moved)
    await store.write_ledger(db, moved, task.state, now, actor, reason)
    # a radiologist who takes up a resident's report, or gives it back, does not undo what the
    # hospital has heard: for it the order stays at "preliminary"
    supervising = task.state is TaskState.PRELIMINARY and move in {Move.CLAIM, Move.RELEASE}
    await announce(db, moved, TaskEvent.CHANGED if supervising else _EVENT_OF[move])
    return moved


async def begin(db: Connection, task: Task, now: datetime, reason: str) -> bool:
    """Write a new task; False when it was there already."""
    if not await store.insert(db, task):
        return False
    await store.write_ledger(db, task, None, now, None, reason)
    event = TaskEvent.EXPECTED if task.state is TaskState.EXPECTED else TaskEvent.CHANGED
    await announce(db, task, event)
    return True


async def touch(db: Connection, task: Task, now: datetime) -> Task:
    """Save what changed of a task without a change of state, and tell who watches."""
    touched = replace(task, changed_at=now)
    await store.save(db, touched)
    await announce(db, touched, TaskEvent.CHANGED)
    return touched


async def announce(db: Connection, task: Task, event: TaskEvent) -> None:
    """Tell of a task; the facts are enough for a screen to know whether to look again."""
    await events.append(
        db,
        event,
        task.id,
        hospital_id=task.hospital_id,
        facts={
            "state": task.state,
            "offered_to": list(task.offered_to),
            "study_id": str(task.study_id) if task.study_id else None,
            "order_id": str(task.order_id) if task.order_id else None,
            "fence": task.fence,
        },
    )
