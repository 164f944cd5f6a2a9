"""C-STORE of CT slices, durable, with 1 and 4 associations; and what it costs the processors."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench import corpus, peers, table
from bench.corpus import Corpus
from bench.launch import BenchError, program
from bench.measure import GB, MB, Stretch, median, say, stretch
from bench.own import SENDER, crossread
from bench.peers import Server
from bench.table import Options, Row, Sheet

Start = Callable[[Path], AbstractContextManager[Server]]

RECEIVERS: dict[str, Start] = {
    "crossread": crossread,
    "Orthanc": peers.orthanc,
    "storescp": peers.storescp,
    "plain copy, a sync each": partial(peers.plain_copy, grouped=False),
    "plain copy, group commit": partial(peers.plain_copy, grouped=True),
}
_PATIENCE = 600.0  # seconds that sending may take


@dataclass(frozen=True, slots=True)
class Taken:
    """How one receiver took the corpus."""

    rate: float  # MB/s
    cpu: dict[str, float]  # seconds per GB, by part


def measure(options: Options) -> Sheet:
    """Send the corpus to each receiver, in turns."""
    images = corpus.make(quick=options.quick)
    rows: list[Row] = []
    for senders in (1, 4):
        taken: dict[str, list[Taken]] = {name: [] for name in RECEIVERS}
        for turn in range(options.rounds):
            for name in RECEIVERS:
                taken[name].append(_once(name, images, senders))
                rate = taken[name][-1].rate
                say(f"{name}, {senders} at a time, round {turn + 1}: {rate:.0f} MB/s")
        rows += _rows(taken, senders)
    return Sheet(
        "store",
        "C-STORE of 512x512 CT, durable",
        rows,
        f"{len(images.files)} slices, {images.bytes / GB:.2f} GB, sent by dcmsend, median of"
        f" {options.rounds}. storescp writes files as they come and syncs nothing.",
    )


def _once(name: str, images: Corpus, senders: int) -> Taken:
    with tempfile.TemporaryDirectory(prefix="crossread-bench-") as place:
        with RECEIVERS[name](Path(place)) as server:
            os.sync()  # what others left behind is not written at our cost
            with stretch(server.parts) as result:
                _send(server, images.shares(senders))
            held = server.count()
            if held not in (len(images.files), -1):
                raise BenchError(f"{name} was sent {len(images.files)} and holds {held}.")
        return _taken(result, images.bytes)


def _send(server: Server, shares: list[list[Path]]) -> None:
    """Send each share at the same time, each by a program of its own."""
    environment = {**os.environ, **peers.TUNED}
    sending = [
        subprocess.Popen(
            _command(server, share),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for share in shares
    ]
    for one in sending:
        _, complaint = one.communicate(timeout=_PATIENCE)
        if one.returncode != 0:
            raise BenchError(f"Sending to {server.name} failed: {complaint.decode()[-500:]}")


def _command(server: Server, files: list[Path]) -> list[str]:
    port, paths = str(server.dicom_port), [str(path) for path in files]
    if not server.ae_title:
        return [sys.executable, "-m", "bench.plain_copy", "send", port, *paths]
    titles = ["--aetitle", SENDER, "--call", server.ae_title]
    return [program("dcmsend", "dcmtk"), *titles, "127.0.0.1", port, *paths]


def _taken(result: Stretch, size: int) -> Taken:
    cpu = {part: seconds / (size / GB) for part, seconds in result.cpu.items()}
    return Taken(size / MB / result.seconds, cpu)


def _rows(taken: dict[str, list[Taken]], senders: int) -> list[Row]:
    rate = {name: median([one.rate for one in rounds]) for name, rounds in taken.items()}
    cpu = {name: median([sum(one.cpu.values()) for one in all_]) for name, all_ in taken.items()}
    by = "1 association" if senders == 1 else f"{senders} associations"
    rows = [
        table.compared(
            f"C-STORE, {by}",
            f"{rate['crossread']:.0f} MB/s",
            f"{name} {rate[name]:.0f} MB/s",
            rate["crossread"] / rate[name],
            aim,
            name,
        )
        for name, aim in (("Orthanc", 3.0), ("storescp", 0.6))
    ]
    rows += [
        Row(
            f"C-STORE, {by}",
            f"{rate['crossread']:.0f} MB/s",
            f"{name} {rate[name]:.0f} MB/s",
            rate["crossread"] / rate[name],
        )
        for name in RECEIVERS
        if name.startswith("plain")
    ]
    parts = {
        part: median([one.cpu[part] for one in taken["crossread"]])
        for part in taken["crossread"][0].cpu
    }
    detail = ", ".join(f"{part} {seconds:.2f}" for part, seconds in parts.items() if seconds > 0.01)
    rows.append(
        Row(
            f"CPU seconds per GB taken in, {by}",
            f"{cpu['crossread']:.2f} ({detail})",
            ", ".join(f"{name} {cpu[name]:.2f}" for name in ("Orthanc", "storescp")),
            cpu["Orthanc"] / cpu["crossread"],
            "≤ 2",
            cpu["crossread"] <= 2,
        )
    )
    return rows


if __name__ == "__main__":
    table.main(measure, __doc__)
