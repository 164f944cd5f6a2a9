"""The DICOM conformance statement (PS3.2), written from the tables that the listener works by."""

from collections.abc import Iterator, Mapping

from pynetdicom import evt

from crossread.archive.encoding import KNOWN
from crossread.archive.expectation import WORDS
from crossread.archive.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.archive.transcode import UNCOMPRESSED, convertible
from crossread.gateways.dicom.conformance.details import DETAILS
from crossread.gateways.dicom.conformance.page import by_number, heading, name_of, paragraph, table
from crossread.gateways.dicom.negotiate import PDU_LENGTH
from crossread.gateways.dicom.rules import Rules
from crossread.gateways.dicom.services import CALLS, SERVICES, Service
from crossread.platform.configuration import PREFIX, names

_MESSAGES: Mapping[evt.EventType, str] = {
    evt.EVT_C_ECHO: "C-ECHO",
    evt.EVT_C_STORE: "C-STORE",
    evt.EVT_C_FIND: "C-FIND",
    evt.EVT_C_MOVE: "C-MOVE",
    evt.EVT_C_GET: "C-GET",
    evt.EVT_N_ACTION: "N-ACTION",
    evt.EVT_N_CREATE: "N-CREATE",
    evt.EVT_N_SET: "N-SET",
    evt.EVT_N_GET: "N-GET",
    evt.EVT_N_DELETE: "N-DELETE",
    evt.EVT_N_EVENT_REPORT: "N-EVENT-REPORT",
}


def statement() -> str:
    """The whole page."""
    parts = (
        _overview(),
        _model(),
        _association(),
        *(_service(one) for one in SERVICES),
        _rest(),
        _calls(),
        _configuration(),
        _security(),
        _characters(),
        _syntaxes(),
        _classes(),
        _dicomweb(),
    )
    return "\n".join(line for part in parts for line in part) + "\n"


def _overview() -> Iterator[str]:
    yield "# DICOM conformance statement"
    yield ""
    yield from paragraph(
        "In the order of PS3.2. This page is written from the tables that the listener works by "
        "(`crossread.gateways.dicom.services` and those it names) by `scripts/write_docs.py`."
    )
    yield ""
    yield "## 1 Overview"
    yield ""
    rows = [
        (one.name, one.section, "SCP" + (" and SCU" if one.both_roles else ""), _messages(one))
        for one in SERVICES
    ]
    yield from table(("service", "standard", "role", "messages"), rows)
    yield ""
    yield from paragraph("In associations that we open:")
    yield ""
    yield from table(
        ("service", "standard", "role", "when"),
        [(one.name, one.section, one.role, one.when) for one in CALLS],
    )


def _model() -> Iterator[str]:
    yield from heading("2 Implementation model")
    yield from paragraph(
        "One application entity, CROSSREAD unless configured otherwise, is the SCP of every "
        "service of the first table and opens the associations of the second. It serves many "
        "hospitals; each finds, retrieves, changes and hears of its own file only, whatever it "
        "asks. What arrives is on disk, and what must be sent is in an outbox, before we say "
        "so; both survive a crash at any moment."
    )


def _association() -> Iterator[str]:
    rules = Rules()
    yield from heading("3 Associations")
    rows = [
        ("application context", "1.2.840.10008.3.1.1.1"),
        ("implementation class UID", IMPLEMENTATION_CLASS_UID),
        ("implementation version name", IMPLEMENTATION_VERSION_NAME),
        ("longest PDU that we take", f"{PDU_LENGTH} bytes"),
        ("asynchronous operations", "none: one at a time"),
        ("associations at once", f"{rules.limits.associations}"),
        ("of one hospital", f"{rules.limits.of_a_hospital}"),
        ("wait for A-ASSOCIATE-RQ (ARTIM)", f"{rules.patience.request:g} s"),
        ("wait for the next message", f"{rules.patience.idle:g} s"),
        ("wait for the rest of a message", f"{rules.patience.stall:g} s"),
        ("private storage SOP classes", "stored" if rules.private_classes else "refused"),
    ]
    yield from table(("what", "value"), rows)
    yield ""
    yield from paragraph(
        "An association is accepted from an AE title that is an active endpoint of a hospital, "
        "from the address or with the certificate that is named for it, and to our own AE "
        "title. Others get A-ASSOCIATE-RJ: calling or called AE title not recognized "
        "(permanent), local limit exceeded or temporary congestion (transient). Of the transfer "
        "syntaxes that are proposed in a context, the first that we know is taken."
    )


