"""Requests to answer for instances, and what we answer (storage commitment, PS3.4 Annex J)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.archive.model import Instance


class CommitmentEvent(StrEnum):
    """What is announced of commitments; the subject is the commitment's id."""

    ASKED = "commitment.asked"  # facts: instances
    ANSWERED = "commitment.answered"  # facts: instances, failed


class Failure(IntEnum):
    """Why we do not answer for an instance (PS3.3 C.14.1.1)."""

    PROCESSING = 0x0110  # it is damaged here
    NO_SUCH_INSTANCE = 0x0112
    CLASS_CONFLICT = 0x0119  # it is here, and of another SOP class
    DUPLICATE_TRANSACTION = 0x0131  # the transaction UID was used for other instances
    RESOURCES = 0x0213  # it was given up by the cache


# for people
REASONS: Mapping[Failure, str] = {
    Failure.PROCESSING: "it is damaged here: what was read back is not what came",
    Failure.NO_SUCH_INSTANCE: "it is not here",
    Failure.CLASS_CONFLICT: "it is here, and of another SOP class",
    Failure.DUPLICATE_TRANSACTION: "the Transaction UID was used for other instances before",
    Failure.RESOURCES: "it was given up by the cache, and is to be fetched again",
}


class Told(StrEnum):
    """How the asker hears the answer."""

    OWED = "owed"  # not yet
    OUTBOX = "outbox"  # in an association of our own, kept until it is acknowledged
    ASSOCIATION = "association"  # acknowledged on the association in which it was asked


@dataclass(frozen=True, slots=True)
class Reference:
    """One instance that is asked about."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What we say of one instance."""

    reference: Reference
    failure: Failure | None = None  # None: we answer for it


@dataclass(frozen=True, slots=True)
class Commitment:
    """A request to answer for instances, and the answer once there is one."""

    id: UUID
    hospital_id: str
    endpoint_id: str  # who asked, and is to be told
    transaction_uid: str
    asked: tuple[Reference, ...]
    answer: tuple[Answered, ...] | None
    asked_at: datetime
    told: Told

    @property
    def failed(self) -> tuple[Answered, ...]:
        """What we do not answer for."""
        return tuple(one for one in self.answer or () if one.failure is not None)


def commitment_id(endpoint_id: str, transaction_uid: str, asked: Iterable[Reference]) -> UUID:
    """The same request of the same asker is the same, however often it comes."""
    named = "/".join(sorted(f"{one.sop_class_uid}={one.sop_instance_uid}" for one in asked))
    return uuid5(NAMESPACE_OID, f"crossread/commitment/{endpoint_id}/{transaction_uid}/{named}")


def judge(reference: Reference, kept: Instance | None) -> Failure | None:
    """What the index says of an instance; its bytes are still to be looked at."""
    if kept is None:
        return Failure.NO_SUCH_INSTANCE
    if kept.sop_class_uid != reference.sop_class_uid:
        return Failure.CLASS_CONFLICT
    return Failure.RESOURCES if kept.pack_id is None else None
