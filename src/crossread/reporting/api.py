"""HTTP routes of reports: timeline, draft, signature, signed versions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from crossread.access import ask
from crossread.access.ask import Asked
from crossread.access.model import Decision, Sight
from crossread.archive import store as archive
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller
from crossread.hospitals.model import Reader
from crossread.platform.database import Connection
from crossread.platform.http import On
from crossread.reporting import bundle as written
from crossread.reporting import draft as drafts
from crossread.reporting import store
from crossread.reporting.draft import Written
from crossread.reporting.model import Annotation, Draft, ReportBundle, ReportStatus, Tool
from crossread.reporting.sign import sign
from crossread.reporting.timeline import Entry, Hidden, timeline
from crossread.worklist.api import visible
from crossread.worklist.model import Task

router = APIRouter(prefix="/api/tasks/{task_id}", tags=["reporting"])


class AnnotationIn(BaseModel):
    """Something drawn; its values are measured here."""

    tracking_uid: str = Field(pattern=r"^[0-9.]{1,64}$")
    tool: Tool
    study_instance_uid: str = Field(pattern=r"^[0-9.]{1,64}$")
    series_instance_uid: str = Field(pattern=r"^[0-9.]{1,64}$")
    sop_instance_uid: str = Field(pattern=r"^[0-9.]{1,64}$")
    frame: int = Field(1, ge=1)
    points: list[tuple[float, float]] = Field(min_length=1, max_length=64)
    label: str = Field("", max_length=64)


class DraftIn(BaseModel):
    """What is written so far, under which lease."""

    token: UUID
    fence: int
    sections: dict[str, str]
    annotations: list[AnnotationIn] = Field(default_factory=list, max_length=200)


class SignIn(DraftIn):
    """What is signed."""

    status: ReportStatus
    language: str = Field("nl", pattern="^(nl|en)$")


class DraftOut(BaseModel):
    """What is written so far."""

    sections: dict[str, str]
    annotations: list[dict[str, Any]]
    revision: int
    saved_at: datetime | None
    author: UUID | None


class ReportOut(BaseModel):
    """One signed version."""

    id: UUID
    version: int
    status: ReportStatus
    author: dict[str, str]
    signed_at: datetime
    language: str
    sections: dict[str, str]
    annotations: list[dict[str, Any]]


class TimelineOut(BaseModel):
    """The person's studies over all hospitals."""

    studies: list[dict[str, Any]]
    hidden: list[dict[str, Any]]


@router.get("/draft")
async def read_draft(on: On, caller: Caller, task_id: UUID) -> DraftOut:
    """What is written so far; empty when nothing is."""
    async with on.database.transaction() as db:
        task, decision = await _content(db, caller, task_id, on.clock(), "draft")
        found = await store.draft(db, task.id) if decision.allowed else None
    ask.enforce(decision)
    return _draft(found)


@router.get("/orphans")
async def read_orphans(on: On, caller: Caller, task_id: UUID) -> list[DraftOut]:
    """What the caller wrote for this task after her lease had ended; nobody else sees it."""
    async with on.database.transaction() as db:
        await visible(db, caller, task_id)
        return [_draft(one) for one in await store.orphans(db, caller.id, task_id)]


@router.put("/draft")
async def save_draft(on: On, caller: Caller, task_id: UUID, body: DraftIn) -> DraftOut:
    """Keep what is written so far."""
    async with on.database.transaction() as db:
        await visible(db, caller, task_id)
    saved = await drafts.save(on.database, on.objects, _written(caller, task_id, body), on.clock())
    return _draft(saved)


@router.post("/sign")
async def sign_report(on: On, caller: Caller, task_id: UUID, body: SignIn) -> ReportOut:
    """Sign the report; it is on its way home when this answers."""
    async with on.database.transaction() as db:
        _, decision = await _content(db, caller, task_id, on.clock(), "sign")
    ask.enforce(decision)
    bundle = await sign(
        on.database,
        on.objects,
        _written(caller, task_id, body),
        status=body.status,
        language=body.language,
        now=on.clock(),
    )
    return report_out(bundle)


