"""Messages that go out: status of a reading (ORM^O01) and the report (ORU^R01), HL7 v2.5.1.

Each is a pure function of what it tells, to the byte: one that is composed again is the same, and
carries the same control id, so that a receiver can tell a repeat (2.10.1).
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from crossread.gateways.hl7v2.message import escape
from crossread.hospitals.model import Endpoint
from crossread.orders.model import Order
from crossread.patients.model import Patient
from crossread.reporting.model import Annotation, Measurement, ReportBundle, ReportStatus, Section


class Status(StrEnum):
    """How far the reading of an order is."""

    RECEIVED = "received"
    IN_PROGRESS = "in_progress"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        """The same in words."""
        return self.value.replace("_", " ")

    @property
    def order_status(self) -> str:
        """ORC-5 (HL7 table 0038)."""
        match self:
            case Status.RECEIVED:
                return "SC"  # in process, scheduled
            case Status.IN_PROGRESS:
                return "IP"  # in process, unspecified
            case Status.PRELIMINARY:
                return "A"  # some, but not all, results available
            case Status.FINAL:
                return "CM"  # completed
            case Status.CANCELLED:
                return "CA"

    @property
    def result_status(self) -> str:
        """OBR-25 (HL7 table 0123)."""
        match self:
            case Status.RECEIVED:
                return "S"  # no results available; procedure scheduled, but not done
            case Status.IN_PROGRESS:
                return "I"  # no results available; procedure incomplete
            case Status.PRELIMINARY:
                return "P"
            case Status.FINAL:
                return "F"
            case Status.CANCELLED:
                return "X"


@dataclass(frozen=True, slots=True)
class Names:
    """What we call ourselves in MSH-3 and MSH-4."""

    application: str
    facility: str


# the parts of a report with their LOINC codes
SECTION_CODES: dict[Section, tuple[str, str]] = {
    Section.CLINICAL: ("55752-0", "Clinical information"),
    Section.TECHNIQUE: ("55111-9", "Current imaging procedure descriptions"),
    Section.COMPARISON: ("18834-2", "Radiology Comparison study"),
    Section.FINDINGS: ("59776-5", "Procedure findings"),
    Section.IMPRESSION: ("19005-8", "Radiology Imaging study [Impression]"),
}
_MEASURED: dict[str, tuple[str, str, str]] = {
    "length": ("410668003", "Length", "SCT"),
    "area": ("42798000", "Area", "SCT"),
    "mean": ("373098007", "Mean", "SCT"),
    "standard_deviation": ("386136009", "Standard Deviation", "SCT"),
}


# the images' visit is not ours to know (table 0004: U, unknown), but many want the segment
_VISIT = "PV1|1|U"


def control_id(*parts: object) -> str:
    """MSH-10, at most 20 characters: the same parts give the same id."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return "CR" + base64.b32encode(digest)[:18].decode()


def status_message(
    order: Order,
    patient: Patient,
    status: Status,
    *,
    task_id: UUID,
    receiver: Endpoint,
    names: Names,
    control: str,
    at: datetime,
) -> bytes:
    """ORM^O01 with ORC-1 SC: how far the reading of this order is (4.4.1, ORC-1 in table 0119)."""
    when = _time(at)
    lines = [
        _header("ORM^O01^ORM_O01", receiver, names, control, when),
        _identity(patient.number, patient.issuer, patient.bsn, patient.name)
        + f"||{_day(patient.birth_date)}|{patient.sex}",
        _VISIT,
        f"ORC|SC|{escape(order.placer_number)}|{escape(order.filler_number)}||"
        f"{status.order_status}||||{when}",
        f"OBR|1|{escape(order.placer_number)}|{escape(order.filler_number)}|"
        f"{_coded(order.procedure_code, order.procedure_text, order.procedure_system)}"
        f"{'|' * 14}{escape(order.accession_number)}||||{when}|||{status.result_status}",
        f"NTE|1|L|{status}^{task_id}".replace("^", " "),
    ]
    return _message(lines)


