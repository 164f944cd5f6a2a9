"""Deliveries: what is owed to an endpoint until it is acknowledged."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class DeliveryKind(StrEnum):
    """What is sent."""

    STATUS = "status"  # ORM^O01 with ORC-1 SC, to the RIS
    REPORT = "report"  # ORU^R01, to the RIS
    MEASUREMENTS = "measurements"  # DICOM SR TID 1500, to the PACS
    ANNOTATIONS = "annotations"  # GSPS, to the PACS
    COMMITMENT = "commitment"  # N-EVENT-REPORT of a storage commitment, to who asked for it
    AVAILABILITY = "availability"  # Instance Availability Notification, to who asks for them


class DeliveryState(StrEnum):
    """How far it got."""

    OWED = "owed"  # not acknowledged yet; tried again with back-off
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"  # the other side said no for good; a person must look
    WITHDRAWN = "withdrawn"  # a person decided that it need not go any more


class DeliveryEvent(StrEnum):
    """What this room announces; the subject is the delivery's id."""

    OWED = "delivery.owed"
    FAILED = "delivery.failed"  # facts: attempts, task_id
    ACKNOWLEDGED = "delivery.acknowledged"  # facts: kind, task_id
    REFUSED = "delivery.refused"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that must reach one endpoint."""

    id: UUID
    sequence: int
    hospital_id: str
    endpoint_id: str
    kind: DeliveryKind
    task_id: UUID | None
    report_id: UUID | None
    message_id: str  # MSH-10 or SOP Instance UID
    label: str
    object_key: str  # where its exact bytes lie, so that a repeat is the same
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    last_error: str
    acknowledgement: str
    owed_at: datetime
    acknowledged_at: datetime | None


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 1 s, doubling, at most five minutes."""
    return timedelta(seconds=min(300, 2 ** max(0, min(attempts, 10) - 1)))
