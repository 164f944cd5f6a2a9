"""What ADT^A40 and its like say: which numbers are one patient's."""

from dataclasses import dataclass

from crossread.gateways.hl7v2.message import ErrorCode, Message, Segment, Wrong
from crossread.gateways.hl7v2.orders import BSN_ASSIGNERS, BSN_TYPES, LONGEST, patient
from crossread.orders.model import OrderedPatient

# A40 is today's; A18 and A34 are what older systems send for it, and A47 changes a number
MERGES = frozenset({("ADT", event) for event in ("A18", "A34", "A40", "A47")})


@dataclass(frozen=True, slots=True)
class MergedPatient:
    """One patient, and the numbers that are hers now."""

    survivor: OrderedPatient
    gone: tuple[tuple[str, str], ...]  # issuer, number


def merges(message: Message) -> list[MergedPatient]:
    """Every merge in the message: each PID with the MRG that follows it (HL7 v2.5.1 3.3.40).

    Raises Wrong with the place of what is missing.
    """
    found: list[MergedPatient] = []
    pid: Segment | None = None
    for name, segment in message.each():
        if name == "PID":
            pid = segment
        elif name == "MRG":
            if pid is None:
                raise _out_of_order()
            found.append(MergedPatient(patient(pid), _gone(segment)))
            pid = None
    if not found or pid is not None:
        raise _out_of_order()
    return found


def _gone(mrg: Segment) -> tuple[tuple[str, str], ...]:
    """The old numbers (MRG-1). Raises Wrong without any."""
    numbers = []
    for repetition in mrg.repetitions(1):
        number = mrg.get(1, 1, repetition=repetition)
        issuer = mrg.get(1, 4, repetition=repetition)
        kind = mrg.get(1, 5, repetition=repetition)
        if number and kind not in BSN_TYPES and issuer not in BSN_ASSIGNERS:
            numbers.append((issuer, number))
    if not numbers:
        raise Wrong(
            "MRG-1 has no patient number of the hospital.",
            location="MRG^1^1",
            code=ErrorCode.REQUIRED_FIELD,
        )
    if any(len(part) > LONGEST for pair in numbers for part in pair):
        raise Wrong(
            f"MRG-1 holds an identifier or assigner of more than {LONGEST} characters.",
            location="MRG^1^1",
            code=ErrorCode.DATA_TYPE,
        )
    return tuple(numbers)


def _out_of_order() -> Wrong:
    return Wrong(
        "Each PID of a merge must be followed by an MRG.",
        location="MRG",
        code=ErrorCode.SEGMENT_SEQUENCE,
    )
