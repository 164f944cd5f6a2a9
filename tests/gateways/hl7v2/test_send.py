"""What the answer of a RIS means for a delivery."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from crossread.gateways.hl7v2 import wire
from crossread.gateways.hl7v2.send import probe, send
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.errors import Refused, Unreachable

MESSAGE = b"MSH|^~\\&|A|B|C|D|20261124||ORU^R01^ORU_R01|C1|P|2.5.1\r"
Answers = Callable[[bytes], Awaitable[Endpoint]]


@pytest.fixture
async def answers() -> AsyncIterator[Answers]:
    """A RIS that gives this answer to everything."""
    servers: list[asyncio.Server] = []

    async def ris(answer: bytes) -> Endpoint:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await wire.receive(reader)
            writer.write(answer)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        servers.append(server)
        port = server.sockets[0].getsockname()[1]
        return Endpoint("x/ris", "x", EndpointKind.RIS, "127.0.0.1", port, "X_RIS", "X")

    yield ris
    for server in servers:
        server.close()


def ack(code: str, control: str = "C1", error: str = "") -> bytes:
    err = f"ERR|||{error}|E\r" if error else ""
    return wire.frame(f"MSH|^~\\&|C|D|A|B|||ACK|1|P|2.5.1\rMSA|{code}|{control}\r{err}".encode())


async def test_accepted_is_acknowledged(answers: Answers) -> None:
    assert await send(await answers(ack("AA")), MESSAGE, timeout=5) == "AA C1"


@pytest.mark.parametrize(
    "answer",
    [
        ack("AE", error="207^Application internal error^HL70357"),
        ack("AA", control="OTHER"),
        wire.frame(b"no HL7 at all"),
        b"not framed",
        b"",
    ],
)
async def test_what_may_pass_is_tried_again(answers: Answers, answer: bytes) -> None:
    with pytest.raises(Unreachable):
        await send(await answers(answer), MESSAGE, timeout=5)


@pytest.mark.parametrize("code", ["AE", "AR", "CE"])
async def test_a_no_is_for_a_person_to_look_at(answers: Answers, code: str) -> None:
    with pytest.raises(Refused):
        await send(await answers(ack(code, error="101^Required^HL70357")), MESSAGE, timeout=5)


async def test_nobody_there_is_unreachable(unused_tcp_port: int) -> None:
    nobody = Endpoint("x/ris", "x", EndpointKind.RIS, "127.0.0.1", unused_tcp_port, "X_RIS")
    with pytest.raises(Unreachable):
        await send(nobody, MESSAGE, timeout=5)
    with pytest.raises(Unreachable):
        await probe(nobody)
