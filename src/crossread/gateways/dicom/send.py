"""C-STORE and C-ECHO to a hospital's PACS."""

import asyncio
from io import BytesIO

from pydicom import dcmread
from pydicom.uid import UID, ExplicitVRBigEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from crossread.archive.encoding import is_native
from crossread.gateways.dicom.calling import associate
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Refused, Unreachable

CONNECT_TIMEOUT = 10.0  # seconds
# coercion of elements, elements discarded, data set does not match: kept all the same (PS3.4 B.2)
_KEPT = frozenset({0x0000, 0xB000, 0xB006, 0xB007})


async def send(endpoint: Endpoint, content: bytes, *, calling: str, timeout: float) -> str:
    """Store one file (PS3.10) in a PACS; how it acknowledged.

    Raises:
        Unreachable: no connection, no answer, or out of resources; the same may succeed later.
        Refused: the PACS does not take this object.
    """
    return await asyncio.to_thread(_send, endpoint, content, calling, timeout)


async def echo(endpoint: Endpoint, *, calling: str, timeout: float = 10.0) -> None:
    """See that a PACS answers (C-ECHO). Raises Unreachable."""
    await asyncio.to_thread(_echo, endpoint, calling, timeout)


def _send(endpoint: Endpoint, content: bytes, calling: str, timeout: float) -> str:
    dataset = dcmread(BytesIO(content))
    ae = _ae(calling, timeout)
    ae.add_requested_context(dataset.SOPClassUID, _offered(dataset.file_meta.TransferSyntaxUID))
    association = associate(ae, endpoint)
    if association.is_rejected:
        raise Unreachable(
            f"{endpoint.application} rejects the association: it must know the AE title {calling}.",
            cause=endpoint.id,
        )
    if not association.is_established:
        if association.requestor.primitive is not None and association.acceptor.primitive:
            raise Refused(
                f"{endpoint.application} does not take objects of this kind.",
                reasons=("presentation context",),
            )
        raise Unreachable(f"{endpoint.application} cannot be reached now.", cause=endpoint.id)
    try:
        if not association.accepted_contexts:
            raise Refused(
                f"{endpoint.application} does not take objects of this kind.",
                reasons=("presentation context",),
            )
        status = association.send_c_store(dataset).get("Status")
    finally:
        if association.is_established:
            association.release()
    return _read(endpoint, status)


def _offered(own: UID) -> list[str]:
    """Its own transfer syntax, and for native pixels the one that everybody knows (PS3.5 10.1)."""
    native = is_native(own) and own != ExplicitVRBigEndian
    return list(dict.fromkeys((str(own), str(ImplicitVRLittleEndian)) if native else (str(own),)))


def _read(endpoint: Endpoint, status: int | None) -> str:
    if status is None:
        raise Unreachable(f"{endpoint.application} gave no answer.", cause=endpoint.id)
    if status in _KEPT:
        return f"C-STORE {status:04X}H {endpoint.application}"
    if status & 0xFF00 == 0xA700 or status == 0x0110:
        raise Unreachable(
            f"{endpoint.application} cannot store now (status {status:04X}H).", cause=endpoint.id
        )
    raise Refused(
        f"{endpoint.application} refuses this object (status {status:04X}H).",
        reasons=(f"{status:04X}H",),
    )


def _echo(endpoint: Endpoint, calling: str, timeout: float) -> None:
    ae = _ae(calling, timeout)
    ae.add_requested_context(Verification)
    association = associate(ae, endpoint)
    if not association.is_established:
        why = "rejects our AE title" if association.is_rejected else "does not answer"
        raise Unreachable(
            f"{endpoint.application} at {endpoint.host}:{endpoint.port} {why}.", cause=endpoint.id
        )
    status = association.send_c_echo().get("Status")
    association.release()
    if status != 0x0000:
        raise Unreachable(
            f"{endpoint.application} answers C-ECHO with an error.", cause=endpoint.id
        )


def _ae(calling: str, timeout: float) -> AE:
    ae = AE(ae_title=calling)
    ae.connection_timeout = min(CONNECT_TIMEOUT, timeout)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout
    return ae
