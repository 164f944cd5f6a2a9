"""HL7 v2.5.1 messages as the made-up hospitals write and read them.

Orders are ORM^O01 (4.4.1) with the ZDS segment of IHE RAD TF-2 4.4, or OMI^O23 (4.4.8) with IPC;
patients are ADT (3.3). Times without a zone would be the hospital's own; these carry it.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crossread.simulation.headers import Occasion
from crossread.simulation.region import MadeUpHospital, MadeUpPerson, Urgency

ENCODINGS = {"8859/1": "iso8859-1", "UNICODE UTF-8": "utf-8", "UTF-8": "utf-8", "ASCII": "ascii"}
UNDERSTOOD = frozenset({"ORU", "ORM", "OMI", "OMG", "ADT", "ACK", "ORR", "MDM"})
# table 0485: T, timing critical, is how a stroke is ordered
_PRIORITY = {
    Urgency.STROKE: "T^Timing critical^HL70485",
    Urgency.ACUTE: "S^Stat^HL70485",
    Urgency.URGENT: "A^ASAP^HL70485",
    Urgency.ROUTINE: "R^Routine^HL70485",
}
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}
_LINE_ENDS = {"\r\n": "\\.br\\", "\r": "\\.br\\", "\n": "\\.br\\"}


class Control(StrEnum):
    """What an order asks (ORC-1, table 0119)."""

    NEW = "NW"
    CHANGE = "XO"
    CANCEL = "CA"


class Refusal(Exception):
    """A message that is not taken in: how it is answered and why."""

    def __init__(self, code: str, error: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code  # MSA-1: AE or AR
        self.error = error  # ERR-3, table 0357


@dataclass(frozen=True, slots=True)
class Header:
    """What MSH says."""

    application: str
    facility: str
    kind: str  # MSH-9.1
    event: str  # MSH-9.2
    control_id: str
    version: str
    encoding: str  # a name that Python knows


# --- what is sent ----------------------------------------------------------------------------


def order(occasion: Occasion, *, control: Control, control_id: str, now: datetime) -> str:
    """The order for a study, in the form that its hospital uses."""
    hospital, plan = occasion.hospital, occasion.plan
    placer = f"{occasion.accession_number}-P^{hospital.ris_application}"
    filler = f"{occasion.accession_number}^{hospital.ris_application}"
    number, family, given = plan.referrer
    referrer = f"{number}^{escape(family)}^{escape(given)}^^^^^^VEKTIS"
    code = f"{escape(plan.code)}^{escape(plan.description)}^{hospital.procedure_system}"
    priority = _PRIORITY[plan.urgency]
    asked = _ts(occasion.acquired_at)
    orc = _segment(
        "ORC",
        {1: control, 2: placer, 3: filler, 7: f"^^^^^{priority[0]}", 9: asked, 12: referrer},
    )
    obr = _segment(
        "OBR",
        {
            1: "1",
            2: placer,
            3: filler,
            4: code,
            6: asked,
            16: referrer,
            18: occasion.accession_number,
            24: plan.modality,
            27: f"^^^^^{priority[0]}",
            31: f"^{escape(plan.question)}",
        },
    )
    head = [
        _msh(hospital, f"{hospital.order_message}^{_structure(hospital)}", control_id, now),
        _pid(hospital, occasion.person),
        _visit(occasion),
    ]
    uid = occasion.study_instance_uid
    if hospital.order_message == "OMI^O23":
        timing = _segment("TQ1", {1: "1", 7: asked, 9: priority})
        procedure = _segment(
            "IPC",
            {
                1: occasion.accession_number,
                2: occasion.accession_number,
                3: uid,
                4: f"{plan.code[:12]}-1",
                5: plan.modality,
            },
        )
        return _joined([*head, orc, timing, obr, procedure])
    if not hospital.announces_study_uid:
        return _joined([*head, orc, obr])
    planned = _segment("ZDS", {1: f"{uid}^{hospital.ris_application}^Application^DICOM"})
    return _joined([*head, orc, obr, planned])


def patient(occasion: Occasion, event: str, *, control_id: str, now: datetime) -> str:
    """ADT: who the patient is (A04 registered, A08 changed)."""
    hospital = occasion.hospital
    return _joined(
        [
            _msh(hospital, f"ADT^{event}^ADT_A01", control_id, now),
            _segment("EVN", {1: event, 2: _ts(now)}),
            _pid(hospital, occasion.person),
            _visit(occasion),
        ]
    )


def acknowledgement(
    hospital: MadeUpHospital, header: Header | None, now: datetime, refusal: Refusal | None
) -> str:
    """ACK (2.9.2): AA, or what was wrong with the message."""
    control_id = header.control_id if header else ""
    event = f"ACK^{header.event}^ACK" if header and header.event else "ACK"
    lines = [_msh(hospital, event, uuid.uuid4().hex[:20].upper(), now)]
    lines.append(
        _segment(
            "MSA", {1: refusal.code if refusal else "AA", 2: escape(control_id), 3: _said(refusal)}
        )
    )
    if refusal is not None:
        lines.append(_segment("ERR", {3: refusal.error, 4: "E", 8: escape(str(refusal))}))
    return _joined(lines)


# --- what is received ------------------------------------------------------------------------


def read_header(content: bytes) -> Header:
    """What MSH says of the message. Raises Refusal when there is no MSH that can be read."""
    first = content.lstrip(b"\r\n").split(b"\r", 1)[0].decode("latin-1")
    if not first.startswith("MSH") or len(first) < 8:
        raise Refusal("AR", "100", "The message does not begin with MSH.")
    fields = ["MSH", first[3], *first[4:].split(first[3])]
    fields += [""] * (19 - len(fields))
    separator = fields[2][:1] or "^"
    kind = [*fields[9].split(separator), ""]
    name = fields[18].split("~")[0]
    return Header(
        application=fields[3].split(separator)[0],
        facility=fields[4].split(separator)[0],
        kind=kind[0],
        event=kind[1],
        control_id=fields[10],
        version=fields[12].split(separator)[0],
        encoding=ENCODINGS.get(name, "") if name else "utf-8",
    )


def read(content: bytes, header: Header) -> str:
    """The text of a message. Raises Refusal with the reason when it can't be taken in."""
    if not header.control_id:
        raise Refusal("AR", "101", "MSH-10 is empty.")
    if header.kind not in UNDERSTOOD:
        raise Refusal("AR", "200", "Messages of this type are not taken here.")
    if not header.version.startswith("2."):
        raise Refusal("AR", "203", "This HL7 version is not spoken here.")
    if not header.encoding:
        raise Refusal("AE", "103", "MSH-18 names a character set that is not known here.")
    try:
        text = content.decode(header.encoding)
    except UnicodeDecodeError as error:
        raise Refusal("AE", "102", "The text is not in the character set of MSH-18.") from error
    present = {line[:3] for line in text.replace("\n", "\r").split("\r")}
    wanted = {"ORU": ("PID", "OBR", "OBX"), "ORM": ("PID", "ORC"), "OMI": ("PID", "ORC")}
    for segment in wanted.get(header.kind, ()):
        if segment not in present:
            raise Refusal("AE", "100", f"The message has no {segment}.")
    return text


