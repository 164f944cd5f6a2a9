"""A made-up hospital's RIS: it takes in messages over MLLP, and sends orders (HL7 v2.5.1)."""

import asyncio
import contextlib
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hl7.mllp import InvalidBlockError, open_hl7_connection, start_hl7_server

from crossread.simulation import messages
from crossread.simulation.headers import Occasion
from crossread.simulation.messages import Control, Header, Refusal
from crossread.simulation.region import MadeUpHospital
from crossread.simulation.shelf import append_line, read_lines

_MESSAGE_BYTES = 32 * 1024 * 1024
_ANSWER_SECONDS = 20.0
_RETRY_SECONDS = 0.5


class NotAccepted(Exception):
    """A message was sent but not accepted; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message in the inbox."""

    control_id: str
    kind: str  # 'ORU^R01'
    sender: str  # application and facility, with a space between
    received_at: str  # ISO 8601, UTC
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """How a message was answered."""

    control_id: str
    code: str  # AA or CA
    kind: str
    text: str


class Ris:
    """The messages of one hospital: an inbox on disk, and a way to send."""

    def __init__(self, hospital: MadeUpHospital, host: str, port: int, folder: Path) -> None:
        self.hospital, self.host, self.port = hospital, host, port
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "inbox.jsonl"
        self._server: asyncio.Server | None = None
        self._open: set[Any] = set()
        self.inbox: list[Message] = []
        self.repeats: dict[str, int] = {}  # control id: how often it came again
        for entry in read_lines(self._file):
            if "again" in entry:
                self.repeats[entry["again"]] = self.repeats.get(entry["again"], 0) + 1
            else:
                self.inbox.append(Message(**entry))

    @property
    def up(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    async def start(self) -> None:
        """Listen; a port 0 becomes a free one and stays it. Raises OSError when it is taken."""
        if self._server is not None:
            return
        self._server = await start_hl7_server(
            self._converse, self.host, self.port, limit=_MESSAGE_BYTES
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and hang up on whoever is connected."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await server.wait_closed()

    async def send_order(
        self,
        occasion: Occasion,
        to: tuple[str, int],
        control: Control = Control.NEW,
        *,
        retry_seconds: float = 0.0,
    ) -> Accepted:
        """Send an order and wait for its acknowledgement. Raises NotAccepted.

        For `retry_seconds` it is sent again, under the same control id, to a receiver that is away.
        """

        def write(control_id: str, now: datetime) -> str:
            return messages.order(occasion, control=control, control_id=control_id, now=now)

        return await self._send(to, write, retry_seconds)

    async def send_patient(self, occasion: Occasion, to: tuple[str, int], event: str) -> Accepted:
        """Send an ADT of that event and wait for its acknowledgement. Raises NotAccepted."""

        def write(control_id: str, now: datetime) -> str:
            return messages.patient(occasion, event, control_id=control_id, now=now)

        return await self._send(to, write, 0.0)

    async def _send(
        self, to: tuple[str, int], write: Callable[[str, datetime], str], retry_seconds: float
    ) -> Accepted:
        control_id = uuid.uuid4().hex[:20].upper()
        text = write(control_id, datetime.now(UTC).astimezone())
        encoding = messages.ENCODINGS[self.hospital.hl7_characters]
        until = time.monotonic() + retry_seconds
        while True:
            try:
                answer = await _asked(to, text.encode(encoding), encoding)
                break
            except NotAccepted:
                if time.monotonic() >= until:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
        code, answered, said = messages.acknowledged(answer)
        if answered != control_id:
            raise NotAccepted("The answer was not to this message.")
        if code not in ("AA", "CA"):
            raise NotAccepted(f"The message was answered with {code or 'nothing'}: {said}")
        return Accepted(control_id, code, text.split("|")[8], text)

    async def _converse(self, reader: Any, writer: Any) -> None:
        self._open.add(writer)
        link = writer.get_extra_info("socket")
        if link is not None:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while True:
                content = await reader.readblock()
                writer.writeblock(self._take_in(content))
                await writer.drain()
        except (asyncio.IncompleteReadError, InvalidBlockError, ValueError, OSError):
            pass  # the other side hung up, or does not speak MLLP
        finally:
            self._open.discard(writer)
            with contextlib.suppress(OSError):
                writer.close()

    def _take_in(self, content: bytes) -> bytes:
        """Keep a message, then answer it: what is acknowledged is on disk."""
        header: Header | None = None
        refusal: Refusal | None = None
        try:
            header = messages.read_header(content)
            text = messages.read(content, header)
            self._keep(header, text)
        except Refusal as caught:
            refusal = caught
        answer = messages.acknowledgement(
            self.hospital, header, datetime.now(UTC).astimezone(), refusal
        )
        return answer.encode(messages.ENCODINGS[self.hospital.hl7_characters], "replace")

    def _keep(self, header: Header, text: str) -> None:
        sender = f"{header.application} {header.facility}"
        if any((m.control_id, m.sender) == (header.control_id, sender) for m in self.inbox):
            append_line(self._file, {"again": header.control_id})
            self.repeats[header.control_id] = self.repeats.get(header.control_id, 0) + 1
            return
        message = Message(
            control_id=header.control_id,
            kind=f"{header.kind}^{header.event}",
            sender=sender,
            received_at=datetime.now(UTC).isoformat(),
            text=text,
        )
        append_line(self._file, asdict(message))
        self.inbox.append(message)


async def _asked(to: tuple[str, int], content: bytes, encoding: str) -> str:
    """Send one message and read its answer. Raises NotAccepted when there is none."""
    writer: Any = None
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await open_hl7_connection(*to, limit=_MESSAGE_BYTES)
            writer.writeblock(content)
            await writer.drain()
            answer: bytes = await reader.readblock()
            return answer.decode(encoding, "replace")
    except TimeoutError as error:
        raise NotAccepted(f"No answer within {_ANSWER_SECONDS:.0f} seconds.") from error
    except (OSError, asyncio.IncompleteReadError, InvalidBlockError) as error:
        raise NotAccepted(f"{to[0]}:{to[1]} could not be reached: {error}.") from error
    finally:
        if writer is not None:
            writer.close()
