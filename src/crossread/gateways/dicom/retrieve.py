"""C-MOVE and C-GET: images go back to the hospital that asks for its own (PS3.4 C.4.2, C.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import structlog
from pydicom import Dataset
from pynetdicom import build_context, evt

from crossread.archive import retrieve, search
from crossread.archive.model import Instance
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.dicom.kept import KeptDataset
from crossread.gateways.dicom.query import unique_keys
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.errors import CrossreadError

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

PENDING, CANCELLED = 0xFF00, 0xFE00
# for the conformance statement
MEANINGS: dict[int, str] = {
    PENDING: "sub-operations continue; the counts say how many are done",
    0x0000: "all sub-operations are complete; also when nothing matches",
    CANCELLED: "cancelled by C-CANCEL; the counts say how far it came",
    0xA702: "every sub-operation failed; FailedSOPInstanceUIDList names them",
    0xA801: "the destination is no PACS of the hospital that asks, or does not answer",
    0xB000: "some sub-operations failed; FailedSOPInstanceUIDList names them",
}
_CONTEXTS_AT_MOST = 128  # PS3.8 9.3.2: odd numbers from 1 to 255

log = structlog.get_logger(__name__)


def move_handler(desk: Desk) -> Callable[[evt.Event], Iterator[Any]]:
    """The answers to each C-MOVE-RQ: the address, the count, then each instance."""

    def move(event: evt.Event) -> Iterator[Any]:
        caller = desk.caller(event)
        destination = desk.ask(_destination(desk, caller, (event.move_destination or "").strip()))
        if destination is None:
            yield None, None
            return
        instances = desk.ask(_asked_for(desk, caller, event.identifier, destination.application))
        contexts = _contexts(instances)
        yield destination.host, destination.port, {"contexts": contexts}
        yield from _give(desk, event, instances)

    return move


def get_handler(desk: Desk) -> Callable[[evt.Event], Iterator[Any]]:
    """The answers to each C-GET-RQ: the count, then each instance."""

    def get(event: evt.Event) -> Iterator[Any]:
        caller = desk.caller(event)
        yield from _give(
            desk, event, desk.ask(_asked_for(desk, caller, event.identifier, caller.application))
        )

    return get


def _give(desk: Desk, event: evt.Event, instances: list[Instance]) -> Iterator[Any]:
    yield len(instances)
    for instance in instances:
        if event.is_cancelled:
            yield CANCELLED, None
            return
        try:
            content = desk.ask(retrieve.give_out(desk.database, desk.objects, instance))
        except CrossreadError as error:
            log.error("instance.not_given", cause=error.cause, error=type(error).__name__)
            yield PENDING, _not_given(instance)
            continue
        yield PENDING, KeptDataset(instance, content[instance.dataset_offset :])


def _not_given(instance: Instance) -> Dataset:
    """What pynetdicom counts as a failed sub-operation, by its UID: it has no transfer syntax."""
    failed = Dataset()
    failed.SOPClassUID = instance.sop_class_uid
    failed.SOPInstanceUID = instance.sop_instance_uid
    return failed


async def _destination(desk: Desk, caller: Endpoint, application: str) -> Endpoint | None:
    """Where to: only to a PACS of the hospital that asks."""
    async with desk.database.transaction() as db:
        found = await hospitals.endpoint_by_application(db, EndpointKind.PACS, application)
    return found if found is not None and found.hospital_id == caller.hospital_id else None


async def _asked_for(desk: Desk, caller: Endpoint, asked: Dataset, to: str) -> list[Instance]:
    """The caller's own instances that the request names, at whatever level."""
    async with desk.database.transaction() as db:
        found = await search.instances(db, caller.hospital_id, unique_keys(asked))
        await record(
            db,
            Entry(
                action="retrieve",
                purpose="own_file",
                subject_kind="study",
                subject_id=str(asked.get("StudyInstanceUID", "")),
                allowed=True,
                reader_hospital_id=caller.hospital_id,
                hospital_id=caller.hospital_id,
                facts={"instances": len(found), "to": to},
            ),
        )
    return found


def _contexts(instances: list[Instance]) -> list[Any]:
    """What to propose to the receiver: each class in the syntaxes it is kept in."""
    kinds: dict[str, set[str]] = {}
    for instance in instances:
        kinds.setdefault(instance.sop_class_uid, set()).add(instance.transfer_syntax_uid)
    contexts = [
        build_context(sop_class, syntax)
        for sop_class, syntaxes in sorted(kinds.items())
        for syntax in sorted(syntaxes)
    ]
    return contexts[:_CONTEXTS_AT_MOST]
