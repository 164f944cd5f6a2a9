"""Ask the archive to keep one instance, and say what became of it."""

from dataclasses import dataclass, replace

import structlog

from crossread.archive.candidate import Candidate
from crossread.archive.intake import Receiver
from crossread.archive.model import NotArchived, NotKept, Outcome, Reason
from crossread.gateways.dicomweb import stow_answer
from crossread.gateways.dicomweb.stow_answer import Taken
from crossread.platform.telemetry import instance_received

_NO_SPACE = "OSError 28"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Said:
    """What was known of an instance before it could be kept."""

    hospital_id: str
    uids: tuple[str, str]  # SOP class and instance
    unread: Reason | None = None  # the reason to name when nothing of it could be read before
    candidate: Candidate | None = None


def keep(receiver: Receiver, said: Said) -> Taken:
    """End the instance that `receiver` has begun, and keep it now."""
    try:
        answer: Outcome | Exception = receiver.finish()
    except Exception as error:  # each has its own answer
        answer = error
    return told(said, answer, receiver.latest)


def hold(receiver: Receiver, said: Said) -> Said | Taken:
    """End it, to be kept when the receiver settles; or what became of it already."""
    try:
        receiver.hold()
    except Exception as error:
        return told(said, error, receiver.latest)
    return replace(said, candidate=receiver.latest)


def told(said: Said, answer: Outcome | BaseException, candidate: Candidate | None) -> Taken:
    """What became of an instance, and a line in figures and log."""
    hospital_id = said.hospital_id
    match answer:
        case NotArchived():
            instance_received(hospital_id, answer.reason)
            log.info("instance.refused", hospital=hospital_id, reason=answer.reason)
            return stow_answer.refused(candidate, said.uids, said.unread or answer.reason)
        case NotKept():
            instance_received(hospital_id, "failed")
            log.error("instance.not_kept", hospital=hospital_id, cause=answer.cause)
            return stow_answer.not_kept(candidate, said.uids, full=answer.cause == _NO_SPACE)
        case BaseException():  # whatever it is, the sender must not think that we have it
            instance_received(hospital_id, "failed")
            log.error("instance.failed", hospital=hospital_id, error=type(answer).__name__)
            return stow_answer.failed(candidate, said.uids)
    instance_received(hospital_id, answer)
    assert candidate is not None  # noqa: S101 - it was kept
    return stow_answer.stored(candidate)
