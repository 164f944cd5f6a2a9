"""A hospital's PACS and RIS inside a test: real protocols, no process of their own."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts, build_context

from crossread.gateways.hl7v2 import wire

UTF8 = "UNICODE UTF-8"


@dataclass
class Ris:
    """An MLLP server that acknowledges, or refuses while `refuses` is set; and sends orders."""

    application: str
    facility: str
    received: list[str] = field(default_factory=list)
    refuses: str = ""
    _server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while (content := await wire.receive(reader)) is not None:
                text = content.decode()
                control = text.split("|")[9]
                code = self.refuses or "AA"
                if code == "AA":
                    self.received.append(text)
                ack = f"MSH|^~\\&|{self.application}||||||ACK|1|P|2.5.1\rMSA|{code}|{control}\r"
                writer.write(wire.frame(ack.encode()))
                await writer.drain()
        writer.close()

    async def say(self, port: int, message: str) -> str:
        """Send a message to crossread; its answer."""
        return await exchange(port, message.encode())

    def order(self, *, accession: str, number: str, bsn: str, control: str, **more: str) -> str:
        """An ORM^O01 as a RIS sends it."""
        name, born = more.get("name", "Jansen^Anna"), more.get("born", "19500101")
        code = more.get("control_code", "NW")
        return "\r".join(
            (
                f"MSH|^~\\&|{self.application}|{self.facility}|CROSSREAD|CROSSREAD|20261124120000"
                f"||ORM^O01^ORM_O01|{control}|P|2.5.1||||||{UTF8}",
                f"PID|1||{number}^^^{self.facility}^PI~{bsn}^^^NLMINBIZA^NNNLD||{name}||{born}|F",
                f"ORC|{code}|P{accession}|{accession}||||||20261124115500",
                f"OBR|1|P{accession}|{accession}|CTSCH^CT schedel blanco^L|||||||||||"
                f"|12345^Bakker^Piet||{accession}||||||CT|||||||^Bloeding?",
                f"TQ1|1||||||||{more.get('urgency', 'S')}",
                "",
            )
        )


async def exchange(port: int, message: bytes, *, framed: bool = True) -> str:
    """Send bytes to an MLLP port; what is answered, without its frame."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(wire.frame(message) if framed else message)
    await writer.drain()
    if not framed:
        writer.write_eof()
    try:
        answer = await asyncio.wait_for(wire.receive(reader), 10)
    finally:
        writer.close()
    return (answer or b"").decode()


@dataclass
class Pacs:
    """A storage SCP that keeps what it gets, and an SCU that sends."""

    application: str
    received: list[Dataset] = field(default_factory=list)
    _ae: AE | None = None
    _server: Any = None

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self, port: int = 0) -> None:
        self._ae = AE(self.application)
        for context in AllStoragePresentationContexts:
            self._ae.add_supported_context(str(context.abstract_syntax))
        self._server = self._ae.start_server(
            ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._store)]
        )

    def stop(self) -> None:
        if self._ae is not None:
            self._ae.shutdown()

    def _store(self, event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        self.received.append(dataset)
        return 0x0000

    async def send(self, port: int, datasets: list[Dataset]) -> list[int]:
        """Store these in crossread; the status of each."""
        return await asyncio.to_thread(self._send, port, datasets)

    def _send(self, port: int, datasets: list[Dataset]) -> list[int]:
        ae = AE(self.application)
        kinds = {(d.SOPClassUID, d.file_meta.TransferSyntaxUID) for d in datasets}
        contexts = [build_context(sop_class, syntax) for sop_class, syntax in kinds]
        association = ae.associate("127.0.0.1", port, contexts=contexts, ae_title="CROSSREAD")
        if not association.is_established:
            return []
        statuses = [int(association.send_c_store(d).get("Status", -1)) for d in datasets]
        association.release()
        return statuses
