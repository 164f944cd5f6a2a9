"""The door around a task: what its reader may see, and nothing else.

The root is the task's, so that every request says for which purpose it is made; the rule of access
answers each, for the task's own study and for priors of the same person at any hospital.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import Request

from crossread.access import ask
from crossread.access.ask import Asked
from crossread.access.model import Decision, Sight
from crossread.archive import store
from crossread.archive.model import Study
from crossread.gateways.dicomweb import door
from crossread.hospitals.caller import Caller
from crossread.hospitals.model import Reader
from crossread.patients import store as patients
from crossread.platform.errors import NotFound, Refused
from crossread.platform.http import Ground, On
from crossread.transfers.ask import Why, recall
from crossread.transfers.model import Priority
from crossread.worklist.api import visible

# a series of 400 images is 400 requests: one answer of the rule serves them for this long, and one
# line of the audit for longer; a consent that is withdrawn counts within seconds
ANSWER_LASTS = timedelta(seconds=2)
AUDIT_LASTS = timedelta(minutes=10)
_REMEMBERED = 10_000


@dataclass(slots=True)
class _Answer:
    """What the rule said of late to one reader, about one study, around one task."""

    study: Study
    decision: Decision
    asked_at: datetime
    audited_at: datetime


_Key = tuple[UUID, UUID, str]  # reader, task, Study Instance UID


class Doorkeeper:
    """Asks the rule of access, and remembers its answer for a moment."""

    def __init__(self) -> None:
        self._answers: dict[_Key, _Answer] = {}

    async def study(
        self, on: Ground, reader: Reader, task_id: UUID, study_instance_uid: str
    ) -> Study:
        """The study, if this reader may see its images around this task.

        Raises NotFound, AccessDenied.
        """
        now = on.clock()
        key = (reader.id, task_id, study_instance_uid)
        known = self._answers.get(key)
        if known is None or now - known.asked_at > ANSWER_LASTS:
            known = await self._ask(on, reader, task_id, study_instance_uid, known)
            self._remember(key, known)
        ask.enforce(known.decision)
        return known.study

    async def _ask(
        self,
        on: Ground,
        reader: Reader,
        task_id: UUID,
        study_instance_uid: str,
        known: _Answer | None,
    ) -> _Answer:
        now = on.clock()
        async with on.database.transaction() as db:
            task = await visible(db, reader, task_id)
            copies = await store.studies_with_uid(db, study_instance_uid)
            if not copies:
                raise NotFound("This study is not in the archive.")
            asked = Asked(reader, task, Sight.CONTENT, "images")
            answers = await ask.decisions(db, asked, copies, now)
            # of several hospitals' copies the task's own first, then any that she may see
            study = min(
                copies, key=lambda copy: (copy.id != task.study_id, not answers[copy.id].allowed)
            )
            decision = answers[study.id]
            fresh = (
                known is None
                or known.decision.allowed != decision.allowed
                or now - known.audited_at > AUDIT_LASTS
            )
            if fresh:
                await ask.audit(db, asked, study, decision)
            if decision.allowed and study.availability == "nearline":
                why = Why(reader.username, Priority.URGENT, task_id)
                with suppress(Refused):  # its hospital has no archive to fetch from
                    await recall(db, study.id, why, now)
        audited_at = now if fresh or known is None else known.audited_at
        return _Answer(study, decision, now, audited_at)

    def _remember(self, key: _Key, answer: _Answer) -> None:
        self._answers.pop(key, None)
        self._answers[key] = answer
        while len(self._answers) > _REMEMBERED:
            self._answers.pop(next(iter(self._answers)))


@dataclass(frozen=True, slots=True)
class TaskDoor:
    """A reader before the archive, around one task."""

    on: Ground
    keeper: Doorkeeper
    reader: Reader
    task_id: UUID
    root: str

    async def study(self, study_instance_uid: str) -> Study:
        """A study whose images she may see, written down. Raises NotFound, AccessDenied."""
        return await self.keeper.study(self.on, self.reader, self.task_id, study_instance_uid)

    async def searched(self) -> tuple[Sequence[str], Sequence[UUID] | None]:
        """The studies of the task's person that she may see; each is written down."""
        now = self.on.clock()
        async with self.on.database.transaction() as db:
            task = await visible(db, self.reader, self.task_id)
            known = (
                await patients.patients_of_person(db, task.patient_id) if task.patient_id else []
            )
            studies = await store.studies_of_patients(
                db, [(one.hospital_id, one.issuer, one.number) for one in known]
            )
            if task.study_id is not None and task.study_id not in {one.id for one in studies}:
                studies.append(await store.study(db, task.study_id))
            asked = Asked(self.reader, task, Sight.CONTENT, door.Action.SEARCH)
            answers = await ask.decisions(db, asked, studies, now)
            open_to_her = [one for one in studies if answers[one.id].allowed]
            for one in open_to_her:
                await ask.audit(db, asked, one, answers[one.id])
        return sorted({one.hospital_id for one in open_to_her}), [one.id for one in open_to_her]


def open_door(request: Request, on: On, caller: Caller, task_id: UUID) -> None:
    """Leave the door of this task on the request. Raises NotSignedIn."""
    request.state.door = TaskDoor(
        on,
        request.app.state.doorkeeper,
        caller,
        task_id,
        door.root(request, f"/api/tasks/{task_id}/dicom-web"),
    )
