"""A made-up hospital's PACS: it stores, answers questions, gives back and sends (PS3.4 B and C)."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydicom import Dataset
from pydicom.errors import InvalidDicomError
from pynetdicom import AE, AllStoragePresentationContexts, _config, build_context, build_role, evt
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from crossread.simulation.shelf import Kept, Shelf

_MAXIMUM_PDU = 256 * 1024
_PENDING, _CANCELLED, _UNABLE, _CANNOT_UNDERSTAND = 0xFF00, 0xFE00, 0xC001, 0xC000
_QUERY_MODELS = (
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelMove,
    PatientRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelGet,
)
_SYNTAXES = (
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.201",
    "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203",
)
_LEVEL_KEYS = {
    "PATIENT": "PatientID",
    "STUDY": "StudyInstanceUID",
    "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}


def configure_network() -> None:
    """Settings of pynetdicom that hold for the whole OS process: no logs, files sent in pieces."""
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    _config.STORE_SEND_CHUNKED_DATASET = True
    _config.LOG_RESPONSE_IDENTIFIERS = False
    _config.LOG_REQUEST_IDENTIFIERS = False


class NotSent(Exception):
    """A study could not be sent, or not all of it; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an application entity listens."""

    ae_title: str
    host: str
    port: int


class Pacs:
    """The application entity of one hospital, over one shelf."""

    def __init__(self, ae_title: str, host: str, port: int, shelf: Shelf) -> None:
        self.ae_title, self.host, self.port = ae_title, host, port
        self.shelf = shelf
        self.known: dict[str, Address] = {}  # to where it may move
        self._server: Any = None

    @property
    def up(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def start(self) -> None:
        """Listen; a port 0 becomes a free one and stays it. Raises OSError when it is taken."""
        if self._server is not None:
            return
        ae = AE(self.ae_title)
        ae.maximum_pdu_size = _MAXIMUM_PDU
        ae.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(
                str(context.abstract_syntax), list(_SYNTAXES), scu_role=True, scp_role=True
            )
        for model in _QUERY_MODELS:
            ae.add_supported_context(model)
        handlers: list[Any] = [
            (evt.EVT_CONN_OPEN, _without_delay),
            (evt.EVT_C_ECHO, lambda _event: 0x0000),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_C_FIND, self._find),
            (evt.EVT_C_MOVE, self._move),
            (evt.EVT_C_GET, self._get),
        ]
        self._server = ae.start_server((self.host, self.port), block=False, evt_handlers=handlers)
        self.port = int(self._server.server_address[1])

    def stop(self) -> None:
        """Listen no more; associations that are open end."""
        server, self._server = self._server, None
        if server is not None:
            server.ae.shutdown()

    def send(
        self,
        files: list[Kept],
        to: Address,
        *,
        pause_seconds: float = 0.0,
        told: Callable[[int], None] | None = None,
    ) -> None:
        """C-STORE files in one association; `told` hears how many are accepted so far.

        Raises NotSent with the reason.
        """
        if not files:
            raise NotSent("There is nothing to send.")
        ae = AE(self.ae_title)
        ae.maximum_pdu_size = _MAXIMUM_PDU
        ae.connection_timeout = 10
        association = ae.associate(
            to.host,
            to.port,
            ae_title=to.ae_title,
            contexts=_contexts(files),
            max_pdu=_MAXIMUM_PDU,
            evt_handlers=[(evt.EVT_CONN_OPEN, _without_delay)],
        )
        if not association.is_established:
            raise NotSent(f"{to.ae_title} at {to.host}:{to.port} did not accept an association.")
        try:
            for number, kept in enumerate(files, start=1):
                if number > 1 and pause_seconds:
                    time.sleep(pause_seconds)
                _store_one(association, kept, number, len(files))
                if told is not None:
                    told(number)
        finally:
            if association.is_established:
                association.release()

    def echo(self, to: Address) -> bool:
        """Whether the other answers a C-ECHO."""
        ae = AE(self.ae_title)
        ae.connection_timeout = 5
        association = ae.associate(
            to.host, to.port, ae_title=to.ae_title, contexts=[build_context(Verification)]
        )
        if not association.is_established:
            return False
        status = association.send_c_echo()
        association.release()
        return bool(status) and status.Status == 0x0000

    # answers to others

    def _store(self, event: evt.Event) -> int:
        sender = str(event.assoc.requestor.ae_title).strip()
        uid = str(getattr(event.request, "AffectedSOPInstanceUID", ""))
        try:
            self.shelf.receive(event.encoded_dataset(), uid, sender)
        except (InvalidDicomError, AttributeError, ValueError, EOFError):
            return _CANNOT_UNDERSTAND
        except OSError:
            return 0xA700  # out of resources
        return 0x0000

    def _find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        asked = event.identifier
        level = _LEVEL_KEYS.get(str(asked.get("QueryRetrieveLevel", "")))
        if level is None:
            yield 0xA900, None  # identifier does not match SOP class
            return
        answered: set[str] = set()
        found = self.shelf.matching(_without_counts(asked))
        for kept in found:
            key = str(kept.attributes.get(level, ""))
            if key in answered:
                continue
            if event.is_cancelled:
                yield _CANCELLED, None
                return
            answered.add(key)
            yield _PENDING, self._answer(asked, kept, found, level)

    def _answer(self, asked: Dataset, kept: Kept, found: list[Kept], level: str) -> Dataset:
        answer = Dataset()
        answer.SpecificCharacterSet = kept.attributes.get("SpecificCharacterSet", "ISO_IR 100")
        answer.QueryRetrieveLevel = asked.QueryRetrieveLevel
        answer.RetrieveAETitle = self.ae_title
        same = [k for k in found if k.attributes.get(level) == kept.attributes.get(level)]
        counts: dict[str, Any] = {
            "ModalitiesInStudy": sorted({str(k.attributes.get("Modality", "")) for k in same}),
            "NumberOfStudyRelatedSeries": len(
                {k.attributes.get("SeriesInstanceUID") for k in same}
            ),
            "NumberOfStudyRelatedInstances": len(same),
            "NumberOfSeriesRelatedInstances": len(same),
        }
        for element in asked:
            keyword = element.keyword
            if keyword in counts:
                setattr(answer, keyword, counts[keyword])
            elif keyword in kept.attributes and keyword != "SpecificCharacterSet":
                answer[keyword] = kept.attributes[keyword]
            elif keyword and keyword not in answer:
                setattr(answer, keyword, None)
        return answer

    def _move(self, event: evt.Event) -> Iterator[Any]:
        to = self.known.get(str(event.move_destination or "").strip())
        if to is None:
            yield None, None
            return
        files = self.shelf.matching(_without_counts(event.identifier))
        yield to.host, to.port, {"contexts": _contexts(files)}
        yield from _given(event, files)

    def _get(self, event: evt.Event) -> Iterator[Any]:
        yield from _given(event, self.shelf.matching(_without_counts(event.identifier)))


def get_contexts(sop_classes: list[str]) -> tuple[list[PresentationContext], list[Any]]:
    """What a C-GET proposes: the model, and the storage classes it takes with the SCP role."""
    contexts = [build_context(StudyRootQueryRetrieveInformationModelGet)]
    contexts += [build_context(uid, list(_SYNTAXES)) for uid in sop_classes]
    return contexts, [build_role(uid, scp_role=True) for uid in sop_classes]


def _given(event: evt.Event, files: list[Kept]) -> Iterator[Any]:
    from pydicom import dcmread

    yield len(files)
    for kept in files:
        if event.is_cancelled:
            yield _CANCELLED, None
            return
        yield _PENDING, dcmread(kept.path)


def _store_one(association: Any, kept: Kept, number: int, count: int) -> None:
    try:
        status = association.send_c_store(kept.path, msg_id=(number - 1) % 65535 + 1)
    except (RuntimeError, ValueError, OSError) as error:
        raise NotSent(f"Object {number} of {count} could not be sent: {error}.") from error
    code = status.get("Status") if status else None
    if code is None:
        raise NotSent(f"The connection was lost at object {number} of {count}.")
    if code != 0x0000 and code & 0xF000 != 0xB000:  # B000 to BFFF: stored, with a warning
        raise NotSent(f"Object {number} of {count} was refused with status {code:04X}H.")


def _contexts(files: list[Kept]) -> list[PresentationContext]:
    pairs = sorted({(kept.sop_class, kept.transfer_syntax) for kept in files})
    return [build_context(sop_class, syntax) for sop_class, syntax in pairs[:128]]


def _without_counts(asked: Dataset) -> Dataset:
    """The identifier without what says only how it is asked."""
    keys = Dataset()
    for element in asked:
        if element.keyword != "QueryRetrieveLevel":
            keys.add(element)
    return keys


def _without_delay(event: evt.Event) -> None:
    """Send each PDU at once (TCP_NODELAY): acknowledgements are small and waited for."""
    link = getattr(event.assoc.dul.socket, "socket", None)
    if link is not None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
