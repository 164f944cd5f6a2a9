"""Start a made-up hospital as a process, and sit at its screens."""

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
_LINE_BYTES = 64 * 1024 * 1024
_START_SECONDS = 60.0


class HospitalRefused(Exception):
    """The hospital could not do what was asked; the sentence says why."""


class HospitalGone(Exception):
    """The hospital's process ended, or did not start."""


class HospitalProcess:
    """One hospital's process: started, asked, killed, and started again on its own folder."""

    def __init__(self, folder: Path, spec: Answer) -> None:
        self.folder = folder
        self.spec = deepcopy(spec)
        self.ready: Answer = {}
        self._process: asyncio.subprocess.Process | None = None
        self._listening: asyncio.Task[None] | None = None
        self._waiting: dict[int, tuple[asyncio.Future[Answer], Callable[[int, int], None] | None]]
        self._waiting = {}
        self._numbers = itertools.count(1)

    @property
    def id(self) -> str:
        """The hospital's id: noord, midden or zuid."""
        return str(self.spec["hospital"])

    @property
    def pacs_port(self) -> int:
        """Where its PACS listens; the same after a restart."""
        return int(self.ready["pacs_port"])

    @property
    def ris_port(self) -> int:
        """Where its RIS listens; the same after a restart."""
        return int(self.ready["ris_port"])

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> Answer:
        """Start it and wait until both systems listen. Raises HospitalGone when it does not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        spec_file = self.folder / "spec.json"
        spec_file.write_text(json.dumps(self.spec, ensure_ascii=False, indent=2), "utf-8")
        with (self.folder / "hospital.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "crossread.simulation.hospital",
                "--folder",
                str(self.folder),
                "--spec",
                str(spec_file),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                limit=_LINE_BYTES,
                start_new_session=True,  # Ctrl-C is for whoever started it; it ends with its input
            )
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), _START_SECONDS)
        except TimeoutError:
            line = b""
        if not line:
            await self.kill()
            raise HospitalGone(f"Hospital {self.id} did not start; see hospital.log in its folder.")
        self.ready = json.loads(line)
        self.spec["pacs"]["port"] = self.pacs_port
        self.spec["ris"]["port"] = self.ris_port
        self._listening = asyncio.create_task(self._listen(self._process.stdout))
        return self.ready

    async def ask(
        self,
        verb: str,
        *,
        seconds: float = 300.0,
        told: Callable[[int, int], None] | None = None,
        **arguments: Any,
    ) -> Answer:
        """Ask for something and wait for the answer.

        `told` is called with (sent, of) while a study is being sent. Raises HospitalRefused with
        the hospital's own sentence, HospitalGone, or TimeoutError.
        """
        if not self.running or self._process is None or self._process.stdin is None:
            raise HospitalGone(f"Hospital {self.id} is not running.")
        number = next(self._numbers)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future, told
        request = {"id": number, "verb": verb, **arguments}
        if told is not None:
            request["progress"] = True
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
            answer = await asyncio.wait_for(future, seconds)
        except ConnectionError as error:
            raise HospitalGone(f"Hospital {self.id} is gone.") from error
        finally:
            self._waiting.pop(number, None)
        if not answer.get("ok"):
            raise HospitalRefused(str(answer.get("error", "")))
        return answer

    async def order(self, study: str, *, control: str = "NW", retry_seconds: float = 0.0) -> Answer:
        """Send the order of a study (NW new, XO changed, CA cancelled) and wait for its ACK."""
        return await self.ask("order", study=study, control=control, retry_seconds=retry_seconds)

    async def send(
        self,
        study: str,
        *,
        told: Callable[[int, int], None] | None = None,
        seconds: float = 600.0,
        **how: Any,
    ) -> Answer:
        """Send a study's images; `how`: pause_seconds, retry_seconds, slices, size, only,
        altered."""
        return await self.ask("send", study=study, told=told, seconds=seconds, **how)

    async def inbox(self) -> list[Answer]:
        """Every HL7 message that its RIS received, oldest first."""
        messages: list[Answer] = (await self.ask("inbox"))["messages"]
        return messages

    async def objects(self) -> list[Answer]:
        """Every DICOM object that its PACS was sent, each once, oldest first."""
        objects: list[Answer] = (await self.ask("objects"))["objects"]
        return objects

    async def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL)."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._hear_the_end()

    async def restart(self) -> Answer:
        """Start it again on the same folder and ports; what still runs is killed first."""
        await self.kill()
        return await self.start()

    async def stop(self) -> None:
        """Let it close; whatever does not close within ten seconds is killed."""
        if self.running:
            with contextlib.suppress(HospitalRefused, HospitalGone, TimeoutError):
                await self.ask("quit", seconds=5)
            if self._process is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._process.wait(), 10)
        await self.kill()

    async def __aenter__(self) -> "HospitalProcess":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _listen(self, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            answer = json.loads(line)
            future, told = self._waiting.get(answer.get("id"), (None, None))
            if "ok" not in answer:
                if told is not None:
                    told(answer["sent"], answer["of"])
            elif future is not None and not future.done():
                future.set_result(answer)
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(HospitalGone(f"Hospital {self.id} is gone."))

    async def _hear_the_end(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await listening
