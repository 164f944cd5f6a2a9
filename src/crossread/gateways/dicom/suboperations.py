"""The C-STORE sub-operations of a C-MOVE or C-GET: one instance after the other, and the counts."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog
from pydicom import Dataset
from pynetdicom.status import code_to_category

from crossread.archive import outgoing
from crossread.archive.model import Instance
from crossread.gateways.dicom.fault import fault
from crossread.platform.errors import CrossreadError

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

PENDING, SUCCESS, CANCELLED = 0xFF00, 0x0000, 0xFE00
ALL_FAILED, SOME_FAILED = 0xA702, 0xB000
NAMED_AT_MOST = 1000  # UIDs: more do not fit into one element of VR UI (PS3.5 7.1.2)
AHEAD, AHEAD_BYTES = 4, 32 << 20  # instances that are read while others are on their way
PATIENCE = 120.0  # seconds for one instance to be read

log = structlog.get_logger(__name__)


@dataclass
class Tally:
    """How far a retrieval is (PS3.7 9.1.3, 9.1.4)."""

    remaining: int
    failed: int = 0
    warning: int = 0
    completed: int = 0
    failures: list[str] = field(default_factory=list)  # SOP Instance UIDs

    def count(self, sop_instance_uid: str, status: int | None) -> None:
        """Count a sub-operation by the status of its C-STORE; None: there was no answer."""
        self.remaining -= 1
        match code_to_category(status) if status is not None else "Failure":
            case "Success":
                self.completed += 1
            case "Warning":
                self.warning += 1
            case _:
                self.failed += 1
                self.failures.append(sop_instance_uid)

    @property
    def status(self) -> int:
        """The status of the last response (PS3.4 Tables C.4-2 and C.4-3)."""
        if self.failed and not self.completed and not self.warning:
            return ALL_FAILED
        return SOME_FAILED if self.failed or self.warning else SUCCESS


class Answering(Protocol):
    """Who hears how far it is."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be given."""
        ...

    def progress(self, tally: Tally) -> None:
        """Say how far it is."""
        ...


@dataclass(frozen=True, slots=True)
class Reader:
    """Instances of the archive, each read a little before it is needed."""

    desk: Desk
    instances: Sequence[Instance]

    def __iter__(self) -> Iterator[tuple[Instance, bytes | None]]:
        """Each instance with its data set, None for one that cannot be given out."""
        waiting = iter(self.instances)
        reading: deque[tuple[Instance, Future[bytes]]] = deque()
        try:
            while True:
                while len(reading) < AHEAD and sum(i.bytes for i, _ in reading) < AHEAD_BYTES:
                    one = next(waiting, None)
                    if one is None:
                        break
                    reading.append((one, self._read(one)))
                if not reading:
                    return
                instance, content = reading.popleft()
                yield instance, self._dataset(instance, content)
        finally:
            for _, unused in reading:
                unused.cancel()

    def _read(self, instance: Instance) -> Future[bytes]:
        verb = outgoing.outgoing(self.desk.database, self.desk.objects, instance)
        return asyncio.run_coroutine_threadsafe(verb, self.desk.loop)

    def _dataset(self, instance: Instance, content: Future[bytes]) -> bytes | None:
        try:
            return content.result(PATIENCE)[instance.dataset_offset :]
        except CrossreadError as error:
            log.error("instance.not_given", cause=error.cause, error=type(error).__name__)
        except Exception as error:
            log.error("instance.not_given", **fault(error))
        return None


Store = Callable[[Instance, bytes], int | None]


def give(reader: Reader, store: Store, tally: Tally, answers: Answering) -> None:
    """Store each instance, count it and say so, until all are done or nobody waits for more."""
    for instance, dataset in reader:
        if answers.is_over:
            return
        status = None if dataset is None else store(instance, dataset)
        tally.count(instance.sop_instance_uid, status)
        if tally.remaining:
            answers.progress(tally)


def failed_list(tally: Tally) -> Dataset:
    """The identifier that names what failed (PS3.4 C.4.2.1.4.2)."""
    named = Dataset()
    named.FailedSOPInstanceUIDList = tally.failures[:NAMED_AT_MOST]
    return named
