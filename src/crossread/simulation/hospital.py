"""One made-up hospital as a process of its own: a PACS, a RIS, and somebody at their screens.

    python -m crossread.simulation.hospital --folder STATE --spec spec.json

It speaks DICOM and HL7 with the outside. Requests of the person at the screens come as lines of
JSON on standard input; each is answered by one line on standard output (see `console`). Everything
that it received or made is in its folder and is there again after a restart, even a violent one.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydicom import dcmread

from crossread.simulation import acquire, region, studies
from crossread.simulation.headers import Occasion
from crossread.simulation.messages import Control
from crossread.simulation.pacs import Address, NotSent, Pacs, configure_network
from crossread.simulation.ris import NotAccepted, Ris
from crossread.simulation.shelf import Kept, Shelf, write_through

Request = dict[str, Any]
Answer = dict[str, Any]
_LINE_BYTES = 1024 * 1024


class Wrong(Exception):
    """A request that can't be done; the sentence says why."""


class Hospital:
    """The systems of one hospital and what a person can do with them."""

    def __init__(self, folder: Path, spec: Request) -> None:
        self.spec = spec
        self.folder = folder
        self.hospital = region.hospital(spec["hospital"])
        pacs, ris, crossread = spec["pacs"], spec["ris"], spec["crossread"]
        ae_title = pacs.get("ae_title", self.hospital.pacs_ae_title)
        self.shelf = Shelf(folder / "pacs")
        self.pacs = Pacs(ae_title, pacs["host"], pacs["port"], self.shelf)
        self.ris = Ris(self.hospital, ris["host"], ris["port"], folder / "ris")
        self.archive = Address(**crossread["dicom"])
        self.interface = (crossread["hl7"]["host"], int(crossread["hl7"]["port"]))
        for peer in (self.archive, *(Address(**p) for p in spec.get("peers", []))):
            self.pacs.known[peer.ae_title] = peer
        self.salt = str(spec.get("salt", ""))
        self.opened_at = _opened_at(folder / "opened_at.txt")
        self._brought: dict[str, acquire.BroughtStudy] = {}
        self._occasions = self._planned()
        self._making = asyncio.Lock()

    def _planned(self) -> dict[str, Occasion]:
        own = [plan for plan in region.STUDIES if plan.hospital_id == self.hospital.id]
        occasions = {
            plan.key: Occasion(plan, self.opened_at - plan.acquired_before, self.salt)
            for plan in own
        }
        if self.spec.get("data_folder"):
            found = acquire.scan(Path(self.spec["data_folder"]))
            for number, study in enumerate(found, start=1):
                plan = acquire.planned_for(study, self.hospital.id, number)
                at = self.opened_at - plan.acquired_before
                self._brought[plan.key] = study
                occasions[plan.key] = acquire.occasion_of(study, plan, at, self.salt)
        return occasions

    async def open(self) -> Answer:
        """Start both systems; tells where they listen."""
        self.pacs.start()
        await self.ris.start()
        return {
            "ready": True,
            "hospital": self.hospital.id,
            "ae_title": self.pacs.ae_title,
            "pacs_port": self.pacs.port,
            "ris_port": self.ris.port,
            "pid": os.getpid(),
        }

    async def close(self) -> None:
        """Stop both systems."""
        await self.ris.stop()
        await asyncio.to_thread(self.pacs.stop)

    async def answer(self, request: Request, tell: Callable[[Answer], None]) -> Answer:
        """Do what a request asks. Raises Wrong, NotSent or NotAccepted with the reason."""
        verbs: dict[str, Callable[[Request, Callable[[Answer], None]], Awaitable[Answer]]] = {
            "studies": self._studies,
            "prepare": self._prepare,
            "order": self._order,
            "patient": self._patient,
            "send": self._send,
            "inbox": self._inbox,
            "objects": self._objects,
            "echo": self._echo,
            "ris": self._switch_ris,
            "pacs": self._switch_pacs,
        }
        verb = verbs.get(str(request.get("verb")))
        if verb is None:
            raise Wrong(f"There is no such verb; there are {', '.join(verbs)} and quit.")
        return await verb(request, tell)

    # --- studies -----------------------------------------------------------------------------

    async def _studies(self, _request: Request, _tell: Any) -> Answer:
        return {"studies": [self._described(occasion) for occasion in self._occasions.values()]}

    async def _prepare(self, request: Request, _tell: Any) -> Answer:
        occasion = self._occasion(request)
        files = await self._made(occasion, request)
        return self._described(occasion) | {"instances": len(files)}

    async def _send(self, request: Request, tell: Callable[[Answer], None]) -> Answer:
        occasion = self._occasion(request)
        files = await self._made(occasion, request)
        if request.get("only"):
            first, last = request["only"]
            files = files[first:last]
        if request.get("altered"):
            files = [_altered(kept, self.folder / "altered") for kept in files]
        loop = asyncio.get_running_loop()
        accepted: list[int] = []

        def told(count: int) -> None:
            accepted.append(count)
            if request.get("progress"):
                progress = {"sent": len(accepted), "of": len(files)}
                loop.call_soon_threadsafe(tell, progress)

        started = time.monotonic()
        until = started + float(request.get("retry_seconds", 0))
        while True:
            try:
                await asyncio.to_thread(
                    self.pacs.send,
                    files[len(accepted) :],
                    self.archive,
                    pause_seconds=float(request.get("pause_seconds", 0)),
                    told=told,
                )
                break
            except NotSent:
                if time.monotonic() >= until:
                    raise
                await asyncio.sleep(0.5)
        return self._described(occasion) | {
            "accepted": len(accepted),
            "bytes": sum(kept.path.stat().st_size for kept in files),
            "seconds": round(time.monotonic() - started, 3),
        }

    async def _made(self, occasion: Occasion, request: Request) -> list[Kept]:
        """The instances of a study, made at first need."""
        uid = occasion.study_instance_uid
        async with self._making:
            if not self.shelf.own_study(uid):
                await asyncio.to_thread(self._make, occasion, request)
            return self.shelf.own_study(uid)

    def _make(self, occasion: Occasion, request: Request) -> None:
        brought = self._brought.get(occasion.plan.key)
        if brought is not None:
            instances: Any = acquire.adopt(brought, occasion)
        else:
            slices = request.get("slices", self.spec.get("slices"))
            size = request.get("size", self.spec.get("size"))
            instances = studies.build(occasion, slices=slices, size=size)
        for ds in instances:
            self.shelf.put_own(ds)

    def _occasion(self, request: Request) -> Occasion:
        occasion = self._occasions.get(str(request.get("study")))
        if occasion is None:
            known = ", ".join(self._occasions) or "none"
            raise Wrong(f"This hospital has no such study; it has: {known}.")
        return occasion

    def _described(self, occasion: Occasion) -> Answer:
        plan = occasion.plan
        return {
            "study": plan.key,
            "study_instance_uid": occasion.study_instance_uid,
            "accession_number": occasion.accession_number,
            "patient_number": occasion.person.number_at(self.hospital.id),
            "modality": plan.modality,
            "description": plan.description,
            "urgency": plan.urgency.value,
            "acquired_at": occasion.acquired_at.isoformat(),
        }

    # --- messages and objects ------------------------------------------------------------------

    async def _order(self, request: Request, _tell: Any) -> Answer:
        control = Control(request.get("control", "NW"))
        occasion = self._occasion(request)
        retry = float(request.get("retry_seconds", 0))
        accepted = await self.ris.send_order(occasion, self.interface, control, retry_seconds=retry)
        return self._described(occasion) | asdict(accepted)

    async def _patient(self, request: Request, _tell: Any) -> Answer:
        event = str(request.get("event", "A08"))
        if event not in ("A04", "A08"):
            raise Wrong("The event is A04 (registered) or A08 (changed).")
        return asdict(await self.ris.send_patient(self._occasion(request), self.interface, event))

    async def _inbox(self, _request: Request, _tell: Any) -> Answer:
        messages = [
            asdict(message) | {"repeats": self.ris.repeats.get(message.control_id, 0)}
            for message in self.ris.inbox
        ]
        return {"messages": messages}

    async def _objects(self, _request: Request, _tell: Any) -> Answer:
        found: dict[str, Answer] = {}
        for reception in list(self.shelf.receptions):
            seen = found.setdefault(reception.sop_instance, asdict(reception) | {"times": 0})
            seen["times"] += 1
            seen["differs"] = seen["differs"] or reception.differs
        return {
            "objects": [
                {
                    "SOPClassUID": entry["sop_class"],
                    "SOPInstanceUID": entry["sop_instance"],
                    "StudyInstanceUID": entry["study"],
                    "path": entry["path"],
                    "sender": entry["sender"],
                    "received_at": entry["received_at"],
                    "times": entry["times"],
                    "differs": entry["differs"],
                }
                for entry in found.values()
            ]
        }

    async def _echo(self, _request: Request, _tell: Any) -> Answer:
        if not await asyncio.to_thread(self.pacs.echo, self.archive):
            raise Wrong(f"{self.archive.ae_title} does not answer a C-ECHO.")
        return {}

    # --- bad days ------------------------------------------------------------------------------

    async def _switch_ris(self, request: Request, _tell: Any) -> Answer:
        if _wants_up(request):
            await self.ris.start()
        else:
            await self.ris.stop()
        return {"state": "up" if self.ris.up else "down"}

    async def _switch_pacs(self, request: Request, _tell: Any) -> Answer:
        await asyncio.to_thread(self.pacs.start if _wants_up(request) else self.pacs.stop)
        return {"state": "up" if self.pacs.up else "down"}


