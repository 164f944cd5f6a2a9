"""`crossread demo`: three made-up hospitals, one crossread between them, and the whole journey."""

import asyncio
import contextlib
import signal
import sys

from rich.console import Console

from crossread.commands.demo.act import Failed, act
from crossread.commands.demo.stage import Stage, Wish, staged
from crossread.commands.demo.watch import print_journey, watch
from crossread.platform.errors import CrossreadError

__all__ = ["Wish", "show"]


def show(wish: Wish) -> bool:
    """Show the journey; whether everything arrived.

    With `--check`, and where nobody sits at a terminal, a scripted radiologist reads. Else the
    demo stays for the user to play with, until Ctrl-C.
    """
    console = Console()
    scripted = wish.check or not sys.stdin.isatty()
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        return asyncio.run(_show(wish, console, scripted=scripted))
    return not scripted


async def _show(wish: Wish, console: Console, *, scripted: bool) -> bool:
    _end_in_order()
    async with staged(wish, console) as stage:
        if scripted:
            return await _check(stage, console)
        _invite(stage, console)
        await stage.fill(console)
        console.print()
        await watch(stage, console)
    return True


def _end_in_order() -> None:
    """Take down what was set up also when the terminal closes, or somebody ends us."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - we run in one
    for sign in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sign, task.cancel)


async def _check(stage: Stage, console: Console) -> bool:
    """Let the scripted radiologist read, and see that everything arrived."""
    try:
        await stage.fill(console)
        journey = await act(stage, console)
    except (Failed, CrossreadError, TimeoutError) as failure:
        console.print(f"[red]✗ {failure}[/red]")
        console.print(f"The log is in {stage.log}.")
        return False
    await print_journey(stage, console, journey)
    console.print(
        "[green]✓ The report is home, and everything in it arrived as it was sent.[/green]"
    )
    return True


def _invite(stage: Stage, console: Console) -> None:
    console.print()
    console.print(f"  [bold]Open {stage.url}[/bold] and sign in as one of the demo people.")
    console.print(
        "  Bram, radiologist in Midden, sees the studies come in, at last a CT of Noord that"
    )
    console.print("  cannot wait. Below: what happens, as it happens. Ctrl-C ends the demo.")
    console.print()
