"""The life of a task and the leases on it, over any order of moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from crossread.hospitals.model import Form, Purpose, Urgency
from crossread.worklist.model import (
    LEASE_LENGTH,
    TRANSITIONS,
    Lease,
    Move,
    NotNow,
    Task,
    TaskState,
    lease_to,
)

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def task(state: TaskState = TaskState.AVAILABLE) -> Task:
    return Task(
        id=uuid4(),
        hospital_id="noord",
        study_id=uuid4(),
        order_id=uuid4(),
        patient_id=uuid4(),
        purpose=Purpose.PRIMARY_READ,
        state=state,
        urgency=Urgency.ACUTE,
        modality="CT",
        body_region="head",
        procedure_en="CT head",
        procedure_nl="CT hoofd",
        agreement_id=None,
        agreement_version=None,
        form=Form.IDENTIFIED,
        offered_to=("midden",),
        held_back=(),
        offered_images=3,
        late_images=0,
        due_at=None,
        fence=0,
        made_at=NOON,
        changed_at=NOON,
    )


@given(st.sampled_from(TaskState), st.sampled_from(Move))
def test_only_moves_in_the_table_are_made(state: TaskState, move: Move) -> None:
    if (state, move) in TRANSITIONS:
        assert task(state).after(move, NOON).state is TRANSITIONS[state, move]
    else:
        with pytest.raises(NotNow):
            task(state).after(move, NOON)


def test_every_state_can_be_reached_from_an_order() -> None:
    reached = {TaskState.EXPECTED}
    for _ in TaskState:
        reached |= {after for (before, _), after in TRANSITIONS.items() if before in reached}
    assert reached == set(TaskState)


def test_a_final_report_never_goes_back_to_the_pool() -> None:
    ends = {TaskState.FINAL, TaskState.DELIVERED, TaskState.CANCELLED}
    after = {after for (before, _), after in TRANSITIONS.items() if before in ends}
    assert after <= ends


class Leases(RuleBasedStateMachine):
    """Readers who claim, renew, fall silent and come back late, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.task = task()
        self.live: Lease | None = None
        self.given: list[Lease] = []

    @rule(seconds=st.integers(1, 200))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(reader=st.uuids())
    def somebody_claims(self, reader: UUID) -> None:
        if self.live is not None and self.now < self.live.ends_at:
            return
        self.live = lease_to(self.task, reader, self.now)
        self.task = replace(self.task, fence=self.live.fence)
        self.given.append(self.live)

    @precondition(lambda self: self.live is not None)
    @rule()
    def the_holder_renews(self) -> None:
        assert self.live is not None
        if self.live.allows(self.live.token, self.live.fence, self.now):
            self.live = self.live.renewed(self.now)
            assert self.live.ends_at == self.now + LEASE_LENGTH

    @invariant()
    def at_most_one_lease_is_live(self) -> None:
        if self.live is None:
            return
        allowed = [one for one in self.given if self.live.allows(one.token, one.fence, self.now)]
        assert len(allowed) <= 1

    @invariant()
    def fences_only_grow(self) -> None:
        fences = [one.fence for one in self.given]
        assert fences == sorted(set(fences))


TestLeases = Leases.TestCase
