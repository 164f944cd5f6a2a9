"""What ORM^O01, OMI^O23, OMG^O19 and ADT say, as requests to the rooms."""

from dataclasses import dataclass

from crossread.gateways.hl7v2.message import ErrorCode, Message, Segment, Wrong, day, moment
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
BSN_ASSIGNERS = frozenset({"NLMINBIZA", "2.16.840.1.113883.2.4.6.3", "NLMINBIZA.BSN"})
BSN_TYPES = frozenset({"NNNLD", "BSN"})


@dataclass(frozen=True, slots=True)
class Group:
    """An order within a message: its segments, from ORC to the next ORC."""

    orc: Segment
    obr: Segment
    tq1: Segment | None
    ipc: Segment | None
    zds: Segment | None


def requests(message: Message, hospital_id: str) -> list[OrderRequest]:
    """Every order in the message. Raises Wrong with the place of what is missing."""
    who = patient(message.need("PID"))
    found = [
        _request(message, group, who, hospital_id, place)
        for place, group in enumerate(_groups(message))
    ]
    if not found:
        raise Wrong(
            "The message has no order (ORC and OBR).",
            location="ORC",
            code=ErrorCode.SEGMENT_SEQUENCE,
        )
    return found


def patient(pid: Segment) -> OrderedPatient:
    """Who it is about (PID). Raises Wrong without a number."""
    number, issuer, bsn = "", "", None
    for repetition in pid.repetitions(3):
        identifier = pid.get(3, 1, repetition=repetition)
        assigner = pid.get(3, 4, repetition=repetition)
        oid = pid.get(3, 4, repetition=repetition, sub=2)
        kind = pid.get(3, 5, repetition=repetition)
        if kind in BSN_TYPES or assigner in BSN_ASSIGNERS or oid in BSN_ASSIGNERS:
            bsn = identifier.zfill(9)
        elif identifier and not number:
            number, issuer = identifier, assigner
    if not number:
        raise Wrong(
            "PID-3 has no patient number of the hospital.",
            location="PID^1^3",
            code=ErrorCode.REQUIRED_FIELD,
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
    """XPN as DICOM PN; the Dutch parts of a family name (FN: own prefix and name) read as one."""
    family = segment.get(field, 1)
    prefix, own = segment.get(field, 1, sub=2), segment.get(field, 1, sub=3)
    if own and own not in family:
        family = " ".join(part for part in (prefix, own) if part)
    parts = [family, segment.get(field, 2), segment.get(field, 3), segment.get(field, 5)]
    return "^".join(part.replace("^", " ") for part in parts).rstrip("^")


def _groups(message: Message) -> list[Group]:
    """Each ORC with the segments that follow it, up to the next."""
    orders = list(message.segments("ORC"))
    details = list(message.segments("OBR"))
    if len(details) < len(orders) or not orders:
        raise Wrong(
            "Each ORC must be followed by an OBR.", location="OBR", code=ErrorCode.SEGMENT_SEQUENCE
        )

    def nth(name: str, place: int) -> Segment | None:
        found = list(message.segments(name))
        return found[min(place, len(found) - 1)] if found else None

    return [
        Group(orc, details[place], nth("TQ1", place), nth("IPC", place), nth("ZDS", place))
        for place, orc in enumerate(orders)
    ]


def _request(
    message: Message, group: Group, who: OrderedPatient, hospital_id: str, place: int
) -> OrderRequest:
    orc, obr = group.orc, group.obr
    control = CONTROLS.get(orc.get(1))
    if control is None:
        raise Wrong(
            "ORC-1 asks for something that is not done here.",
            location="ORC^1^1",
            code=ErrorCode.TABLE_VALUE,
        )
    filler = orc.get(3) or obr.get(3)
    accession = (group.ipc.get(1) if group.ipc else "") or obr.get(18) or filler
    if not accession:
        raise Wrong(
            "There is no accession number: not in IPC-1, OBR-18 or ORC-3.",
            location="OBR^1^18",
            code=ErrorCode.REQUIRED_FIELD,
        )
    if not message.control_id:
        raise Wrong("MSH-10 is empty.", location="MSH^1^10", code=ErrorCode.REQUIRED_FIELD)
    uid = (group.zds.get(1) if group.zds else "") or (group.ipc.get(3) if group.ipc else "")
    return OrderRequest(
        hospital_id=hospital_id,
        control_id=f"{message.control_id}/{place}" if place else message.control_id,
        control=control,
        patient=who,
        accession_number=accession,
        placer_number=orc.get(2) or obr.get(2),
        filler_number=filler,
        study_instance_uid=uid,
        procedure_code=obr.get(4, 1),
        procedure_text=obr.get(4, 2) or obr.get(4, 5),
        procedure_system=obr.get(4, 3),
        modality=(group.ipc.get(5) if group.ipc else "") or obr.get(24),
        urgency=_urgency(group),
        question=obr.get(31, 2) or obr.get(31, 1) or obr.get(13),
        referrer=_clinician(obr, 16) or _clinician(orc, 12),
        requested_at=moment(orc.get(9)) or moment(obr.get(6)),
    )


def _urgency(group: Group) -> Urgency:
    code = (group.tq1.get(9) if group.tq1 else "") or group.obr.get(27, 6) or group.orc.get(7, 6)
    return URGENCIES.get(code.upper(), Urgency.ROUTINE)


def _clinician(segment: Segment, field: int) -> str:
    """XCN as DICOM PN."""
    family, given = segment.get(field, 2), segment.get(field, 3)
    return "^".join((family, given)).rstrip("^")
