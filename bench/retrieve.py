"""WADO-RS: a series of 200 slices, its metadata, and one frame (PS3.18 10.4)."""

import random
import tempfile
import time
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from pydicom import dcmread

from bench import corpus, peers, table, web
from bench.corpus import Corpus, Study
from bench.launch import BenchError
from bench.measure import MB, median, percentile, say
from bench.own import crossread
from bench.peers import Server
from bench.table import Options, Row, Sheet
from bench.web import JSON, RELATED, Client

_FRAMES = 'multipart/related; type="application/octet-stream"'


@dataclass
class Answers:
    """How long each kind of answer took, in seconds."""

    series: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)  # the same series at once again
    metadata: list[float] = field(default_factory=list)
    frame: list[float] = field(default_factory=list)


def measure(options: Options) -> Sheet:
    """Put the corpus in each server, and ask both in turns."""
    images = corpus.make(quick=options.quick)
    times = 8 if options.quick else 20
    with (
        tempfile.TemporaryDirectory(prefix="crossread-bench-") as place,
        crossread(Path(place), quiet_seconds=2) as ours,
        peers.orthanc(Path(place)) as theirs,
    ):
        readers = [_Reader(server, images) for server in (ours, theirs)]
        for turn in range(times):
            for reader in readers:
                reader.once(images.studies[turn % len(images.studies)])
                say(f"{reader.name}: {reader.answers.series[-1] * 1000:.0f} ms for the series")
    return _sheet(images, {reader.name: reader.answers for reader in readers})


class _Reader:
    """One client of one server that holds the corpus."""

    def __init__(self, server: Server, images: Corpus) -> None:
        self.name = server.name
        self.answers = Answers()
        self._client = Client(server.dicomweb)
        self._paths: list[str] = []  # of every frame
        for study in images.studies:
            for first in range(0, len(study.files), 50):
                self._client.store(study.files[first : first + 50])
        server.settle()
        for study in images.studies:
            path = _path(study)
            uids = _check(self.name, self._client.read(path, RELATED), study.long)
            self._paths += [f"{path}/instances/{uid}/frames/1" for uid in uids]

    def once(self, study: Study) -> None:
        """Ask for each kind of answer, and note how long it takes.

        Each series is asked for when all others were asked for since: Orthanc holds what it gave
        last in 128 MB of memory, which in an archive is seldom what is asked for next.
        """
        path = _path(study)
        self.answers.series.append(self._timed(path, RELATED))
        self.answers.again.append(self._timed(path, RELATED))
        self.answers.metadata.append(self._timed(f"{path}/metadata", JSON))
        for frame in random.sample(self._paths, 20):
            self.answers.frame.append(self._timed(frame, _FRAMES))

    def _timed(self, path: str, accept: str) -> float:
        began = time.perf_counter()
        self._client.drain(path, accept)
        return time.perf_counter() - began


def _path(study: Study) -> str:
    return f"/studies/{study.study_uid}/series/{study.series_uid}"


def _check(name: str, content: bytes, files: tuple[Path, ...]) -> list[str]:
    """The SOP Instance UIDs of what came, once it is the same images as were sent."""
    sent = {str(ds.SOPInstanceUID): ds.PixelData for ds in map(dcmread, files)}
    bodies = web.parts(content, web.boundary_of(content))
    got = {str(ds.SOPInstanceUID): ds.PixelData for ds in (dcmread(BytesIO(b)) for b in bodies)}
    if got != sent:
        raise BenchError(f"{name} gave back {len(got)} images, not the {len(sent)} it was sent.")
    return list(sent)


def _sheet(images: Corpus, answers: dict[str, Answers]) -> Sheet:
    ours, theirs = answers["crossread"], answers["Orthanc"]
    slices = images.studies[0].long
    size = sum(path.stat().st_size for path in slices) / MB
    rows = [
        table.compared(
            f"WADO-RS, a series of {len(slices)} slices",
            f"{_ms(median(ours.series))}, {size / median(ours.series):.0f} MB/s",
            f"Orthanc {_ms(median(theirs.series))}, {size / median(theirs.series):.0f} MB/s",
            median(theirs.series) / median(ours.series),
            2.5,
        ),
        Row(
            "the same series at once again",
            _ms(median(ours.again)),
            f"Orthanc {_ms(median(theirs.again))}, from its memory",
            median(theirs.again) / median(ours.again),
        ),
        table.compared(
            "its metadata",
            _ms(median(ours.metadata)),
            f"Orthanc {_ms(median(theirs.metadata))}",
            median(theirs.metadata) / median(ours.metadata),
            10.0,
        ),
        table.compared(
            "one frame, p50",
            _ms(median(ours.frame)),
            f"Orthanc {_ms(median(theirs.frame))}",
            median(theirs.frame) / median(ours.frame),
            3.0,
        ),
        table.bounded(
            "one frame, p95",
            percentile(ours.frame, 0.95) * 1000,
            "ms",
            10.0,
            f"Orthanc {_ms(percentile(theirs.frame, 0.95))}",
        ),
    ]
    notes = f"One client on one kept connection; medians of {len(ours.series)} series and"
    return Sheet("retrieve", "WADO-RS", rows, f"{notes} {len(ours.frame)} frames, in turns.")


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    table.main(measure, __doc__)
