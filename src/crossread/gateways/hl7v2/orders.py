"""What ORM^O01, OMI^O23, OMG^O19 and ADT say, as requests to the rooms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crossread.gateways.hl7v2.message import (
    Acknowledgement,
    ErrorCode,
    Message,
    Segment,
    Wrong,
    day,
    moment,
)
from crossread.hospitals.model import Urgency
from crossread.orders.model import Control, OrderedPatient, OrderRequest

ORDERS = frozenset({("ORM", "O01"), ("OMI", "O23"), ("OMG", "O19")})
DEMOGRAPHICS = frozenset({("ADT", event) for event in ("A01", "A04", "A05", "A08", "A28", "A31")})

# ORC-1 (HL7 table 0119)
CONTROLS = {
    "NW": Control.PLACE,
    "SN": Control.PLACE,
    "PA": Control.PLACE,
    "XO": Control.CHANGE,
    "XX": Control.CHANGE,
    "SC": Control.CHANGE,
    "CA": Control.CANCEL,
    "DC": Control.CANCEL,
    "OC": Control.CANCEL,
}
# TQ1-9 (HL7 table 0485), or OBR-27.6 before 2.5; T, timing critical, is how a stroke is ordered
URGENCIES = {
    "S": Urgency.ACUTE,
    "A": Urgency.URGENT,
    "R": Urgency.ROUTINE,
    "P": Urgency.ROUTINE,
    "T": Urgency.STROKE,
    "STROKE": Urgency.STROKE,
}
# events that undo a merge, or merge what is more than a patient's numbers
UNDONE = frozenset({("ADT", event) for event in ("A24", "A37", "A43", "A44", "A50", "A51")})
_UNDONE = (
    "Undoing a merge, or moving single visits, is not taken here; nothing was changed. Send what"
    " each patient is now (ADT^A31), and the studies again."
)
BSN_ASSIGNERS = frozenset({"NLMINBIZA", "2.16.840.1.113883.2.4.6.3", "NLMINBIZA.BSN"})
BSN_TYPES = frozenset({"NNNLD", "BSN"})


# OBR-24 (HL7 table 0074) where it names a kind of machine; many send the DICOM code instead
_DICOM = ("CT", "MR", "US", "DX", "CR", "MG", "XA", "RF", "NM", "PT", "PX", "IO", "BMD")
MODALITIES = {
    **{code: code for code in _DICOM},
    "NMR": "MR",
    "NMS": "NM",
    "RUS": "US",
    "OUS": "US",
    "VUS": "US",
    "CUS": "US",
}
_UID = re.compile(r"(?=.{1,64}$)[0-9]+(\.[0-9]+)+")  # PS3.5 9.1; leading zeros do occur
LONGEST = 64  # characters of a number that something is found by; DICOM's are 16 (SH) and 64 (LO)
SHORT = 16
LONGEST_CONTROL_ID = 199  # characters of MSH-10, from HL7 v2.7 on; 20 before


@dataclass(frozen=True, slots=True)
class Group:
    """An order within a message: the first of each of its segments, from ORC to the next ORC."""

    segments: Mapping[str, Segment]

    def get(self, name: str, field: int, component: int = 1) -> str:
        """A field of one of its segments; empty where there is none."""
        segment = self.segments.get(name)
        return segment.get(field, component) if segment else ""


def check_header(message: Message, more: frozenset[tuple[str, str]] = frozenset()) -> None:
    """See that the message is of a kind that is taken: of ours, or of `more`. Raises Wrong."""
    version, kind = message.header.get(12), message.kind
    if version and not version.startswith("2."):
        raise Wrong(
            "Only messages of HL7 version 2 are taken here.",
            location="MSH^1^12",
            code=ErrorCode.UNSUPPORTED_VERSION,
            acknowledgement=Acknowledgement.REJECT,
        )
    if kind not in ORDERS | DEMOGRAPHICS | more:
        event = kind[0] in {known for known, _ in ORDERS | DEMOGRAPHICS}
        raise Wrong(
            _UNDONE if kind in UNDONE else f"Messages of the kind {_named(kind)} are not taken.",
            location="MSH^1^9",
            code=ErrorCode.UNSUPPORTED_EVENT if event else ErrorCode.UNSUPPORTED_MESSAGE,
            acknowledgement=Acknowledgement.REJECT,
        )
    control_id = message.control_id
    if not 0 < len(control_id) <= LONGEST_CONTROL_ID:
        raise Wrong(
            "MSH-10 is longer than it may be." if control_id else "MSH-10 is empty.",
            location="MSH^1^10",
            code=ErrorCode.DATA_TYPE if control_id else ErrorCode.REQUIRED_FIELD,
        )


def requests(message: Message, hospital_id: str) -> list[OrderRequest]:
    """Every order in the message. Raises Wrong with the place of what is missing."""
    who = patient(message.need("PID"))
    return [
        _request(message, group, who, hospital_id, place)
        for place, group in enumerate(_groups(message))
    ]


def patient(pid: Segment) -> OrderedPatient:
    """Who it is about (PID). Raises Wrong without a number."""
    number, issuer, bsn = "", "", None
    for repetition in pid.repetitions(3):
        identifier = pid.get(3, 1, repetition=repetition)
        assigner = pid.get(3, 4, repetition=repetition)
        oid = pid.get(3, 4, repetition=repetition, sub=2)
        kind = pid.get(3, 5, repetition=repetition)
        if kind in BSN_TYPES or assigner in BSN_ASSIGNERS or oid in BSN_ASSIGNERS:
            bsn = identifier.zfill(9)  # some systems drop the leading zero
        elif identifier and not number:
            number, issuer = identifier, assigner
    if not number:
        raise Wrong(
            "PID-3 has no patient number of the hospital.",
            location="PID^1^3",
            code=ErrorCode.REQUIRED_FIELD,
        )
    if len(number) > LONGEST or len(issuer) > LONGEST:
        raise Wrong(
            f"PID-3 holds an identifier or assigner of more than {LONGEST} characters.",
            location="PID^1^3",
            code=ErrorCode.DATA_TYPE,
        )
    sex = pid.get(8)
    return OrderedPatient(
        number=number,
        issuer=issuer,
        bsn=bsn,
        name=person_name(pid, 5),
        birth_date=day(pid.get(7)),
        sex=sex if sex in {"M", "F", "O"} else "",
    )


def person_name(segment: Segment, field: int) -> str:
    """XPN (2.A.89) as DICOM PN (PS3.5 6.2.1)."""
    family, given, middle, suffix, prefix = (
        _family(segment, field, 1) if place == 1 else segment.get(field, place)
        for place in range(1, 6)
    )
    parts = (family, given, middle, prefix, suffix)
    return "^".join(re.sub(r"[\^=]", " ", part) for part in parts).rstrip("^")


def _family(segment: Segment, field: int, component: int) -> str:
    """A family name (FN, 2.A.30) as it is used, with its own prefix if that stands apart.

    Dutch senders put the whole name first (van den Bosch&van den&Bosch), or only the part that is
    sorted by (Bosch&van den&Bosch); a married name has the partner's parts in 4 and 5.
    """
    used, prefix, own, partner_prefix, partner = (
        segment.get(field, component, sub=sub) for sub in range(1, 6)
    )
    if not used:
        married = " ".join(part for part in (partner_prefix, partner) if part)
        maiden = " ".join(part for part in (prefix, own) if part)
        return "-".join(part for part in (married, maiden) if part)
    return f"{prefix} {own}" if prefix and used == own else used


def _groups(message: Message) -> list[Group]:
    """Each ORC with the segments that follow it, up to the next. Raises Wrong without any."""
    found: list[dict[str, Segment]] = []
    for name, segment in message.each():
        if name == "ORC":
            found.append({})
        elif not found:
            continue
        elif name == "OBR" and "OBR" in found[-1]:
            raise Wrong(
                "Each OBR must follow an ORC of its own.",
                location="OBR",
                code=ErrorCode.SEGMENT_SEQUENCE,
            )
        found[-1].setdefault(name, segment)
    if not found:
        raise Wrong(
            "The message has no order (ORC).", location="ORC", code=ErrorCode.SEGMENT_SEQUENCE
        )
    return [Group(segments) for segments in found]


def _request(
    message: Message, group: Group, who: OrderedPatient, hospital_id: str, place: int
) -> OrderRequest:
    get = group.get
    control = CONTROLS.get(get("ORC", 1))
    if control is None:
        raise Wrong(
            "ORC-1 asks for something that is not done here.",
            location=f"ORC^{place + 1}^1",
            code=ErrorCode.TABLE_VALUE,
        )
    if "OBR" not in group.segments and control is not Control.CANCEL:
        raise Wrong(
            "Each ORC must be followed by an OBR.", location="OBR", code=ErrorCode.SEGMENT_SEQUENCE
        )
    filler = get("ORC", 3) or get("OBR", 3)
    return OrderRequest(
        hospital_id=hospital_id,
        control_id=f"{message.control_id}/{place}" if place else message.control_id,
        control=control,
        patient=who,
        accession_number=_accession(group, filler, place),
        placer_number=get("ORC", 2) or get("OBR", 2),
        filler_number=filler,
        study_instance_uid=_study_uid(group, place),
        procedure_code=get("OBR", 4, 1),
        procedure_text=get("OBR", 4, 2) or get("OBR", 4, 5),
        procedure_system=get("OBR", 4, 3),
        modality=get("IPC", 5) or MODALITIES.get(get("OBR", 24).upper(), ""),
        urgency=_urgency(group),
        question=_question(group),
        referrer=_clinician(group, "OBR", 16) or _clinician(group, "ORC", 12),
        requested_at=moment(get("ORC", 9)) or moment(get("OBR", 6)),
        scheduled_at=_scheduled(group),
        station=_short(get("IPC", 9)),
        requested_procedure_id=_short(get("IPC", 2) or get("OBR", 19)),
        scheduled_step_id=_short(get("IPC", 4) or get("OBR", 20)),
    )


def _accession(group: Group, filler: str, place: int) -> str:
    """IPC-1, else OBR-18, else the filler's number. Raises Wrong without any."""
    accession = group.get("IPC", 1) or group.get("OBR", 18) or filler
    if not accession:
        raise Wrong(
            "There is no accession number: not in IPC-1, OBR-18 or ORC-3.",
            location=f"OBR^{place + 1}^18",
            code=ErrorCode.REQUIRED_FIELD,
        )
    if len(accession) > LONGEST:
        raise Wrong(
            f"The accession number has more than {LONGEST} characters.",
            location=f"OBR^{place + 1}^18",
            code=ErrorCode.DATA_TYPE,
        )
    return accession


