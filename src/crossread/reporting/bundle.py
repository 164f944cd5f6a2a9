"""Reports, drafts and annotations as JSON, and back."""

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from crossread.reporting.model import (
    Annotation,
    Author,
    Measurement,
    ReportBundle,
    ReportedPatient,
    ReportedStudy,
    ReportStatus,
    Section,
    Tool,
)

Json = dict[str, Any]


def annotation_to_json(annotation: Annotation) -> Json:
    """An annotation as it stands in drafts, reports and answers."""
    return {
        **asdict(annotation),
        "tool": str(annotation.tool),
        "points": [list(point) for point in annotation.points],
        "measurements": [asdict(one) for one in annotation.measurements],
    }


def annotation_from_json(written: Json) -> Annotation:
    """The annotation that `annotation_to_json` wrote."""
    return Annotation(
        tracking_uid=written["tracking_uid"],
        tool=Tool(written["tool"]),
        study_instance_uid=written["study_instance_uid"],
        series_instance_uid=written["series_instance_uid"],
        sop_instance_uid=written["sop_instance_uid"],
        sop_class_uid=written["sop_class_uid"],
        frame=int(written["frame"]),
        points=tuple((float(x), float(y)) for x, y in written["points"]),
        label=written["label"],
        measurements=tuple(
            Measurement(one["name"], float(one["value"]), one["unit"])
            for one in written["measurements"]
        ),
    )


def sections_to_json(sections: tuple[tuple[Section, str], ...]) -> Json:
    """Sections by name, those with text only."""
    return {str(section): text for section, text in sections if text}


def sections_from_json(written: Json) -> tuple[tuple[Section, str], ...]:
    """Sections in reading order; unknown names are left out."""
    return tuple((section, written[section]) for section in Section if written.get(section))


def to_json(bundle: ReportBundle) -> Json:
    """A report's canonical form: its digest is over this."""
    return {
        "report_id": str(bundle.report_id),
        "task_id": str(bundle.task_id),
        "study_id": str(bundle.study_id),
        "hospital_id": bundle.hospital_id,
        "version": bundle.version,
        "status": str(bundle.status),
        "language": bundle.language,
        "patient": {**asdict(bundle.patient), "birth_date": _written(bundle.patient.birth_date)},
        "study": {**asdict(bundle.study), "study_at": _written(bundle.study.study_at)},
        "author": {**asdict(bundle.author), "reader_id": str(bundle.author.reader_id)},
        "signed_at": bundle.signed_at.isoformat(),
        "sections": sections_to_json(bundle.sections),
        "annotations": [annotation_to_json(one) for one in bundle.annotations],
        "previous_report_id": str(bundle.previous_report_id) if bundle.previous_report_id else None,
    }


def from_json(written: Json) -> ReportBundle:
    """The report that `to_json` wrote."""
    patient, study, author = written["patient"], written["study"], written["author"]
    born, at, previous = patient["birth_date"], study["study_at"], written["previous_report_id"]
    return ReportBundle(
        report_id=UUID(written["report_id"]),
        task_id=UUID(written["task_id"]),
        study_id=UUID(written["study_id"]),
        hospital_id=written["hospital_id"],
        version=written["version"],
        status=ReportStatus(written["status"]),
        language=written["language"],
        patient=ReportedPatient(
            **{**patient, "birth_date": date.fromisoformat(born) if born else None}
        ),
        study=ReportedStudy(**{**study, "study_at": datetime.fromisoformat(at) if at else None}),
        author=Author(**{**author, "reader_id": UUID(author["reader_id"])}),
        signed_at=datetime.fromisoformat(written["signed_at"]),
        sections=sections_from_json(written["sections"]),
        annotations=tuple(annotation_from_json(one) for one in written["annotations"]),
        previous_report_id=UUID(previous) if previous else None,
    )


def _written(moment: date | datetime | None) -> str | None:
    return moment.isoformat() if moment else None
