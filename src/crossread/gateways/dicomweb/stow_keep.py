"""Ask the archive to keep one instance, and say what became of it."""

import structlog

from crossread.archive.intake import Receiver
from crossread.archive.model import NotArchived, NotKept, Reason
from crossread.gateways.dicomweb import stow_answer
from crossread.gateways.dicomweb.stow_answer import Taken
from crossread.platform.telemetry import instance_received

_NO_SPACE = "OSError 28"

log = structlog.get_logger(__name__)


def keep(
    receiver: Receiver, hospital_id: str, uids: tuple[str, str], unread: Reason | None = None
) -> Taken:
    """End the instance that `receiver` has begun; `uids` (class, instance) are what it said.

    `unread` is the reason to name when it is refused and nothing of it could be read before.
    """
    try:
        outcome = receiver.finish()
    except NotArchived as refusal:
        instance_received(hospital_id, refusal.reason)
        log.info("instance.refused", hospital=hospital_id, reason=refusal.reason)
        return stow_answer.refused(receiver.latest, uids, unread or refusal.reason)
    except NotKept as refusal:
        instance_received(hospital_id, "failed")
        log.error("instance.not_kept", hospital=hospital_id, cause=refusal.cause)
        return stow_answer.not_kept(receiver.latest, uids, full=refusal.cause == _NO_SPACE)
    except Exception as error:  # whatever it is, the sender must not think that we have it
        instance_received(hospital_id, "failed")
        log.error("instance.failed", hospital=hospital_id, error=type(error).__name__)
        return stow_answer.failed(receiver.latest, uids)
    instance_received(hospital_id, outcome)
    assert receiver.latest is not None  # noqa: S101 - it was kept
    return stow_answer.stored(receiver.latest)