def acknowledged(text: str) -> tuple[str, str, str]:
    """MSA-1, MSA-2 and what was said of an acknowledgement; empty where it is none."""
    for line in text.replace("\n", "\r").split("\r"):
        if line.startswith("MSA"):
            fields = [*line.split("|"), "", "", "", ""]
            return fields[1], fields[2], fields[3] or _error_text(text)
    return "", "", ""


def escape(text: str) -> str:
    """Text as it stands in a field (2.7)."""
    escaped = "".join(_ESCAPES.get(character, character) for character in text)
    for end, sign in _LINE_ENDS.items():
        escaped = escaped.replace(end, sign)
    return escaped


def _error_text(text: str) -> str:
    for line in text.replace("\n", "\r").split("\r"):
        if line.startswith("ERR"):
            fields = line.split("|")
            return fields[8] if len(fields) > 8 else ""
    return ""


# --- segments --------------------------------------------------------------------------------


def _msh(hospital: MadeUpHospital, kind: str, control_id: str, now: datetime) -> str:
    fields = {
        2: "^~\\&",
        3: hospital.ris_application,
        4: hospital.ris_facility,
        5: "CROSSREAD",
        6: "CROSSREAD",
        7: _ts(now),
        9: kind,
        10: control_id,
        11: "P",
        12: "2.5.1",
        17: "NLD",
        18: hospital.hl7_characters,
    }
    return "MSH" + "|".join(fields.get(place, "") for place in range(1, 19))


def _pid(hospital: MadeUpHospital, person: MadeUpPerson) -> str:
    assigner = f"{hospital.patient_namespace}&{hospital.patient_oid}&ISO"
    own = f"{person.number_at(hospital.id)}^^^{assigner}^PI"
    bsn = f"{person.bsn}^^^NLMINBIZA^NNNLD"
    name = "^".join(map(escape, (person.family_name, person.given_name, person.initials)))
    return _segment(
        "PID",
        {
            1: "1",
            3: f"{own}~{bsn}",
            5: f"{name}^^^^L",
            7: person.birth_date.strftime("%Y%m%d"),
            8: person.sex,
        },
    )


def _visit(occasion: Occasion) -> str:
    plan = occasion.plan
    return _segment(
        "PV1", {1: "1", 2: plan.patient_class, 3: f"{escape(plan.department)}^^^{plan.hospital_id}"}
    )


def _structure(hospital: MadeUpHospital) -> str:
    return hospital.order_message.replace("^", "_")


def _segment(name: str, fields: dict[int, str]) -> str:
    values = (fields.get(place, "") for place in range(1, max(fields) + 1))
    return "|".join((name, *values))


def _joined(segments: list[str]) -> str:
    return "\r".join(segments) + "\r"


def _said(refusal: Refusal | None) -> str:
    return escape(str(refusal)) if refusal else ""


def _ts(at: datetime) -> str:
    return at.strftime("%Y%m%d%H%M%S%z")
