"""Reports and annotations; every outgoing form is a pure function of a `ReportBundle`."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5


class ReportEvent(StrEnum):
    """What this room announces; the subject is the report's id."""

    SIGNED = "report.signed"  # facts: task_id, version, status


class ReportStatus(StrEnum):
    """How far a signed report goes (HL7 table 0123: P, F, C; FHIR DiagnosticReport.status)."""

    PRELIMINARY = "preliminary"
    FINAL = "final"


class Section(StrEnum):
    """The parts of a report's text, in reading order, with their LOINC codes."""

    CLINICAL = "clinical"  # 55752-0 Clinical information
    TECHNIQUE = "technique"  # 55111-9 Current imaging procedure descriptions
    COMPARISON = "comparison"  # 18834-2 Radiology Comparison study
    FINDINGS = "findings"  # 59776-5 Procedure findings
    IMPRESSION = "impression"  # 19005-8 Radiology Imaging study [Impression]


class Tool(StrEnum):
    """What an annotation is drawn with; the names are Cornerstone's."""

    LENGTH = "Length"  # two points
    ELLIPSE = "EllipticalROI"  # four points: ends of one axis, then of the other


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value of an annotation, computed by us from the image's own geometry and pixels."""

    name: str  # 'length', 'area', 'mean', 'standard_deviation'
    value: float
    unit: str  # UCUM: 'mm', 'mm2', '[hnsf'U]', '1' (no unit)


@dataclass(frozen=True, slots=True)
class Annotation:
    """Something drawn on one frame of one image, by somebody."""

    tracking_uid: str  # a UID of its own, kept over versions
    tool: Tool
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    frame: int  # 1 for a single-frame image
    # (column, row) in pixels; (0, 0) is the top left corner of the image (PS3.3 C.18.6.1.1)
    points: tuple[tuple[float, float], ...]
    label: str
    measurements: tuple[Measurement, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What is written so far, not signed; of one task there is one."""

    task_id: UUID
    author: UUID
    fence: int
    sections: tuple[tuple[Section, str], ...]
    annotations: tuple[Annotation, ...]
    revision: int
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class ReportedPatient:
    """The patient as the hospital that made the images knows her."""

    number: str
    issuer: str
    bsn: str | None
    name: str  # DICOM PN
    birth_date: date | None
    sex: str


@dataclass(frozen=True, slots=True)
class ReportedStudy:
    """The study and order as the hospital that made the images knows them."""

    study_instance_uid: str
    accession_number: str
    placer_number: str
    filler_number: str
    procedure_code: str
    procedure_text: str
    procedure_system: str
    modality: str
    description: str
    study_at: datetime | None
    referrer: str


@dataclass(frozen=True, slots=True)
class Author:
    """Who signed, for whom."""

    reader_id: UUID
    name: str  # as people write it
    username: str
    hospital_id: str
    hospital_name: str


@dataclass(frozen=True, slots=True)
class ReportBundle:
    """One version of a report with everything that its outgoing forms need."""

    report_id: UUID  # of this version
    task_id: UUID
    study_id: UUID
    hospital_id: str  # the hospital that made the images and gets this back
    version: int
    status: ReportStatus
    language: str  # 'nl' or 'en'
    patient: ReportedPatient
    study: ReportedStudy
    author: Author
    signed_at: datetime  # UTC
    sections: tuple[tuple[Section, str], ...]
    annotations: tuple[Annotation, ...]
    previous_report_id: UUID | None = None

    def text(self, section: Section) -> str:
        """The text of a section; empty when it has none."""
        return dict(self.sections).get(section, "")


def report_id(task_id: UUID, version: int) -> UUID:
    """The same version of the same task's report is the same report, however often signed."""
    return uuid5(NAMESPACE_OID, f"crossread/report/{task_id}/{version}")


def object_uid(report: UUID, kind: str) -> str:
    """The UID of an object made of a report: the same each time it is made (PS3.5 B.2)."""
    return f"2.25.{uuid5(report, kind).int}"


def digest(canonical: dict[str, Any]) -> str:
    """SHA-256 over the canonical JSON of a bundle, hex."""
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
