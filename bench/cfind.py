"""C-FIND with 1,000,000 studies in the index, alone and with 16 clients, beside 10,000.

A client keeps one association and asks again as soon as it is answered; it cancels when it has a
page of 50, as a workstation does.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import made_studies, table
from bench.finder import Finder
from bench.launch import BenchError
from bench.measure import closed_loop, median, percentile, say
from bench.own import SENDER, crossread
from bench.peers import Server
from bench.qido import CLIENTS, KINDS, PAGE, newest
from bench.table import Options, Row, Sheet

# what a worklist of studies shows (PS3.4 table C.6-5, and the usual optional keys)
_WANTED = (
    "StudyInstanceUID", "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate",
    "StudyTime", "AccessionNumber", "ModalitiesInStudy", "StudyDescription", "StudyID",
    "ReferringPhysicianName", "NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances",
)  # fmt: skip
_AT_MOST = 400  # calls of one client


@dataclass(frozen=True, slots=True)
class Taken:
    """How long answers to one kind of question took, in seconds."""

    alone: list[float]
    together: list[float]


def measure(options: Options) -> Sheet:
    """Ask each kind of question of each index."""
    large, small = (20_000, 2_000) if options.quick else (1_000_000, 10_000)
    seconds = 1.0 if options.quick else 3.0
    taken = {}
    with made_studies.server() as server_url:
        for size in (small, large):
            made = made_studies.make(server_url, size)
            say(f"made {size:,} studies")
            with (
                tempfile.TemporaryDirectory(prefix="crossread-bench-") as place,
                crossread(Path(place), database_url=made.url) as server,
            ):
                taken[size] = _ask(server, newest(made.url, 1_000), seconds)
    rows: list[Row] = []
    for kind in KINDS:
        rows += _rows(kind.name, taken[large][kind.name], taken[small][kind.name])
    return Sheet(
        "cfind",
        f"C-FIND with {large:,} studies in the index",
        rows,
        f"{len(_WANTED)} keys come back of each study. Beside {small:,}: the same question with so"
        " many in the index.",
    )


def _ask(server: Server, studies: Sequence[dict[str, str]], seconds: float) -> dict[str, Taken]:
    taken = {}
    for kind in KINDS:
        asked = [
            dict.fromkeys(_WANTED, "")
            | {key: value for key, value in kind.asked(study).items() if key != "limit"}
            for study in studies
        ]
        alone, together = (
            _loop(server, asked, clients, seconds * (1 if clients == 1 else 2))
            for clients in (1, CLIENTS)
        )
        taken[kind.name] = Taken(alone, together)
        say(
            f"by {kind.name}: p95 {percentile(alone, 0.95) * 1000:.1f} ms alone,"
            f" {percentile(together, 0.95) * 1000:.1f} ms with {CLIENTS}"
        )
    return taken


def _loop(
    server: Server, asked: Sequence[Mapping[str, str]], clients: int, seconds: float
) -> list[float]:
    finders = [
        Finder(server.dicom_port, called=server.ae_title, calling=SENDER) for _ in range(clients)
    ]

    def caller(finder: Finder) -> Callable[[int], None]:
        def call(number: int) -> None:
            if finder.find(asked[number % len(asked)], at_most=PAGE) == 0:
                raise BenchError("A study that is there was not found.")

        return call

    try:
        return closed_loop([caller(one) for one in finders], seconds=seconds, at_most=_AT_MOST)
    finally:
        for one in finders:
            one.close()


def _rows(kind: str, large: Taken, small: Taken) -> list[Row]:
    alone, together = percentile(large.alone, 0.95), percentile(large.together, 0.95)
    growth = median(large.alone) / median(small.alone)
    return [
        table.bounded(f"by {kind}, alone, p95", alone * 1000, "ms", 8.0),
        table.bounded(f"by {kind}, {CLIENTS} clients, p95", together * 1000, "ms", 40.0),
        Row(
            f"by {kind}, alone, p50, beside fewer studies",
            f"{median(large.alone) * 1000:.1f} ms",
            f"ours with fewer {median(small.alone) * 1000:.1f} ms",
            1 / growth,
            "no worse than 2×",
            growth <= 2,
        ),
    ]


if __name__ == "__main__":
    table.main(measure, __doc__)
