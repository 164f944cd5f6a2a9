"""Where retrieved instances are stored: associations, and the transfer syntax for each instance."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import structlog
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association

from crossread.archive.model import Instance
from crossread.archive.transcode import UNCOMPRESSED, NotConvertible, convertible, transcoded
from crossread.gateways.dicom.calling import associate
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.kept import KeptDataset
from crossread.hospitals.model import Endpoint

CONTEXTS_AT_MOST = 128  # PS3.8 9.3.2: odd numbers from 1 to 255
CONNECT_TIMEOUT, ANSWER_TIMEOUT = 10.0, 60.0  # seconds
_FOR_ALL = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))  # PS3.5 10.1
_MESSAGES = 65_535  # Message ID is of VR US

log = structlog.get_logger(__name__)


class Unopened(Exception):
    """The destination does not answer, or does not want to hear from us."""


class Target:
    """One destination, over as many associations as it takes."""

    def __init__(self, event: evt.Event, caller: Endpoint, destination: Endpoint) -> None:
        self._ours = str(event.assoc.acceptor.ae_title).strip()
        self._caller, self._destination = caller, destination
        self._asked_by: int = event.request.MessageID  # type: ignore[assignment]
        self._moves = hasattr(event.request, "MoveDestination")
        self._message = self._asked_by
        self._contexts: list[Any] = []
        self._association: Association | None = None

    def use(self, association: Association) -> None:
        """Store on an association that is open already (C-GET)."""
        self._association = association

    @contextmanager
    def opened(self, instances: Sequence[Instance]) -> Iterator[None]:
        """An association on which these can be stored, for as long as the block lasts.

        Raises Unopened.
        """
        self._contexts = contexts(instances)
        self._open()
        try:
            yield
        finally:
            if self._association is not None and self._association.is_established:
                self._association.release()

    def stores(self, instance: Instance, dataset: bytes) -> int | None:
        """Store one instance as it is kept, or as it is taken; the status, None for no answer."""
        association = self._established()
        if association is None:
            return None
        wanted = chosen(accepted(association, instance.sop_class_uid), instance)
        if wanted is None:
            return None
        try:
            content = transcoded(dataset, instance.transfer_syntax_uid, wanted)
        except NotConvertible as error:
            log.error("instance.not_converted", cause=error.cause)
            return None
        self._message = self._message % _MESSAGES + 1
        outgoing = KeptDataset(replace(instance, transfer_syntax_uid=wanted), content)
        try:
            answer = association.send_c_store(
                outgoing,
                msg_id=self._message,
                originator_aet=self._caller.application if self._moves else None,
                originator_id=self._asked_by if self._moves else None,
            )
        except Exception as error:
            log.error("instance.not_sent", **fault(error))
            answer = Dataset()
        status: int | None = answer.get("Status")
        if status is None:
            self._lose(association)
        return status

    def _lose(self, association: Association) -> None:
        """Who gives no answer is not waited for again on the same association.

        pynetdicom takes a moment to see that one was aborted, and meanwhile calls it established.
        """
        if self._contexts:
            self._association = None
            if association.dul.is_alive():
                association._abort_nonblocking()

    def _established(self) -> Association | None:
        """The association, opened anew where the destination has lost it."""
        if self._association is not None and self._association.is_established:
            return self._association
        if not self._contexts:
            return None
        try:
            self._open()
        except Unopened:
            self._contexts = []  # it was asked twice; the rest of these fails
        return self._association

    def _open(self) -> None:
        ae = AE(self._ours)
        ae.connection_timeout = CONNECT_TIMEOUT
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = ANSWER_TIMEOUT
        opened = associate(ae, self._destination, contexts=self._contexts)
        self._association = opened if opened.is_established else None
        if self._association is None:
            if opened.acceptor.primitive is None or opened.is_rejected:
                raise Unopened
            self._contexts = []  # it answers, and takes none of these


def contexts(instances: Sequence[Instance]) -> list[Any]:
    """What to propose: each class in each syntax it is kept in, and in one that everybody knows."""
    kinds: dict[str, set[str]] = {}
    for instance in instances:
        kinds.setdefault(instance.sop_class_uid, set()).add(instance.transfer_syntax_uid)
    proposed = []
    for sop_class, syntaxes in sorted(kinds.items()):
        proposed += [build_context(sop_class, syntax) for syntax in sorted(syntaxes)]
        rest = [syntax for syntax in _FOR_ALL if syntax not in syntaxes]
        if rest:
            proposed.append(build_context(sop_class, rest))
    return proposed


def groups(instances: Sequence[Instance]) -> Iterator[Sequence[Instance]]:
    """Instances that fit into one association's presentation contexts, all of a class together."""
    by_class: dict[str, list[Instance]] = {}
    for instance in instances:
        by_class.setdefault(instance.sop_class_uid, []).append(instance)
    group: list[Instance] = []
    room = CONTEXTS_AT_MOST
    for same in by_class.values():
        needed = min(len(contexts(same)), CONTEXTS_AT_MOST)
        if needed > room:
            yield group
            group, room = [], CONTEXTS_AT_MOST
        group, room = group + same, room - needed
    if group:
        yield group


def accepted(association: Association, sop_class_uid: str) -> list[str]:
    """The transfer syntaxes in which a peer takes instances of a class from us."""
    return [
        str(context.transfer_syntax[0])
        for context in association.accepted_contexts
        if str(context.abstract_syntax) == sop_class_uid and context.as_scu
    ]


def chosen(taken: Sequence[str], instance: Instance) -> str | None:
    """As it is kept if that is taken, else native; None where neither is."""
    if instance.transfer_syntax_uid in taken:
        return instance.transfer_syntax_uid
    for syntax in UNCOMPRESSED:
        if syntax in taken and convertible(instance.transfer_syntax_uid, syntax):
            return syntax
    return None