async def serve(folder: Path, spec: Request) -> None:
    """Open the hospital, and answer requests until it is told to quit or nobody asks any more."""
    hospital = Hospital(folder, spec)
    say = _Voice()
    say(await hospital.open())
    reader = asyncio.StreamReader(limit=_LINE_BYTES)
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    running: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        request = _parsed(line)
        if request is not None and request.get("verb") == "quit":
            say(_tagged(request, {"ok": True}))
            break
        task = asyncio.create_task(_respond(hospital, request, say))
        running.add(task)
        task.add_done_callback(running.discard)
    await hospital.close()
    os._exit(0)  # a study that is still being sent slowly must not hold up the end


async def _respond(hospital: Hospital, request: Request | None, say: "_Voice") -> None:
    if request is None:
        say({"ok": False, "error": "That is not an object in JSON."})
        return
    try:
        answer = await hospital.answer(request, lambda told: say(_tagged(request, told)))
    except (Wrong, NotSent, NotAccepted, OSError, ValueError, TypeError, KeyError) as error:
        answer = {"ok": False, "error": str(error) or type(error).__name__}
    say(_tagged(request, {"ok": True} | answer))


class _Voice:
    """Standard output, a line at a time."""

    def __call__(self, answer: Answer) -> None:
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _parsed(line: bytes) -> Request | None:
    try:
        request = json.loads(line)
    except ValueError:
        return None
    return request if isinstance(request, dict) else None


