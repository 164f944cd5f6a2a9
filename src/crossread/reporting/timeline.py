"""All studies and reports of a person that a reader may see now, and what she may not and why."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from crossread.access import ask
from crossread.access.ask import Asked
from crossread.access.model import Decision, Sight
from crossread.archive import store as archive
from crossread.archive.model import Study
from crossread.assistance.model import ProcedureName
from crossread.assistance.rule import name_by_rule
from crossread.hospitals.model import Reader
from crossread.patients import store as patients
from crossread.platform.database import Connection
from crossread.reporting import store
from crossread.reporting.model import ReportBundle
from crossread.worklist.model import Task

_NOT_PICTURES = frozenset({"SR", "PR", "KO"})


class Why(StrEnum):
    """Why a prior matters, most first."""

    SAME_REGION = "same_region"
    SAME_MODALITY = "same_modality"
    RECENT = "recent"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """One study on the timeline."""

    study: Study
    name: ProcedureName
    current: bool
    relevance: float  # 0 to 1
    why: Why
    report: ReportBundle | None


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many studies of a hospital she may not see, and why."""

    hospital_id: str
    count: int
    decision: Decision


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a reader sees of a person around a task."""

    entries: tuple[Entry, ...]
    hidden: tuple[Hidden, ...]


async def timeline(db: Connection, reader: Reader, task: Task, now: datetime) -> Timeline:
    """The person's studies over all hospitals, each once, newest first; every answer audited."""
    studies = _once(await _studies(db, task), task)
    asked = Asked(reader, task, Sight.CONTENT, "timeline")
    answers = await ask.decisions(db, asked, studies, now)
    for study in studies:
        await ask.audit(db, asked, study, answers[study.id])
    seen = [study for study in studies if answers[study.id].allowed]
    reports = await store.latest_of_studies(db, [study.id for study in seen])
    current = next((study for study in seen if study.id == task.study_id), None)
    return Timeline(
        entries=tuple(_entry(study, task, current, reports.get(study.id)) for study in seen),
        hidden=_hidden(studies, answers),
    )


async def _studies(db: Connection, task: Task) -> list[Study]:
    if task.patient_id is None:
        return [await archive.study(db, task.study_id)] if task.study_id else []
    same_person = await patients.patients_of_person(db, task.patient_id)
    return await archive.studies_of_patients(
        db, [(one.hospital_id, one.issuer, one.number) for one in same_person]
    )


def _once(studies: list[Study], task: Task) -> list[Study]:
    """A study that several hospitals hold shows once: the task's own copy, else the first."""
    chosen: dict[str, Study] = {}
    for study in studies:
        kept = chosen.get(study.study_instance_uid)
        if kept is None or study.id == task.study_id:
            chosen[study.study_instance_uid] = study
    return list(chosen.values())


def _entry(study: Study, task: Task, current: Study | None, report: ReportBundle | None) -> Entry:
    pictures = [one for one in study.modalities if one not in _NOT_PICTURES]
    name = name_by_rule(study.description, pictures[0] if pictures else "", study.body_part)
    relevance, why = _relevance(study, name, task, current)
    return Entry(study, name, study.id == task.study_id, relevance, why, report)


def _relevance(
    study: Study, name: ProcedureName, task: Task, current: Study | None
) -> tuple[float, Why]:
    """How much a prior matters for this task: region first, then modality, then recency.

    Priors of another region or modality are ranked lower, never left out: about half of those that
    matter are such.
    """
    same_region = name.body_region == task.body_region
    same_modality = task.modality in study.modalities
    years = _years(study, current)
    score = 0.5 * same_region + 0.25 * same_modality + 0.25 / (1 + years)
    if same_region:
        return score, Why.SAME_REGION
    if same_modality:
        return score, Why.SAME_MODALITY
    return score, Why.RECENT if years < 1 else Why.OTHER


def _years(study: Study, current: Study | None) -> float:
    if study.study_at is None or current is None or current.study_at is None:
        return 5.0
    return abs((current.study_at - study.study_at).days) / 365.25


def _hidden(studies: list[Study], answers: dict[UUID, Decision]) -> tuple[Hidden, ...]:
    counts: Counter[tuple[str, str]] = Counter()
    reasons: dict[tuple[str, str], Decision] = {}
    for study in studies:
        decision = answers[study.id]
        if not decision.allowed:
            key = (study.hospital_id, str(decision.reason))
            counts[key] += 1
            reasons[key] = decision
    return tuple(Hidden(key[0], count, reasons[key]) for key, count in sorted(counts.items()))