def _study_uid(group: Group, place: int) -> str:
    """ZDS-1 (IHE RAD TF-2 4.4), else IPC-3; may be empty. Raises Wrong for what is no UID."""
    in_zds = group.get("ZDS", 1)
    uid = in_zds or group.get("IPC", 3)
    if uid and not _UID.fullmatch(uid):
        raise Wrong(
            "The Study Instance UID is not a UID.",
            location=f"ZDS^{place + 1}^1" if in_zds else f"IPC^{place + 1}^3",
            code=ErrorCode.DATA_TYPE,
        )
    return uid


def _urgency(group: Group) -> Urgency | None:
    code = group.get("TQ1", 9) or group.get("OBR", 27, 6) or group.get("ORC", 7, 6)
    return URGENCIES.get(code.upper(), Urgency.ROUTINE) if code else None


def _scheduled(group: Group) -> datetime | None:
    """When it is to be done: TQ1-7, OBR-36, or the fourth component of the old OBR-27, ORC-7."""
    said = (
        group.get("TQ1", 7),
        group.get("OBR", 36),
        group.get("OBR", 27, 4),
        group.get("ORC", 7, 4),
    )
    return next((at for at in map(moment, said) if at is not None), None)


def _short(text: str) -> str:
    """An identifier that a machine can hold (VR SH and AE: 16 characters); another is left out."""
    return text if len(text) <= SHORT and "\\" not in text else ""


def _question(group: Group) -> str:
    """Each reason for the study (OBR-31), else what is told of the patient (OBR-13)."""
    obr = group.segments.get("OBR")
    if obr is None:
        return ""
    reasons = (
        obr.get(31, 2, repetition=repetition) or obr.get(31, 1, repetition=repetition)
        for repetition in obr.repetitions(31)
    )
    return "\n".join(reason for reason in reasons if reason) or obr.get(13)


def _clinician(group: Group, name: str, field: int) -> str:
    """XCN (2.A.88) as DICOM PN."""
    segment = group.segments.get(name)
    if segment is None:
        return ""
    return "^".join((_family(segment, field, 2), segment.get(field, 3))).rstrip("^")


def _named(kind: tuple[str, str]) -> str:
    """A kind of message as it may be repeated to its sender and in a list."""
    return "^".join(re.sub(r"[^A-Z0-9_]", "?", part[:8].upper()) for part in kind)
