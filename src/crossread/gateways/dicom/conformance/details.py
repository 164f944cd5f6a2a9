"""What is to be said of a service beyond its line in the table."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from uuid import UUID

from pydicom import Dataset

from crossread.archive.attributes import ATTRIBUTES, ITEMS, Kind, Level
from crossread.archive.commitment import REASONS
from crossread.archive.transcode import UNCOMPRESSED
from crossread.gateways.dicom.conformance.page import name_of, paragraph, table, tag_of
from crossread.gateways.dicom.modality_worklist import scheduled
from crossread.hospitals.model import Endpoint, EndpointKind, Urgency
from crossread.orders.model import Order, OrderState
from crossread.orders.step import FIXED, NEEDED_AT_END, NEEDED_AT_START
from crossread.patients.model import Patient

MATCHED: Mapping[Kind, str] = {
    Kind.UID: "single value, list of UID",
    Kind.TEXT: "single value, wildcard",
    Kind.NAME: "single value, wildcard; neither capitals nor accents matter",
    Kind.DATE: "single value, range",
    Kind.TIME: "single value, range",
    Kind.NUMBER: "single value",
    Kind.TEXTS: "one of its values: single value, wildcard",
    Kind.SEQUENCE: "sequence: every key of its item",
    Kind.FIGURE: "returned only",
}


def _storage() -> Iterator[str]:
    yield from paragraph(
        "Level 2 (full): every element is kept, private ones too, none is coerced, and the "
        "bytes of the data set come back as they came. The same object sent again is answered "
        "with success and changes nothing. Text in an unknown character set does not keep an "
        "image out; it is left out of the index."
    )
    yield ""
    yield from paragraph(
        "Objects that we make (Comprehensive SR, TID 1500; Grayscale Softcopy Presentation "
        "State): one group per annotation, NUM with SCOORD inside and the image inside that; "
        "tracking identifier `cornerstone3DTools@^0.1.0:Length` or `:EllipticalROI`; COMPLETE, "
        "FINAL and VERIFIED for a signed report; predecessor for a later version. SOP Instance "
        "UIDs follow from the report's id: an object that is sent again is the same, to the "
        "byte."
    )


def _query() -> Iterator[str]:
    for level in Level:
        yield f"{level.capitalize()} level:"
        yield ""
        rows = [
            (
                tag_of(one.keyword),
                one.keyword,
                MATCHED[one.kind],
                ", ".join(ITEMS.get(one.keyword, ())),
            )
            for one in ATTRIBUTES.values()
            if one.level is level
        ]
        yield from table(("tag", "attribute", "matching", "keys of its item"), rows)
        yield ""
    yield from paragraph(
        "Universal matching, and keys of levels above, for all. Relational queries, combined "
        "dates and times, fuzzy names, empty values and multiple values can be negotiated "
        "(PS3.4 C.5)."
    )


def _retrieval() -> Iterator[str]:
    yield from paragraph(
        "As it is kept, where the receiver takes that; else with native pixels, in the first of "
        f"{', '.join(map(name_of, UNCOMPRESSED))} that it takes. Nothing is ever compressed "
        "anew; an image of a lossy transfer syntax says so in Lossy Image Compression "
        "afterwards. C-MOVE goes to endpoints of the hospital that asks only, over as many "
        "associations as its SOP classes need; the receiver learns who asked (Move Originator). "
        "Every sub-operation is counted; C-CANCEL ends after the image that is on its way. What "
        "a rejection note hides is not given."
    )


def _worklist() -> Iterator[str]:
    yield from paragraph(
        "Entries are the orders of the caller's hospital (HL7 v2) that have no images yet. "
        "Every attribute can be returned, and matched by the rules of its VR; an order for "
        "which nobody named a machine is on the worklist of every machine. A range of dates "
        "with a range of times is one range of moments (PS3.4 K.6.1.2.2)."
    )
    yield ""
    rows = [(tag_of(name), path) for path, name in _keys(_example())]
    yield from table(("tag", "attribute"), rows)


def _steps() -> Iterator[str]:
    yield from paragraph(
        "IN PROGRESS, then COMPLETED or DISCONTINUED; a final step may no longer be updated. "
        "The very same message a second time is answered with success and changes nothing."
    )
    yield ""
    rows = [
        *((tag_of(one), one, "has a value in N-CREATE") for one in NEEDED_AT_START),
        *((tag_of(one), one, "has a value before the final state") for one in NEEDED_AT_END),
        *(
            (tag_of(one), one, "N-SET does not change it")
            for one in sorted(FIXED - set(NEEDED_AT_START))
        ),
    ]
    yield from table(("tag", "attribute", "rule"), rows)
    yield ""
    yield from paragraph(
        "COMPLETED needs at least one item in Performed Series Sequence, each with its Series "
        "Instance UID. Everything else is kept as it was said."
    )


def _commitment() -> Iterator[str]:
    yield from paragraph(
        "An instance is committed when it has been read back from disk and has the checksum "
        "that it had on arrival. N-EVENT-REPORT comes on the association of the request while "
        "that is open and idle, else in a new one to the endpoint that asked, and again until "
        "it is acknowledged. The same request again is answered again. Event type 1: all; 2: "
        "some failed:"
    )
    yield ""
    rows = [(f"{int(reason):04X}H", words) for reason, words in REASONS.items()]
    yield from table(("failure reason", "when"), rows)


def _example() -> Dataset:
    """An entry of the worklist with every attribute that there can be."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    key = UUID(int=1)
    texts = ("accession", "placer", "filler")
    order = Order(
        key, "hospital", *texts, key, "2.25.1", "code", "text", "L", "CT", Urgency.ROUTINE,
        "question", "referrer", OrderState.PLACED, at, at, 1,
    )  # fmt: skip
    patient = Patient(key, "hospital", "issuer", "number", None, "name", date(2000, 1, 1), "O", at)
    caller = Endpoint("hospital/pacs", "hospital", EndpointKind.PACS, "host", 104, "AE")
    return scheduled(order, patient, Dataset(), caller)


def _keys(entry: Dataset, above: str = "") -> Iterator[tuple[str, str]]:
    """Each attribute with the sequences it lies in, and its keyword."""
    for element in entry:
        path = f"{above}{element.keyword}"
        yield path, element.keyword
        if element.VR == "SQ":
            for item in element.value:
                yield from _keys(item, f"{path} > ")


# by the name of the service
DETAILS: Mapping[str, Callable[[], Iterator[str]]] = {
    "Storage": _storage,
    "Query/Retrieve - FIND": _query,
    "Query/Retrieve - MOVE": _retrieval,
    "Modality Worklist": _worklist,
    "Modality Performed Procedure Step": _steps,
    "Storage Commitment (push model)": _commitment,
}