@router.get("/reports")
async def reports(on: On, caller: Caller, task_id: UUID) -> list[ReportOut]:
    """Every signed version, oldest first."""
    async with on.database.transaction() as db:
        task, decision = await _content(db, caller, task_id, on.clock(), "report")
        found = await store.reports_of_task(db, task.id) if decision.allowed else []
    ask.enforce(decision)
    return [report_out(one) for one in found]


@router.get("/timeline")
async def read_timeline(on: On, caller: Caller, task_id: UUID) -> TimelineOut:
    """All studies of the person that the caller may see now; the others counted, with the why."""
    async with on.database.transaction() as db:
        task = await visible(db, caller, task_id)
        found = await timeline(db, caller, task, on.clock())
        names = {one.id: one.name for one in await hospitals.hospitals(db)}
    return TimelineOut(
        studies=[_entry(entry, names) for entry in found.entries],
        hidden=[_hidden(hidden, names) for hidden in found.hidden],
    )


async def _content(
    db: Connection, caller: Reader, task_id: UUID, now: datetime, action: str
) -> tuple[Task, Decision]:
    """The task, and whether the caller may see the content of its study."""
    task = await visible(db, caller, task_id)
    if task.study_id is None:
        return task, Decision(True, "no images yet")
    study = await archive.study(db, task.study_id)
    asked = Asked(caller, task, Sight.CONTENT, action)
    return task, await ask.require(db, asked, study, now)


def _written(caller: Reader, task_id: UUID, body: DraftIn) -> Written:
    return Written(
        task_id=task_id,
        reader=caller,
        token=body.token,
        fence=body.fence,
        sections=written.sections_from_json(body.sections),
        annotations=tuple(
            Annotation(
                tracking_uid=one.tracking_uid,
                tool=one.tool,
                study_instance_uid=one.study_instance_uid,
                series_instance_uid=one.series_instance_uid,
                sop_instance_uid=one.sop_instance_uid,
                sop_class_uid="",
                frame=one.frame,
                points=tuple(one.points),
                label=one.label,
            )
            for one in body.annotations
        ),
    )


def _draft(found: Draft | None) -> DraftOut:
    if found is None:
        return DraftOut(sections={}, annotations=[], revision=0, saved_at=None, author=None)
    return DraftOut(
        sections=written.sections_to_json(found.sections),
        annotations=[written.annotation_to_json(one) for one in found.annotations],
        revision=found.revision,
        saved_at=found.saved_at,
        author=found.author,
    )


def report_out(bundle: ReportBundle) -> ReportOut:
    """A signed version as screens take it."""
    return ReportOut(
        id=bundle.report_id,
        version=bundle.version,
        status=bundle.status,
        author={"name": bundle.author.name, "hospital_name": bundle.author.hospital_name},
        signed_at=bundle.signed_at,
        language=bundle.language,
        sections=written.sections_to_json(bundle.sections),
        annotations=[written.annotation_to_json(one) for one in bundle.annotations],
    )


def _entry(entry: Entry, names: dict[str, str]) -> dict[str, Any]:
    study = entry.study
    return {
        "study_id": study.id,
        "study_instance_uid": study.study_instance_uid,
        "hospital_id": study.hospital_id,
        "hospital_name": names[study.hospital_id],
        "study_at": study.study_at,
        "description": study.description,
        "procedure_nl": entry.name.name_nl,
        "procedure_en": entry.name.name_en,
        "modality": entry.name.modality,
        "modalities": list(study.modalities),
        "body_region": entry.name.body_region,
        "series_count": study.series_count,
        "instance_count": study.instance_count,
        "current": entry.current,
        "relevance": round(entry.relevance, 3),
        "why": entry.why,
        "has_annotations": bool(entry.report and entry.report.annotations)
        or bool({"SR", "PR"} & set(study.modalities)),
        "report": report_out(entry.report) if entry.report else None,
    }


def _hidden(hidden: Hidden, names: dict[str, str]) -> dict[str, Any]:
    return {
        "hospital_id": hidden.hospital_id,
        "hospital_name": names[hidden.hospital_id],
        "count": hidden.count,
        "reason": hidden.decision.reason,
        "sentence": hidden.decision.sentence,
        "remedy": hidden.decision.remedy,
    }
