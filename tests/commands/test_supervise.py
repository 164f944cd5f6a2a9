"""A process that dies is started again; those that must stop do, willingly or not."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crossread.commands import supervise as module
from crossread.commands.supervise import Charge, end_leftovers, supervise

SLEEPS = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def charge(name: str, program: str) -> Charge:
    return Charge(name, [sys.executable, "-c", program], {})


@asynccontextmanager
async def supervised(folder: Path, *charges: Charge) -> AsyncIterator[None]:
    """These processes, kept running for as long as the block lasts."""
    stop = asyncio.Event()
    running = asyncio.create_task(supervise(charges, folder, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, 10)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - other processes announce nothing
            await asyncio.sleep(0.02)


def number(folder: Path, name: str) -> int:
    """The process id that is written down, 0 when there is none."""
    try:
        return int((folder / f"{name}.pid").read_text() or 0)
    except FileNotFoundError:
        return 0


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def test_a_killed_process_is_started_again_and_the_others_go_on(tmp_path: Path) -> None:
    async with supervised(tmp_path, charge("web", SLEEPS), charge("worker", SLEEPS)):
        await until(lambda: bool(number(tmp_path, "web") and number(tmp_path, "worker")))
        first, other = number(tmp_path, "web"), number(tmp_path, "worker")
        os.kill(first, signal.SIGKILL)
        await until(lambda: number(tmp_path, "web") not in {0, first})
        assert lives(number(tmp_path, "web"))
        assert number(tmp_path, "worker") == other


async def test_one_that_keeps_dying_is_started_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE", 0.05)
    lines = tmp_path / "starts"
    dies = f"open({str(lines)!r}, 'a').write('x')"
    async with supervised(tmp_path, charge("dicom", dies)):
        await asyncio.sleep(2)
    assert 3 <= len(lines.read_text()) <= 7  # without longer pauses it would be about twenty


async def test_when_it_ends_all_have_stopped_and_no_pid_file_is_left(tmp_path: Path) -> None:
    async with supervised(tmp_path, charge("web", SLEEPS), charge("hl7", SLEEPS)):
        await until(lambda: bool(number(tmp_path, "web") and number(tmp_path, "hl7")))
        pids = [number(tmp_path, "web"), number(tmp_path, "hl7")]
    assert not any(lives(pid) for pid in pids)
    assert (number(tmp_path, "web"), number(tmp_path, "hl7")) == (0, 0)


async def test_one_that_will_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    async with supervised(tmp_path, charge("worker", DEAF)):
        await until(lambda: bool(number(tmp_path, "worker")))
        await asyncio.sleep(0.3)
        pid = number(tmp_path, "worker")
    assert not lives(pid)


async def test_a_process_sees_what_it_was_given(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    writes = f"import os, time; open({str(seen)!r}, 'w').write(os.environ['GIVEN']); time.sleep(60)"
    given = Charge("web", [sys.executable, "-c", writes], {"GIVEN": "this"})
    async with supervised(tmp_path, given):
        await until(lambda: seen.exists() and seen.read_text() == "this")


async def test_what_a_killed_supervisor_left_behind_is_ended(tmp_path: Path) -> None:
    web = charge("web", SLEEPS)
    left = await asyncio.create_subprocess_exec(*web.command)
    (tmp_path / "web.pid").write_text(str(left.pid))
    await asyncio.to_thread(end_leftovers, [web], tmp_path)
    await asyncio.wait_for(left.wait(), 10)
    assert not lives(left.pid)


async def test_a_stranger_who_got_the_number_of_a_dead_process_is_left_alone(
    tmp_path: Path,
) -> None:
    stranger = await asyncio.create_subprocess_exec(sys.executable, "-c", f"{SLEEPS}  # other")
    (tmp_path / "web.pid").write_text(str(stranger.pid))
    try:
        end_leftovers([charge("web", SLEEPS)], tmp_path)
        assert lives(stranger.pid)
    finally:
        stranger.kill()
        await stranger.wait()
