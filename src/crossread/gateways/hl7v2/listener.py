"""The HL7 listener: orders and demographics of hospitals come in, each is answered."""

import asyncio
import contextlib
import hashlib
from datetime import datetime

import structlog

from crossread.archive.model import Reason
from crossread.archive.quarantine import hold
from crossread.gateways.hl7v2 import orders, wire
from crossread.gateways.hl7v2.acknowledge import (
    Heading,
    accept,
    heading,
    postpone,
    refuse,
    salvage,
)
from crossread.gateways.hl7v2.merges import MERGES, MergedPatient, merges
from crossread.gateways.hl7v2.message import (
    Acknowledgement,
    ErrorCode,
    Message,
    NotHl7,
    Wrong,
    read,
)
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.orders.place import place
from crossread.patients.merge import merge
from crossread.patients.recognise import recognise
from crossread.platform.clock import Clock
from crossread.platform.database import Connection, Database
from crossread.platform.objects import Objects

IDLE = 3600.0  # seconds after which a silent connection is closed

log = structlog.get_logger(__name__)


class Hl7Listener:
    """An MLLP server for the RIS of every hospital that takes part."""

    def __init__(
        self,
        database: Database,
        objects: Objects,
        *,
        host: str,
        port: int,
        clock: Clock,
        application: str = "CROSSREAD",
        facility: str = "CROSSREAD",
    ) -> None:
        self._database, self._objects, self._clock = database, objects, clock
        self._address = (host, port)
        self._own = (application, facility)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        assert self._server is not None  # noqa: S101 - by its caller
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, *self._address, limit=1 << 16)

    async def stop(self) -> None:
        """Take no more connections, and close those that are open."""
        if self._server is not None:
            self._server.close()
            for task in list(self._open):
                task.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - start_server runs this in a task
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # gone without a word: what was not acknowledged is sent again
        except Exception as failure:  # one connection never takes the others with it
            log.exception("connection.failed", error=type(failure).__name__)
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                async with asyncio.timeout(IDLE):
                    content = await wire.receive(reader)
            except wire.Unframed as error:
                sentence = _TOO_LONG if error.too_long else _UNFRAMED
                writer.write(wire.frame(await self._turn_away(error.content, NotHl7(sentence))))
                await writer.drain()
                return
            if content is None:
                return
            writer.write(wire.frame(await self.answer(content)))
            await writer.drain()

    async def answer(self, content: bytes) -> bytes:
        """Take in one message; the ACK, which says AA only for what is committed."""
        try:
            message = read(content)
        except NotHl7 as error:
            return await self._turn_away(content, error)
        about = heading(message)
        try:
            await self._take_in(message, about, content)
        except Wrong as error:
            log.info("message.refused", error_code=error.code, location=error.location)
            return refuse(about, error, own=self._own, now=self._clock())
        except Exception as failure:  # ours, such as no database: the sender tries again
            log.exception("message.failed", error=type(failure).__name__)
            return postpone(about, own=self._own, now=self._clock())
        return accept(about, own=self._own, now=self._clock())

    async def _turn_away(self, content: bytes, error: NotHl7) -> bytes:
        """Keep aside what cannot be read, under its sender where MSH names one, and say no."""
        about = salvage(content)
        reason = Reason.UNKNOWN_CHARACTERS if error.characters else Reason.NOT_HL7
        try:
            sender = await self._known(about) if about else None
            await self._hold(content, sender, reason, error.sentence, about)
        except Exception as failure:  # not kept, so it must be sent again
            log.exception("message.failed", error=type(failure).__name__)
            return postpone(about, own=self._own, now=self._clock())
        return refuse(about, error, own=self._own, now=self._clock())

    async def _take_in(self, message: Message, about: Heading, content: bytes) -> None:
        sender = await self._known(about)
        if sender is None:
            log.warning("message.stranger", application=about.application[:32])
            raise Wrong(
                "This sending application and facility (MSH-3, MSH-4) are not known here.",
                location="MSH^1^3",
                code=ErrorCode.UNKNOWN_KEY,
                acknowledgement=Acknowledgement.REJECT,
            )
        try:
            await self._place(message, content, sender)
        except Wrong as error:
            rejected = error.acknowledgement is Acknowledgement.REJECT
            reason = Reason.UNSUPPORTED if rejected else Reason.WRONG_VALUE
            await self._hold(content, sender, reason, error.sentence, about)
            raise

    async def _place(self, message: Message, content: bytes, sender: Endpoint) -> None:
        now = self._clock()
        orders.check_header(message, MERGES)
        if message.kind in MERGES:
            found = merges(message)
            async with self._database.transaction() as db:
                for one in found:
                    await _merge(db, sender.hospital_id, one, now)
        elif message.kind in orders.ORDERS:
            requests = orders.requests(message, sender.hospital_id)
            digest = hashlib.sha256(content).hexdigest()
            async with self._database.transaction() as db:
                for request in requests:
                    await place(db, request, now, digest=digest)
        else:
            who = orders.patient(message.need("PID"))
            async with self._database.transaction() as db:
                await recognise(
                    db,
                    hospital_id=sender.hospital_id,
                    issuer=who.issuer,
                    number=who.number,
                    bsn=who.bsn,
                    name=who.name,
                    birth_date=who.birth_date,
                    sex=who.sex,
                    now=now,
                )

    async def _known(self, about: Heading) -> Endpoint | None:
        """The RIS that this message says it comes from."""
        async with self._database.transaction() as db:
            return await hospitals.endpoint_by_application(
                db, EndpointKind.RIS, about.application, about.facility
            )

    async def _hold(
        self,
        content: bytes,
        sender: Endpoint | None,
        reason: Reason,
        sentence: str,
        about: Heading | None,
    ) -> None:
        await hold(
            self._database,
            self._objects,
            hospital_id=sender.hospital_id if sender else None,
            sender=sender.application if sender else "unknown",
            protocol="mllp",
            reason=reason,
            sentence=sentence,
            content=content,
            uid=about.control_id.replace("\x00", "") if about else "",
            now=self._clock(),
        )


async def _merge(db: Connection, hospital_id: str, said: MergedPatient, now: datetime) -> None:
    who = said.survivor
    await merge(
        db,
        hospital_id=hospital_id,
        issuer=who.issuer,
        number=who.number,
        bsn=who.bsn,
        name=who.name,
        birth_date=who.birth_date,
        sex=who.sex,
        gone=said.gone,
        now=now,
    )


_UNFRAMED = "What came is not framed as MLLP asks: 0x0B, message, 0x1C 0x0D."
_TOO_LONG = f"The message is longer than {wire.LARGEST // 2**20} MB, the most that is taken here."
