"""Reports for tests."""

from dataclasses import replace
from datetime import UTC, date, datetime
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


def annotation(**changes: Any) -> Annotation:
    """A length of 32.4 mm."""
    made = Annotation(
        tracking_uid="2.25.42",
        tool=Tool.LENGTH,
        study_instance_uid="2.25.1",
        series_instance_uid="2.25.2",
        sop_instance_uid="2.25.3",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        frame=1,
        points=((10.0, 12.0), (40.5, 30.0)),
        label="bloeding",
        measurements=(Measurement("length", 32.4, "mm"),),
    )
    return replace(made, **changes)


def bundle(**changes: Any) -> ReportBundle:
    """A signed final report with one measurement."""
    made = ReportBundle(
        report_id=UUID(int=1),
        task_id=UUID(int=2),
        study_id=UUID(int=3),
        hospital_id="noord",
        version=1,
        status=ReportStatus.FINAL,
        language="nl",
        patient=ReportedPatient(
            "0412873", "NOORD", "999911120", "Geërts^Joëlle", date(1951, 3, 14), "F"
        ),
        study=ReportedStudy(
            study_instance_uid="2.25.1",
            accession_number="A1",
            placer_number="P1",
            filler_number="F1",
            procedure_code="CTSCH01",
            procedure_text="CT schedel blanco",
            procedure_system="99NOORD",
            modality="CT",
            description="CT schedel blanco",
            study_at=datetime(2026, 11, 24, 10, 15),  # noqa: DTZ001 - the hospital's own time
            referrer="Hoekstra^B.",
        ),
        author=Author(UUID(int=5), "Bram Oosterhuis", "bram", "midden", "Medisch Centrum Midden"),
        signed_at=datetime(2026, 11, 24, 11, 30, tzinfo=UTC),
        sections=(
            (Section.FINDINGS, "Bloeding & oedeem.\nGeen shift."),
            (Section.IMPRESSION, "Acute bloeding."),
        ),
        annotations=(annotation(),),
    )
    return replace(made, **changes)
