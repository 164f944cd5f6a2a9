"""Say something to a hospital's system that it did not just ask: N-EVENT-REPORT and N-CREATE."""

import asyncio
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom import AE, build_context, build_role
from pynetdicom.association import Association

from crossread.gateways.dicom.calling import associate
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Refused, Unreachable

CONNECT_TIMEOUT = 10.0  # seconds
# busy or broken for now; every other failure stays what it is, however often it is said
_LATER = frozenset({0x0110, 0x0213})
_KNOWN = 0x0111  # N-CREATE of what is there already: it arrived before


class Message(StrEnum):
    """The DIMSE message that a notice is said with."""

    EVENT_REPORT = "N-EVENT-REPORT"
    CREATE = "N-CREATE"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say, kept as it is until it is acknowledged."""

    message: Message
    sop_class_uid: str
    sop_instance_uid: str
    content: Dataset
    event: int | None = None  # Event Type ID

    def kept(self) -> bytes:
        """Its form in the outbox."""
        return json.dumps(
            {
                "message": self.message,
                "sop_class_uid": self.sop_class_uid,
                "sop_instance_uid": self.sop_instance_uid,
                "event": self.event,
                "content": self.content.to_json_dict(),
            }
        ).encode()

    @classmethod
    def read(cls, kept: bytes) -> "Notice":
        """The notice that was kept."""
        found = json.loads(kept)
        return cls(
            Message(found["message"]),
            found["sop_class_uid"],
            found["sop_instance_uid"],
            Dataset.from_json(found["content"]),
            found["event"],
        )


async def tell(endpoint: Endpoint, kept: bytes, *, calling: str, timeout: float) -> str:
    """Say a kept notice in an association of its own; how it was acknowledged.

    Raises:
        Unreachable: no connection, no answer; the same may succeed later.
        Refused: this system does not take such notices, or not this one.
    """
    return await asyncio.to_thread(_tell, endpoint, Notice.read(kept), calling, timeout)


def _tell(endpoint: Endpoint, notice: Notice, calling: str, timeout: float) -> str:
    ae = AE(ae_title=calling)
    ae.connection_timeout = min(CONNECT_TIMEOUT, timeout)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout
    association = associate(
        ae,
        endpoint,
        contexts=[build_context(notice.sop_class_uid)],
        ext_neg=_roles(notice),
    )
    if association.is_rejected:
        raise Unreachable(
            f"{endpoint.application} rejects the association: it must know the AE title {calling}.",
            cause=endpoint.id,
        )
    taken = association.is_established or association.acceptor.primitive is not None
    if taken and not association.accepted_contexts:
        if association.is_established:
            association.release()
        raise Refused(
            f"{endpoint.application} does not take notices of this kind.",
            reasons=("presentation context",),
        )
    if not association.is_established:
        raise Unreachable(f"{endpoint.application} cannot be reached now.", cause=endpoint.id)
    try:
        status = say(association, notice)
    finally:
        if association.is_established:
            association.release()
    return _read(endpoint, notice, status)


def say(association: Association, notice: Notice) -> int | None:
    """Say a notice on an open association; the status, None where no answer came."""
    sop_class, instance = UID(notice.sop_class_uid), UID(notice.sop_instance_uid)
    answer: Dataset
    match notice.message:
        case Message.EVENT_REPORT:
            answer, _ = association.send_n_event_report(
                notice.content, notice.event or 0, sop_class, instance
            )
        case Message.CREATE:
            answer, _ = association.send_n_create(notice.content, sop_class, instance)
    status: int | None = answer.get("Status")
    return status


def _roles(notice: Notice) -> list[Any]:
    """An event is reported by the SCP, who must say that it is one (PS3.4 J.3.3)."""
    if notice.message is not Message.EVENT_REPORT:
        return []
    return [build_role(UID(notice.sop_class_uid), scp_role=True)]


def _read(endpoint: Endpoint, notice: Notice, status: int | None) -> str:
    if status is None:
        raise Unreachable(f"{endpoint.application} gave no answer.", cause=endpoint.id)
    repeated = status == _KNOWN and notice.message is Message.CREATE
    if status == 0x0000 or status & 0xF000 == 0xB000 or repeated:
        return f"{notice.message} {status:04X}H {endpoint.application}"
    if status in _LATER:
        raise Unreachable(
            f"{endpoint.application} cannot take this notice now (status {status:04X}H).",
            cause=endpoint.id,
        )
    raise Refused(
        f"{endpoint.application} refuses this notice (status {status:04X}H).",
        reasons=(f"{status:04X}H",),
    )