def _tagged(request: Request, answer: Answer) -> Answer:
    """The answer with the number that the request had, so that answers may overtake each other."""
    return {"id": request["id"], **answer} if "id" in request else answer


def _wants_up(request: Request) -> bool:
    state = request.get("state")
    if state not in ("up", "down"):
        raise Wrong("The state is up or down.")
    return bool(state == "up")


def _altered(kept: Kept, folder: Path) -> Kept:
    """The same instance with one pixel changed: what a hospital must never send, and some do."""
    ds = dcmread(kept.path)
    pixels = bytearray(ds.PixelData)
    pixels[0] ^= 1
    ds.PixelData = bytes(pixels)
    folder.mkdir(exist_ok=True)
    path = folder / kept.path.name
    ds.save_as(path)
    return replace(kept, path=path)


def _opened_at(file: Path) -> datetime:
    """When this hospital was first opened: its studies were made shortly before."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        write_through(file, datetime.now(UTC).replace(microsecond=0).isoformat().encode())
    return datetime.fromisoformat(file.read_text()).astimezone(ZoneInfo("Europe/Amsterdam"))


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(description="One made-up hospital: a PACS and a RIS.")
    parser.add_argument("--folder", type=Path, required=True, help="where it keeps everything")
    parser.add_argument("--spec", type=Path, required=True, help="who it is and who it talks to")
    arguments = parser.parse_args()
    configure_network()
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    asyncio.run(serve(arguments.folder, json.loads(arguments.spec.read_text("utf-8"))))


if __name__ == "__main__":
    main()
