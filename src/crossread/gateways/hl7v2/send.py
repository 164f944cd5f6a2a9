"""Send a message to a hospital's RIS and wait until it is acknowledged."""

import asyncio
import contextlib

from crossread.gateways.hl7v2 import wire
from crossread.gateways.hl7v2.message import Message, NotHl7, read
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Refused, Unreachable

# ERR-3 (table 0357) of troubles that pass: record locked, application internal error
_PASSING = frozenset({"206", "207"})


async def send(endpoint: Endpoint, message: bytes, *, timeout: float) -> str:
    """Send one message; how it was acknowledged ("AA CR...").

    Raises:
        Unreachable: no connection, no or no proper answer in time, or an error that passes; the
            same message may do better later.
        Refused: the RIS says no to this message (AE, AR); a person must look.

    Source: HL7 v2.5.1 2.9.2 (original acknowledgement rules).
    """
    try:
        async with asyncio.timeout(timeout):
            answer = await _exchange(endpoint, message)
    except (OSError, TimeoutError) as error:
        raise Unreachable(
            f"{endpoint.application} at {endpoint.host}:{endpoint.port} does not answer now.",
            cause=f"{endpoint.id}: {type(error).__name__}",
        ) from error
    return _judge(endpoint, read(message).control_id, answer)


async def probe(endpoint: Endpoint, *, timeout: float = 5.0) -> None:
    """See that something listens at the address of a RIS. Raises Unreachable."""
    try:
        async with asyncio.timeout(timeout):
            _, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
            writer.close()
            await writer.wait_closed()
    except (OSError, TimeoutError) as error:
        raise Unreachable(
            f"Nothing listens at {endpoint.host}:{endpoint.port} ({endpoint.application}).",
            cause=f"{endpoint.id}: {type(error).__name__}",
        ) from error


async def _exchange(endpoint: Endpoint, message: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    try:
        writer.write(wire.frame(message))
        await writer.drain()
        answer = await wire.receive(reader)
    except wire.Unframed as error:
        raise ConnectionError("the answer is not framed") from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if answer is None:
        raise ConnectionError("closed without an answer")
    return answer


def _judge(endpoint: Endpoint, control: str, answer: bytes) -> str:
    try:
        ack = read(answer)
    except NotHl7 as error:
        raise Unreachable(
            f"{endpoint.application} answers with something that is no HL7.", cause=endpoint.id
        ) from error
    msa = ack.first("MSA")
    if msa is None or msa.get(2) != control:
        raise Unreachable(
            f"{endpoint.application} acknowledges another message than ours.", cause=endpoint.id
        )
    match msa.get(1):
        case "AA" | "CA":
            return f"{msa.get(1)} {control}"
        case code if _error(ack) in _PASSING:
            raise Unreachable(
                f"{endpoint.application} cannot take messages now ({code}).", cause=endpoint.id
            )
        case code:
            raise Refused(
                f"{endpoint.application} refuses this message ({code},"
                f" error {_error(ack) or 'not named'}).",
                reasons=(code,),
            )


def _error(ack: Message) -> str:
    err = ack.first("ERR")
    return err.get(3) if err else ""
