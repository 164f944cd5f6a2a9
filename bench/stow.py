"""STOW-RS of CT slices, durable, with 1 and 4 clients (PS3.18 10.5)."""

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

from bench import corpus, peers, table
from bench.corpus import Corpus
from bench.launch import BenchError
from bench.measure import GB, MB, median, say, stretch
from bench.own import crossread
from bench.peers import Server
from bench.table import Options, Row, Sheet
from bench.web import Client

SERVERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "crossread": crossread,
    "Orthanc": peers.orthanc,
}
_TOGETHER = 50  # instances in one request


def measure(options: Options) -> Sheet:
    """Store the corpus in each server, in turns."""
    images = corpus.make(quick=options.quick)
    rows = []
    for clients in (1, 4):
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in SERVERS}
        for turn in range(options.rounds):
            for name in SERVERS:
                taken[name].append(_once(name, images, clients))
                rate = taken[name][-1][0]
                say(f"{name}, {clients} at a time, round {turn + 1}: {rate:.0f} MB/s")
        rows.append(_row(taken, clients))
    return Sheet(
        "stow",
        "STOW-RS of 512x512 CT, durable",
        rows,
        f"{len(images.files)} slices, {images.bytes / GB:.2f} GB, {_TOGETHER} a request, median"
        f" of {options.rounds}.",
    )


def _once(name: str, images: Corpus, clients: int) -> tuple[float, float]:
    """MB/s, and seconds of processors per GB."""
    with (
        tempfile.TemporaryDirectory(prefix="crossread-bench-") as place,
        SERVERS[name](Path(place)) as server,
    ):
        os.sync()
        with stretch(server.parts) as result, ThreadPoolExecutor(clients) as senders:
            stored = sum(senders.map(lambda share: _send(server, share), images.shares(clients)))
        held = server.count()
        if not stored == held == len(images.files):
            raise BenchError(
                f"{name} was sent {len(images.files)}, says it stored {stored}, and holds {held}."
            )
        cpu = sum(result.cpu.values()) / (images.bytes / GB)
        return images.bytes / MB / result.seconds, cpu


def _send(server: Server, files: list[Path]) -> int:
    client = Client(server.dicomweb)
    try:
        return sum(
            client.store(files[first : first + _TOGETHER])
            for first in range(0, len(files), _TOGETHER)
        )
    finally:
        client.close()


def _row(taken: dict[str, list[tuple[float, float]]], clients: int) -> Row:
    rate = {name: median([one for one, _ in rounds]) for name, rounds in taken.items()}
    cpu = {name: median([one for _, one in rounds]) for name, rounds in taken.items()}
    by = "1 client" if clients == 1 else f"{clients} clients"
    return table.compared(
        f"STOW-RS, {by}",
        f"{rate['crossread']:.0f} MB/s, {cpu['crossread']:.1f} CPU s/GB",
        f"Orthanc {rate['Orthanc']:.0f} MB/s, {cpu['Orthanc']:.1f} CPU s/GB",
        rate["crossread"] / rate["Orthanc"],
        3.0,
    )


if __name__ == "__main__":
    table.main(measure, __doc__)
