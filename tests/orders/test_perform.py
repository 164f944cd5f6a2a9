"""What machines say of their steps: the state rules of PS3.4 F.7, and what is expected then."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from tests.orders.asking import asked, joined

from crossread.archive.model import study_id
from crossread.orders import store
from crossread.orders.perform import Said, begin, change
from crossread.orders.place import place
from crossread.orders.step import StepFault, StepRefused, StepState, changed
from crossread.platform.database import Connection

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def started() -> Dataset:
    """What N-CREATE says."""
    made = Dataset()
    scheduled = Dataset()
    scheduled.StudyInstanceUID, scheduled.AccessionNumber = "2.25.1", "A1"
    made.ScheduledStepAttributesSequence = [scheduled]
    made.PatientName, made.PatientID = "Jansen^Anna", "N1"
    made.PerformedProcedureStepID, made.PerformedStationAETitle = "S1", "CT1"
    made.PerformedProcedureStepStartDate = "20261124"
    made.PerformedProcedureStepStartTime = "115500"
    made.PerformedProcedureStepStatus, made.Modality = "IN PROGRESS", "CT"
    made.PerformedSeriesSequence = []
    return made


def ended(status: str = "COMPLETED", instances: tuple[str, ...] = ("2.25.7", "2.25.8")) -> Dataset:
    """What the last N-SET says."""
    made = Dataset()
    made.PerformedProcedureStepStatus = status
    made.PerformedProcedureStepEndDate = "20261124"
    made.PerformedProcedureStepEndTime = "120000"
    series = Dataset()
    series.SeriesInstanceUID, series.ProtocolName = "2.25.5", "schedel"
    series.ReferencedImageSequence = []
    for uid in instances:
        image = Dataset()
        image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        image.ReferencedSOPInstanceUID = uid
        series.ReferencedImageSequence.append(image)
    made.PerformedSeriesSequence = [series]
    return made


def said(content: Dataset, uid: str = "2.25.99", hospital: str = "noord") -> Said:
    return Said(hospital, uid, content, str(hash(content.to_json())))


async def refused(verb: Any) -> StepFault:
    with pytest.raises(StepRefused) as refusal:
        await verb
    assert "Jansen" not in refusal.value.sentence
    return refusal.value.fault


async def state(db: Connection, uid: str = "2.25.99") -> StepState:
    found = await store.locked_step(db, "noord", uid)
    assert found is not None
    return found.step.state


async def expected(db: Connection) -> list[dict[str, Any]]:
    cursor = await db.execute("select study_id, rule, whole, instances from archive.expectation")
    return await cursor.fetchall()


async def test_a_step_begins_and_is_completed(db: Connection) -> None:
    await joined(db)
    await begin(db, said(started()), NOW)
    assert await state(db) is StepState.IN_PROGRESS
    assert [one["whole"] for one in await expected(db)] == [False]
    await change(db, said(ended()), NOW)
    assert await state(db) is StepState.COMPLETED
    assert await expected(db) == [
        {
            "study_id": study_id("noord", "2.25.1"),
            "rule": "performed",
            "whole": True,
            "instances": ["2.25.7", "2.25.8"],
        }
    ]
    [row] = await store.recent_steps(db, "noord", 10)
    assert (row["station"], row["accession_numbers"], row["instances"]) == ("CT1", ["A1"], 2)
    cursor = await db.execute(
        "select kind from platform.event where kind like 'step.%' order by id"
    )
    assert [row["kind"] for row in await cursor.fetchall()] == ["step.started", "step.completed"]


@pytest.mark.parametrize("final", ["COMPLETED", "DISCONTINUED"])
@pytest.mark.parametrize("after", ["IN PROGRESS", "COMPLETED", "DISCONTINUED"])
async def test_a_final_step_may_no_longer_be_updated(
    db: Connection, final: str, after: str
) -> None:
    await joined(db)
    await begin(db, said(started()), NOW)
    await change(db, said(ended(final)), NOW)
    later = ended(after, instances=("2.25.70",))
    assert await refused(change(db, said(later), NOW)) is StepFault.FINAL
    assert await state(db) == final


async def test_repeats_change_nothing_and_another_step_under_its_uid_is_refused(
    db: Connection,
) -> None:
    await joined(db)
    for _ in range(2):
        await begin(db, said(started()), NOW)
    for _ in range(2):
        await change(db, said(ended()), NOW)
    await begin(db, said(started()), NOW)
    assert await state(db) is StepState.COMPLETED
    other = started()
    other.PerformedProcedureStepID = "S2"
    assert await refused(begin(db, said(other), NOW)) is StepFault.DUPLICATE


@pytest.mark.parametrize(
    "keyword", ["Modality", "PerformedStationAETitle", "ScheduledStepAttributesSequence"]
)
async def test_a_step_that_lacks_what_it_must_have_is_refused(db: Connection, keyword: str) -> None:
    await joined(db)
    without = started()
    delattr(without, keyword)
    assert await refused(begin(db, said(without), NOW)) is StepFault.MISSING_ATTRIBUTE
    empty = started()
    setattr(empty, keyword, [] if "Sequence" in keyword else "")
    assert await refused(begin(db, said(empty), NOW)) is StepFault.MISSING_VALUE


async def test_a_step_begins_in_progress_and_ends_with_a_time_and_a_series(db: Connection) -> None:
    await joined(db)
    wrong = started()
    wrong.PerformedProcedureStepStatus = "COMPLETED"
    assert await refused(begin(db, said(wrong), NOW)) is StepFault.INVALID_VALUE
    await begin(db, said(started()), NOW)
    timeless, empty, strange = ended(), ended(), ended()
    del timeless.PerformedProcedureStepEndTime
    empty.PerformedSeriesSequence = []
    strange.PerformedProcedureStepStatus = "DONE"
    assert await refused(change(db, said(timeless), NOW)) is StepFault.MISSING_ATTRIBUTE
    assert await refused(change(db, said(empty), NOW)) is StepFault.MISSING_VALUE
    assert await refused(change(db, said(strange), NOW)) is StepFault.INVALID_VALUE
    assert await state(db) is StepState.IN_PROGRESS
    empty.PerformedProcedureStepStatus = "DISCONTINUED"
    await change(db, said(empty), NOW)
    assert await state(db) is StepState.DISCONTINUED


async def test_who_the_patient_is_stays_as_it_was_at_first(db: Connection) -> None:
    await joined(db)
    await begin(db, said(started()), NOW)
    other = ended()
    other.PatientID = "N2"
    await change(db, said(other), NOW)
    found = await store.locked_step(db, "noord", "2.25.99")
    assert found is not None
    assert found.content["00100020"]["Value"] == ["N1"]


async def test_another_hospital_does_not_know_the_step(db: Connection) -> None:
    await joined(db)
    await joined(db, "midden")
    await begin(db, said(started()), NOW)
    assert await refused(change(db, said(ended(), hospital="midden"), NOW)) is StepFault.UNKNOWN
    await begin(db, said(started(), hospital="midden"), NOW)


async def test_an_order_is_done_once_a_machine_has_completed_it(db: Connection) -> None:
    await joined(db)
    await place(db, asked(), NOW, digest="")

    async def to_do() -> int:
        return len(await store.to_do(db, "noord", since=None, until=None, limit=10))

    await begin(db, said(started()), NOW)
    assert await to_do() == 1
    await change(db, said(ended()), NOW)
    assert await to_do() == 0


async def test_nothing_is_kept_of_what_was_said_of_an_erased_study(db: Connection) -> None:
    await joined(db)
    await begin(db, said(started()), NOW)
    await store.forget_steps(db, study_id("noord", "2.25.1"))
    assert await store.locked_step(db, "noord", "2.25.99") is None


@given(st.lists(st.sampled_from(list(StepState)), max_size=6))
def test_whatever_is_said_in_whatever_order_a_final_state_needs_its_end(
    states: list[StepState],
) -> None:
    content = started()
    for state in states:
        said_now = ended(state)
        step, content = changed(content, said_now)
        assert step.state is state
        assert step.studies == ("2.25.1",), "what was scheduled stays as it was"
        assert step.instances == ("2.25.7", "2.25.8")
