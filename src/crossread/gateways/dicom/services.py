"""The DICOM services that the listener offers: one table, of which its contexts, its handlers and
the conformance statement are made.

A new service is a line here: the SOP classes it takes, and the handler of each DIMSE message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComprehensiveSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    ModalityPerformedProcedureStep,
    ModalityWorklistInformationFind,
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from crossread.archive.encoding import KNOWN
from crossread.archive.transcode import UNCOMPRESSED
from crossread.gateways.dicom import (
    commit_out,
    commitment,
    modality_worklist,
    performed_step,
    query,
    retrieve,
    storage,
)
from crossread.gateways.dicom.availability import SOP_CLASS as AVAILABILITY
from crossread.gateways.dicom.negotiate import STORAGE

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

Handler = Callable[[evt.Event], Any]
Maker = Callable[["Desk"], Handler]


@dataclass(frozen=True, slots=True)
class Service:
    """A service class of PS3.4, as far as we are its SCP."""

    name: str
    section: str  # where the standard describes it
    sop_classes: tuple[str, ...]
    handlers: Mapping[evt.EventType, Maker]
    syntaxes: tuple[str, ...] = UNCOMPRESSED
    both_roles: bool = False  # also as SCU on an association that the peer opened (PS3.7 D.3.3.4)
    statuses: Mapping[int, str] = field(default_factory=dict)  # what we answer, and when


SERVICES: tuple[Service, ...] = (
    Service(
        "Verification",
        "PS3.4 Annex A",
        (Verification,),
        {evt.EVT_C_ECHO: lambda _: lambda _: 0x0000},
        statuses={0x0000: "we are here, and know the calling AE title"},
    ),
    Service(
        "Storage",
        "PS3.4 Annex B",
        tuple(sorted(STORAGE)),
        {evt.EVT_C_STORE: storage.handler},
        syntaxes=tuple(sorted(KNOWN)),
        both_roles=True,  # as SCU for C-GET
        statuses=storage.MEANINGS,
    ),
    Service(
        "Query/Retrieve - FIND",
        "PS3.4 C.4.1",
        (
            PatientRootQueryRetrieveInformationModelFind,
            StudyRootQueryRetrieveInformationModelFind,
        ),
        {evt.EVT_C_FIND: query.handler},
        statuses=query.MEANINGS,
    ),
    Service(
        "Query/Retrieve - MOVE",
        "PS3.4 C.4.2",
        (
            PatientRootQueryRetrieveInformationModelMove,
            StudyRootQueryRetrieveInformationModelMove,
        ),
        {evt.EVT_C_MOVE: retrieve.move_handler},
        statuses=retrieve.MEANINGS,
    ),
    Service(
        "Query/Retrieve - GET",
        "PS3.4 C.4.3",
        (
            PatientRootQueryRetrieveInformationModelGet,
            StudyRootQueryRetrieveInformationModelGet,
        ),
        {evt.EVT_C_GET: retrieve.get_handler},
        statuses={
            status: words
            for status, words in retrieve.MEANINGS.items()
            if status != retrieve.UNKNOWN_DESTINATION
        },
    ),
    Service(
        "Storage Commitment (push model)",
        "PS3.4 J.3",
        (StorageCommitmentPushModel,),
        {evt.EVT_N_ACTION: commitment.handler},
        both_roles=True,  # as SCU of those that answer for what we sent
        statuses=commitment.MEANINGS,
    ),
    Service(
        "Storage Commitment (push model), as the one who asks",
        "PS3.4 J.3",
        (StorageCommitmentPushModel,),
        {evt.EVT_N_EVENT_REPORT: commit_out.handler},
        both_roles=True,  # the PACS that reports opens the association as SCP
        statuses=commit_out.MEANINGS,
    ),
    Service(
        "Modality Worklist",
        "PS3.4 Annex K",
        (ModalityWorklistInformationFind,),
        {evt.EVT_C_FIND: modality_worklist.handler},
        statuses=modality_worklist.MEANINGS,
    ),
    Service(
        "Modality Performed Procedure Step",
        "PS3.4 F.7",
        (ModalityPerformedProcedureStep,),
        {
            evt.EVT_N_CREATE: performed_step.create_handler,
            evt.EVT_N_SET: performed_step.set_handler,
        },
        statuses=performed_step.MEANINGS,
    ),
)


@dataclass(frozen=True, slots=True)
class Call:
    """A service that we use in associations that we open."""

    name: str
    section: str
    sop_classes: tuple[str, ...]  # none: whatever is kept
    when: str  # and what for
    syntaxes: tuple[str, ...] = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
    role: str = "SCU"


CALLS: tuple[Call, ...] = (
    Call(
        "Verification",
        "PS3.4 Annex A",
        (Verification,),
        "`crossread doctor` and `crossread hospital test`",
    ),
    Call(
        "Storage",
        "PS3.4 Annex B",
        (ComprehensiveSRStorage, GrayscaleSoftcopyPresentationStateStorage),
        "a report is signed: its measurements and drawings go to the PACS that made the images",
    ),
    Call(
        "Storage",
        "PS3.4 C.4.2",
        (),
        "the sub-operations of a C-MOVE, to a PACS of the hospital that asks: each class in every"
        " transfer syntax that it is kept in, and in one that everybody knows",
    ),
    Call(
        "Storage",
        "PS3.4 Annex B",
        (),
        "a transfer sends a study to its hospital's PACS (docs/transfers.md)",
    ),
    Call(
        "Query/Retrieve - FIND",
        "PS3.4 C.4.1",
        (StudyRootQueryRetrieveInformationModelFind,),
        "somebody asks what a hospital has, or a transfer looks which images a study has there",
    ),
    Call(
        "Query/Retrieve - MOVE",
        "PS3.4 C.4.2",
        (StudyRootQueryRetrieveInformationModelMove,),
        "a transfer fetches a study to ourselves, of an endpoint whose rule says `move`",
    ),
    Call(
        "Query/Retrieve - GET",
        "PS3.4 C.4.3",
        (StudyRootQueryRetrieveInformationModelGet,),
        "a transfer fetches a study, of an endpoint whose rule says `get`; the storage classes of"
        " its images are proposed in the SCP role",
    ),
    Call(
        "Storage Commitment (push model)",
        "PS3.4 J.3.2",
        (StorageCommitmentPushModel,),
        "a transfer has sent a study to an endpoint whose rule asks for commitment: N-ACTION, with"
        " a new Transaction UID when no report comes within ten minutes",
    ),
    Call(
        "Storage Commitment (push model)",
        "PS3.4 J.3.3",
        (StorageCommitmentPushModel,),
        "N-EVENT-REPORT to who asked and did not wait for it; sent until it is acknowledged",
        role="SCP, by role selection",
    ),
    Call(
        "Instance Availability Notification",
        "PS3.4 Annex R",
        (AVAILABILITY,),
        "a study came to rest, was given up by the cache, or is online again, and the endpoint"
        " asked for it (`crossread hospital notify`); sent until it is acknowledged",
    ),
)


def offer(ae: AE, services: Iterable[Service] = SERVICES) -> None:
    """Have an application entity accept the contexts of these services."""
    for service in services:
        role = service.both_roles or None
        for sop_class in service.sop_classes:
            ae.add_supported_context(
                sop_class, list(service.syntaxes), scp_role=role, scu_role=role
            )


def handlers(desk: Desk, services: Iterable[Service] = SERVICES) -> list[tuple[Any, Handler]]:
    """The handler of each DIMSE message; services that share one are told apart by SOP class."""
    by_message: dict[Any, dict[str, Handler]] = {}
    for service in services:
        for message, make in service.handlers.items():
            answer = make(desk)
            by_class = by_message.setdefault(message, {})
            by_class |= dict.fromkeys(map(str, service.sop_classes), answer)
    return [(message, _by_class(by_class)) for message, by_class in by_message.items()]


def _by_class(answers: Mapping[str, Handler]) -> Handler:
    if len(set(answers.values())) == 1:  # a private storage class is in no table
        [answer] = set(answers.values())
        return answer
    return lambda event: answers[str(event.context.abstract_syntax)](event)
