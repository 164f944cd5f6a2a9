"""Reading tasks, their life, and the leases on them: the words and the pure rules.

The life of a task, in the words of the screen:

    expected → incomplete → available → claimed → drafted → (preliminary →) final → delivered

`TRANSITIONS` is the whole of it; nothing else may change a state.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from crossread.hospitals.model import Form, Purpose, Urgency
from crossread.platform.errors import Refused

LEASE_LENGTH = timedelta(seconds=90)


class TaskState(StrEnum):
    """Where a reading task stands (UPS Procedure Step State, PS3.4 CC.1.1, in finer steps)."""

    EXPECTED = "expected"  # ordered, images not here yet
    INCOMPLETE = "incomplete"  # images are here or arriving, something holds it back
    AVAILABLE = "available"  # may be claimed
    CLAIMED = "claimed"  # somebody holds the lease
    DRAFTED = "drafted"  # text is saved, not signed
    PRELIMINARY = "preliminary"  # signed by a resident; a radiologist must still sign
    FINAL = "final"  # signed, on its way home
    DELIVERED = "delivered"  # everything owed has been acknowledged
    CANCELLED = "cancelled"

    @property
    def ups(self) -> str:
        """The UPS state a subscriber sees (PS3.4 Table CC.1.1-2)."""
        match self:
            case TaskState.EXPECTED | TaskState.INCOMPLETE | TaskState.AVAILABLE:
                return "SCHEDULED"
            case TaskState.CLAIMED | TaskState.DRAFTED | TaskState.PRELIMINARY:
                return "IN PROGRESS"
            case TaskState.FINAL | TaskState.DELIVERED:
                return "COMPLETED"
            case TaskState.CANCELLED:
                return "CANCELED"


class Move(StrEnum):
    """What can happen to a task."""

    HOLD = "hold"  # images came, something is missing
    OFFER = "offer"
    CLAIM = "claim"
    SAVE = "save"
    RELEASE = "release"  # given back, or the lease ran out
    SIGN_PRELIMINARY = "sign_preliminary"
    SIGN_FINAL = "sign_final"
    DELIVER = "deliver"
    CANCEL = "cancel"


_S = TaskState
TRANSITIONS: dict[tuple[TaskState, Move], TaskState] = {
    (_S.EXPECTED, Move.HOLD): _S.INCOMPLETE,
    (_S.EXPECTED, Move.OFFER): _S.AVAILABLE,
    (_S.EXPECTED, Move.CANCEL): _S.CANCELLED,
    (_S.INCOMPLETE, Move.OFFER): _S.AVAILABLE,
    (_S.INCOMPLETE, Move.CANCEL): _S.CANCELLED,
    (_S.AVAILABLE, Move.HOLD): _S.INCOMPLETE,
    (_S.AVAILABLE, Move.CLAIM): _S.CLAIMED,
    (_S.AVAILABLE, Move.CANCEL): _S.CANCELLED,
    (_S.CLAIMED, Move.SAVE): _S.DRAFTED,
    (_S.CLAIMED, Move.RELEASE): _S.AVAILABLE,
    (_S.CLAIMED, Move.SIGN_PRELIMINARY): _S.PRELIMINARY,
    (_S.CLAIMED, Move.SIGN_FINAL): _S.FINAL,
    (_S.CLAIMED, Move.CANCEL): _S.CANCELLED,
    (_S.DRAFTED, Move.SAVE): _S.DRAFTED,
    (_S.DRAFTED, Move.RELEASE): _S.AVAILABLE,
    (_S.DRAFTED, Move.SIGN_PRELIMINARY): _S.PRELIMINARY,
    (_S.DRAFTED, Move.SIGN_FINAL): _S.FINAL,
    (_S.DRAFTED, Move.CANCEL): _S.CANCELLED,
    (_S.PRELIMINARY, Move.CLAIM): _S.PRELIMINARY,
    (_S.PRELIMINARY, Move.SAVE): _S.PRELIMINARY,
    (_S.PRELIMINARY, Move.RELEASE): _S.PRELIMINARY,
    (_S.PRELIMINARY, Move.SIGN_PRELIMINARY): _S.PRELIMINARY,
    (_S.PRELIMINARY, Move.SIGN_FINAL): _S.FINAL,
    (_S.FINAL, Move.DELIVER): _S.DELIVERED,
}


class TaskEvent(StrEnum):
    """What this room announces; the subject is the task's id, facts hold `state`."""

    CHANGED = "task.changed"  # any other change that a screen should show
    EXPECTED = "task.expected"
    HELD = "task.held"
    OFFERED = "task.offered"
    CLAIMED = "task.claimed"
    RELEASED = "task.released"
    DRAFTED = "task.drafted"
    SIGNED = "task.signed"
    DELIVERED = "task.delivered"
    CANCELLED = "task.cancelled"