def report_message(
    bundle: ReportBundle, *, receiver: Endpoint, names: Names, control: str
) -> bytes:
    """ORU^R01 with the text of a report by section, and its measurements (7.3.1)."""
    when = _time(bundle.signed_at)
    code = "F" if bundle.status is ReportStatus.FINAL else "P"
    study, author = bundle.study, bundle.author
    procedure = study.procedure_text or study.description
    placer, filler = escape(study.placer_number), escape(study.filler_number)
    performed = f"{study.study_at:%Y%m%d%H%M%S}" if study.study_at else ""
    interpreter = f"{escape(author.username)}&{escape(author.name)}"
    lines = [
        _header("ORU^R01^ORU_R01", receiver, names, control, when),
        _identity(
            bundle.patient.number, bundle.patient.issuer, bundle.patient.bsn, bundle.patient.name
        )
        + f"||{_day(bundle.patient.birth_date)}|{bundle.patient.sex}",
        _VISIT,
        f"ORC|RE|{placer}|{filler}||{'CM' if code == 'F' else 'A'}||||{when}",
        f"OBR|1|{placer}|{filler}|"
        f"{_coded(study.procedure_code, procedure, study.procedure_system)}"
        f"|||{performed}|||||||||{_referrer(study.referrer)}||{escape(study.accession_number)}"
        f"||||{when}||{escape(study.modality)}|{code}|||||||{interpreter}",
    ]
    observations = [*_identifying(bundle), *_texts(bundle), *_measured(bundle)]
    signed = f"{escape(author.username)}^{escape(author.name)}"
    for place, (kind, identifier, sub, value, unit) in enumerate(observations, start=1):
        lines.append(
            f"OBX|{place}|{kind}|{identifier}|{sub}|{value}|{unit}|||||{code}|||{when}"
            f"|{escape(author.hospital_name)}|{signed}"
        )
    return _message(lines)


_Observation = tuple[str, str, str, str, str]  # OBX-2, 3, 4, 5, 6


def _identifying(bundle: ReportBundle) -> list[_Observation]:
    """Which study and which version of which report this is."""
    return [
        ("HD", "113014^DICOM Study^DCM", "", f"^{bundle.study.study_instance_uid}^ISO", ""),
        (
            "ST",
            "REPORT^Report and version^99CROSSREAD",
            "",
            f"{bundle.report_id} v{bundle.version}",
            "",
        ),
    ]


def _texts(bundle: ReportBundle) -> list[_Observation]:
    """Each section as TX, a line an OBX, as most systems show them."""
    found = []
    for section, text in bundle.sections:
        code, name = SECTION_CODES[section]
        for line_number, line in enumerate(text.strip().splitlines(), start=1):
            found.append(("TX", f"{code}^{name}^LN", str(line_number), escape(line), ""))
    return found


def _measured(bundle: ReportBundle) -> list[_Observation]:
    """Each measurement as NM with a UCUM unit; OBX-4 is the annotation it belongs to."""
    return [
        _number(annotation, measurement)
        for annotation in bundle.annotations
        for measurement in annotation.measurements
    ]


def _number(annotation: Annotation, measurement: Measurement) -> _Observation:
    code, name, system = _MEASURED[measurement.name]
    unit = f"{escape(measurement.unit)}^{escape(measurement.unit)}^UCUM"
    return "NM", f"{code}^{name}^{system}", annotation.tracking_uid, _nm(measurement.value), unit


def _nm(value: float) -> str:
    """NM (2.A.47): six significant digits, and never an exponent."""
    return f"{Decimal(f'{value:.6g}'):f}"


def _header(kind: str, receiver: Endpoint, names: Names, control: str, when: str) -> str:
    return (
        f"MSH|^~\\&|{escape(names.application)}|{escape(names.facility)}"
        f"|{escape(receiver.application)}|{escape(receiver.facility)}|{when}||{kind}|{control}"
        "|P|2.5.1|||AL|NE||UNICODE UTF-8"
    )


def _identity(number: str, issuer: str, bsn: str | None, name: str) -> str:
    identifiers = [f"{escape(number)}^^^{escape(issuer)}^PI"]
    if bsn:
        identifiers.append(f"{bsn}^^^NLMINBIZA^NNNLD")
    # of a PN in several scripts the first, alphabetic one (PS3.5 6.2.1.2)
    parts = [*name.split("=", maxsplit=1)[0].split("^"), *[""] * 5]
    family, given, middle, prefix, suffix = parts[:5]
    xpn = "^".join(escape(part) for part in (family, given, middle, suffix, prefix)).rstrip("^")
    return f"PID|1||{'~'.join(identifiers)}||{xpn}"


def _coded(code: str, text: str, system: str) -> str:
    return f"{escape(code)}^{escape(text)}^{escape(system)}"


def _referrer(name: str) -> str:
    family, _, given = name.partition("^")
    return f"^{escape(family)}^{escape(given)}" if name else ""


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%d%H%M%S}+0000"


def _day(day: object) -> str:
    return f"{day:%Y%m%d}" if day else ""


def _message(lines: list[str]) -> bytes:
    return ("\r".join(lines) + "\r").encode()
