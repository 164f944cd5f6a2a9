"""Memory of the receiving process while 16 associations each send a file of 100 MB."""

import os
import subprocess
import tempfile
from pathlib import Path

from bench import corpus, peers, table
from bench.launch import BenchError, program
from bench.measure import MB, Watch, resident, say
from bench.own import SENDER, crossread
from bench.peers import Server
from bench.table import Options, Row, Sheet

ASSOCIATIONS = 16
_PATIENCE = 600.0  # seconds


def measure(options: Options) -> Sheet:
    """Send large multi-frame files, all at once, and look at the process that takes them."""
    megabytes = 25 if options.quick else 100
    with tempfile.TemporaryDirectory(prefix="crossread-bench-") as place:
        files = _files(Path(place), megabytes)
        with crossread(Path(place)) as ours:
            own = _watched(ours, files, "dicom")
        with peers.orthanc(Path(place)) as theirs:
            other = _watched(theirs, files, "all")
    what = f"the receiving process, {ASSOCIATIONS} associations of {megabytes} MB multi-frame files"
    rows = [
        table.bounded(what, own.most / MB, "MB", 400.0, f"Orthanc {other.most / MB:.0f} MB"),
        Row(
            "the same before anything comes",
            f"{own.first / MB:.0f} MB",
            f"Orthanc {other.first / MB:.0f} MB",
        ),
    ]
    return Sheet("memory", "Memory while receiving", rows, "Resident memory, looked at 20×/s.")


def _files(folder: Path, megabytes: int) -> list[Path]:
    """One file for each association, made in turn so that only one is in our own memory."""
    place = folder / "multi-frame"
    place.mkdir()
    made = [corpus.multi_frame(place, number, megabytes) for number in range(ASSOCIATIONS)]
    say(f"made {len(made)} files of {megabytes} MB")
    return made


def _watched(server: Server, files: list[Path], part: str) -> Watch:
    with Watch(lambda: resident(server.parts[part])) as watch:
        sending = [subprocess.Popen(_command(server, file), env=_environment()) for file in files]
        for one in sending:
            if one.wait(_PATIENCE) != 0:
                raise BenchError(f"Sending to {server.name} failed.")
    if server.count() != len(files):
        raise BenchError(f"{server.name} was sent {len(files)} and holds {server.count()}.")
    say(f"{server.name}: {watch.most / MB:.0f} MB")
    return watch


def _command(server: Server, file: Path) -> list[str]:
    titles = ["--aetitle", SENDER, "--call", server.ae_title]
    return [program("dcmsend", "dcmtk"), *titles, "127.0.0.1", str(server.dicom_port), str(file)]


def _environment() -> dict[str, str]:
    return {**os.environ, **peers.TUNED}


if __name__ == "__main__":
    table.main(measure, __doc__)