class HeldBack(StrEnum):
    """Why a task is not on offer."""

    NO_ORDER = "no_order"
    NO_IMAGES = "no_images"
    ARRIVING = "arriving"
    NO_AGREEMENT = "no_agreement"
    NO_CONSENT = "no_consent"
    CONSENT_DENIED = "consent_denied"
    PATIENT_MISMATCH = "patient_mismatch"  # order and images name different patients
    REJECTED = "rejected"  # the hospital rejected every image of it


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of reading to be done."""

    id: UUID
    hospital_id: str  # whose images
    study_id: UUID | None
    order_id: UUID | None
    patient_id: UUID | None
    purpose: Purpose
    state: TaskState
    urgency: Urgency
    modality: str
    body_region: str
    procedure_en: str
    procedure_nl: str
    agreement_id: str | None
    agreement_version: int | None
    form: Form
    offered_to: tuple[str, ...]
    held_back: tuple[HeldBack, ...]
    offered_images: int
    late_images: int
    due_at: datetime | None
    fence: int
    made_at: datetime
    changed_at: datetime

    def after(self, move: Move, now: datetime) -> "Task":
        """This task after `move`. Raises NotNow when its state does not allow it."""
        state = TRANSITIONS.get((self.state, move))
        if state is None:
            raise NotNow(self.state, move)
        return replace(self, state=state, changed_at=now)


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one task until it ends, and nobody else's."""

    task_id: UUID
    holder: UUID
    token: UUID  # the UPS Transaction UID
    fence: int  # grows with each lease of this task; the larger wins
    claimed_at: datetime
    ends_at: datetime  # UTC

    def allows(self, token: UUID, fence: int, now: datetime) -> bool:
        """Whether work under this token and fence is accepted at that moment."""
        return token == self.token and fence == self.fence and now < self.ends_at

    def renewed(self, now: datetime) -> "Lease":
        """The same lease, for its full length from now."""
        return replace(self, ends_at=now + LEASE_LENGTH)


def lease_to(task: Task, reader: UUID, now: datetime) -> Lease:
    """A new lease on `task`, with the next fence."""
    return Lease(task.id, reader, uuid4(), task.fence + 1, now, now + LEASE_LENGTH)


class NotNow(Refused):
    """The task's state does not allow this move."""

    def __init__(self, state: TaskState, move: Move) -> None:
        super().__init__(
            f"This task is {state}; it cannot {move.replace('_', ' ')} now. Reload the worklist.",
            reasons=("state",),
        )
        self.state = state


class AlreadyHeld(Refused):
    """Somebody else holds the lease."""

    def __init__(self, holder: str, ends_at: datetime) -> None:
        super().__init__(
            f"{holder} is reading this study. Choose another, or ask for a hand-over.",
            reasons=("held",),
        )
        self.holder = holder
        self.ends_at = ends_at


class LeaseLost(Refused):
    """The lease under which this was written is no longer the live one; the text is kept."""

    def __init__(self, orphan: UUID | None = None) -> None:
        super().__init__(
            "Your hold on this study has ended, so this was not saved as its report."
            " What you wrote is kept; claim the study again to go on with it.",
            reasons=("lease_lost",),
        )
        self.orphan = orphan
