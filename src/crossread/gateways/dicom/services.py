"""The DICOM services that the listener offers: one table, of which its contexts, its handlers and
the conformance statement are made.

A new service is a line here: the SOP classes it takes, and the handler of each DIMSE message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
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

from crossread.archive.transcode import UNCOMPRESSED
from crossread.gateways.dicom import (
    commitment,
    modality_worklist,
    performed_step,
    query,
    retrieve,
    storage,
)

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
        tuple(str(context.abstract_syntax) for context in AllStoragePresentationContexts),
        {evt.EVT_C_STORE: storage.handler},
        syntaxes=tuple(AllTransferSyntaxes),
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
        statuses=retrieve.MEANINGS,
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