def _service(service: Service) -> Iterator[str]:
    yield from heading(f"4.{SERVICES.index(service) + 1} {service.name} ({service.section})")
    classes = [f"{name_of(one)} `{one}`" for one in service.sop_classes]
    yield f"- SOP classes: {', '.join(classes) if len(classes) <= 4 else 'see the last table'}"
    syntaxes = ", ".join(map(name_of, service.syntaxes))
    every = "every one; see below"
    yield f"- Transfer syntaxes: {syntaxes if len(service.syntaxes) <= 4 else every}"
    role = "SCP, and SCU where the peer selects that role" if service.both_roles else "SCP"
    yield f"- Role: {role}"
    yield f"- Messages: {_messages(service)}"
    yield ""
    rows = [(f"{status:04X}H", words) for status, words in sorted(service.statuses.items())]
    yield from table(("status", "when"), rows)
    if service.name in DETAILS:
        yield ""
        yield from DETAILS[service.name]()


def _rest() -> Iterator[str]:
    yield from heading(f"4.{len(SERVICES) + 1} When a study is complete")
    yield from paragraph(
        "By the first of these that is true; it is told in `study.rested` and by Instance "
        "Availability Notification. Images that come later are taken, and it comes to rest "
        "again."
    )
    yield ""
    yield from table(("rule", "when"), [(str(rule), words) for rule, words in WORDS.items()])


def _calls() -> Iterator[str]:
    yield from heading(f"4.{len(SERVICES) + 2} Associations that we open")
    rows = [
        (
            one.name,
            ", ".join(f"`{uid}`" for uid in one.sop_classes) or "every class that is kept",
            ", ".join(map(name_of, one.syntaxes)) if one.sop_classes else "as kept, and native",
            one.role,
        )
        for one in CALLS
    ]
    yield from table(("service", "SOP classes", "transfer syntaxes", "role"), rows)


def _configuration() -> Iterator[str]:
    yield from heading("5 Configuration")
    rows = [
        (
            f"`{name}`",
            "" if found.default is None else f"`{found.default}`",
            found.description or "",
        )
        for name, found in names().items()
        if name.startswith("dicom.")
    ]
    yield from table(("setting", "default", "what it is for"), rows)
    yield ""
    yield from paragraph(
        f"Each can be given as a variable too (`{PREFIX}DICOM__...`). AE titles, addresses and "
        "certificates of peers belong to the endpoints of hospitals: `crossread hospital`."
    )


def _security() -> Iterator[str]:
    yield from heading("6 Security")
    yield from paragraph(
        "TLS by the BCP 195 profile (PS3.15 B.9, B.12): 1.3, and 1.2 with forward secrecy and "
        "authenticated encryption; client certificates. Who calls is tied to a hospital by AE "
        "title and by address or certificate. Every query and retrieval is written to the audit "
        "trail; logs hold no patient data."
    )


def _characters() -> Iterator[str]:
    yield from heading("7 Character sets")
    yield from paragraph(
        "Objects of every character set of PS3.3 C.12.1.1.2 are indexed, code extensions "
        "included. Queries are read in theirs; answers are in the asker's where it can hold "
        "them, else in ISO_IR 192. Objects that we make are in ISO_IR 192."
    )


def _syntaxes() -> Iterator[str]:
    yield from heading("8 Transfer syntaxes")
    rows = [
        (
            name_of(one),
            f"`{one}`",
            "as it is" if one in UNCOMPRESSED else _decompressed(one),
        )
        for one in sorted(KNOWN, key=by_number)
    ]
    yield from table(("transfer syntax", "UID", "for a peer that does not take it"), rows)


def _decompressed(syntax: str) -> str:
    return "native" if convertible(syntax, UNCOMPRESSED[0]) else "not given"


def _classes() -> Iterator[str]:
    yield from heading("9 Storage SOP classes")
    [storage] = [one for one in SERVICES if evt.EVT_C_STORE in one.handlers]
    rows = [(name_of(one), f"`{one}`") for one in sorted(storage.sop_classes, key=by_number)]
    yield from table(("SOP class", "UID"), rows)


def _dicomweb() -> Iterator[str]:
    yield from heading("10 DICOMweb")
    yield from paragraph(
        "Around a task that she may see, a signed-in reader has series (QIDO-RS) and study, "
        "series metadata, instance and frames (WADO-RS) under `/api/tasks/{task}/dicom-web`. "
        "What a hospital's own systems have over HTTP is said beside it in this folder."
    )


def _messages(service: Service) -> str:
    said = [_MESSAGES[event] for event in service.handlers]
    return ", ".join([*said, *(["C-CANCEL"] if {"C-FIND", "C-MOVE", "C-GET"} & set(said) else [])])
