"""Keep processes running: each is started again when it dies, sooner if that is seldom."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import structlog

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0  # seconds
STEADY = 60.0  # seconds alive after which a death counts as the first
PATIENCE = 12.0  # seconds that a process gets to stop by itself

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Charge:
    """A process to keep running."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


async def supervise(charges: Sequence[Charge], run_folder: Path, stop: asyncio.Event) -> None:
    """Keep every process running until `stop`, then let each stop by itself, within reason.

    The process id of each is in `run_folder`, in a file of its name.
    """
    async with asyncio.TaskGroup() as group:
        for charge in charges:
            group.create_task(_keep(charge, run_folder / f"{charge.name}.pid", stop))


def end_leftovers(charges: Sequence[Charge], run_folder: Path) -> None:
    """End what a supervisor who was killed left behind: it holds the ports that are wanted now."""
    for charge in charges:
        try:
            left = psutil.Process(int((run_folder / f"{charge.name}.pid").read_text()))
            if left.cmdline()[1:] == list(charge.command)[1:]:
                left.kill()
                left.wait(PATIENCE)
        except (OSError, ValueError, psutil.Error):
            continue  # there is none, or it has just gone


async def _keep(charge: Charge, pid_file: Path, stop: asyncio.Event) -> None:
    pause = FIRST_PAUSE
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        began = loop.time()
        process = await asyncio.create_subprocess_exec(
            *charge.command, env={**os.environ, **charge.environment}, start_new_session=True
        )
        note(pid_file, process.pid)
        await _first(process.wait(), stop.wait())
        if stop.is_set():
            await _end(process)
            break
        if loop.time() - began > STEADY:
            pause = FIRST_PAUSE
        log.warning("process.died", role=charge.name, code=process.returncode, again_in=pause)
        await _first(asyncio.sleep(pause), stop.wait())
        pause = min(LONGEST_PAUSE, pause * 2)
    note(pid_file, None)


def note(pid_file: Path, pid: int | None) -> None:
    """Write down which process it is, or that there is none."""
    if pid is None:
        pid_file.unlink(missing_ok=True)
        return
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    draft = pid_file.with_suffix(".draft")  # whoever reads it must not find it half written
    draft.write_text(str(pid))
    draft.replace(pid_file)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), PATIENCE)
    except TimeoutError:
        os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _first(*awaited: object) -> None:
    """Wait for whichever comes first."""
    tasks = [asyncio.ensure_future(one) for one in awaited]  # type: ignore[call-overload]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
