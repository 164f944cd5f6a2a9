"""MPPS over the wire: each refusal has the status of the standard."""

import asyncio
from typing import Any

from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import build_context
from tests.gateways.dicom.listening import Listening, associated, sendable
from tests.images import ct_series
from tests.orders.test_perform import ended, started

from crossread.archive.model import study_id

MPPS = "1.2.840.10008.3.1.2.3.3"


async def says(at: Listening, *messages: tuple[str, str | None, Dataset]) -> list[Dataset]:
    """The status of each message, said in one association; a created UID with the first."""

    def say() -> list[Dataset]:
        answers = []
        with associated(at.port, [build_context(MPPS)]) as association:
            for kind, uid, content in messages:
                send: Any = getattr(association, f"send_n_{kind}")
                answers.append(send(content, MPPS, uid)[0])
        return answers

    return await asyncio.to_thread(say)


async def test_a_step_is_told_from_its_beginning_to_its_end(listening: Listening) -> None:
    uid = generate_uid()
    answers = await says(
        listening, ("create", uid, started()), ("set", uid, ended()), ("set", uid, ended())
    )
    assert [one.Status for one in answers] == [0x0000] * 3
    [row] = await listening.rows("select state, station from orders.performed_step")
    assert row == {"state": "COMPLETED", "station": "CT1"}


async def test_each_mistake_has_its_status(listening: Listening) -> None:
    uid = generate_uid()
    incomplete, early, other = started(), started(), started()
    del incomplete.Modality
    early.PerformedProcedureStepStatus = "COMPLETED"
    other.PerformedProcedureStepID = "S2"
    answers = await says(
        listening,
        ("set", uid, ended()),
        ("create", uid, incomplete),
        ("create", uid, early),
        ("create", uid, started()),
        ("create", uid, other),
        ("set", uid, ended("DISCONTINUED")),
        ("set", uid, ended()),
    )
    assert [one.Status for one in answers] == [
        0x0112, 0x0120, 0x0106, 0x0000, 0x0111, 0x0000, 0x0110,
    ]  # fmt: skip
    assert answers[1].ErrorComment == "Modality is missing."
    assert answers[-1].ErrorID == 0xA710
    assert answers[-1].ErrorComment == "Performed Procedure Step Object may no longer be updated"


async def test_a_step_without_a_uid_is_given_one(listening: Listening) -> None:
    [answer] = await says(listening, ("create", None, started()))
    assert answer.Status == 0x0000
    [row] = await listening.rows("select sop_instance_uid from orders.performed_step")
    assert row["sop_instance_uid"].startswith("1.2.826.0.1.3680043.8.498.")


async def test_what_a_machine_made_is_expected_of_its_study(listening: Listening) -> None:
    images = ct_series(slices=2)
    uid = generate_uid()
    begin, end = started(), ended(instances=tuple(one.SOPInstanceUID for one in images))
    begin.ScheduledStepAttributesSequence[0].StudyInstanceUID = images[0].StudyInstanceUID
    await says(listening, ("create", uid, begin), ("set", uid, end))
    await listening.stores(map(sendable, images))
    [said] = await listening.rows(
        "select study_id, whole, cardinality(instances) as named from archive.expectation"
    )
    assert said == {
        "study_id": study_id("noord", images[0].StudyInstanceUID),
        "whole": True,
        "named": 2,
    }
