"""QIDO-RS over HTTP with 1,000,000 studies in the index, alone and with 16 clients.

The same questions are asked of crossread with 10,000 studies, and of Orthanc with 20,000, where
its own figures are still bearable. A closed loop: a client asks again as soon as it is answered.
"""

import random
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from psycopg.rows import dict_row

from bench import made_studies, peers, small_studies, table
from bench.launch import BenchError
from bench.measure import closed_loop, median, percentile, say
from bench.own import HOSPITAL, crossread
from bench.peers import Server
from bench.table import Options, Row, Sheet
from bench.web import JSON, Client

CLIENTS = 16
PAGE = 50
_AT_MOST = 400  # calls of one client


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question."""

    name: str
    asked: Callable[[dict[str, str]], dict[str, str]]  # of a study that is there


def _days(study: dict[str, str]) -> str:
    first = date.fromisoformat(study["day"])
    return f"{first:%Y%m%d}-{first + timedelta(days=6):%Y%m%d}"


KINDS = (
    Kind("patient", lambda study: {"PatientID": study["patient"]}),
    Kind("accession number", lambda study: {"AccessionNumber": study["accession"]}),
    Kind(
        "week and modality",
        lambda study: {
            "StudyDate": _days(study),
            "ModalitiesInStudy": study["modality"],
            "limit": str(PAGE),
        },
    ),
    Kind(
        "start of a name",
        lambda study: {"PatientName": f"{study['name'][:5]}*", "limit": str(PAGE)},
    ),
    Kind("first page of 50", lambda _study: {"limit": str(PAGE)}),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """How long answers to one kind of question took, in seconds."""

    alone: list[float]
    together: list[float]


def measure(options: Options) -> Sheet:
    """Fill three indexes, and ask each kind of question of all of them in turns."""
    large, small, foreign = (20_000, 2_000, 2_000) if options.quick else (1_000_000, 10_000, 20_000)
    seconds = 1.0 if options.quick else 2.0
    with made_studies.server() as server_url, ExitStack() as running:
        urls = [made_studies.make(server_url, size).url for size in (large, small)]
        say(f"made {large:,} and {small:,} studies")
        studies = [newest(urls[0], foreign), newest(urls[1], 2_000)]
        asked = [_sample(studies[0]), _sample(studies[1]), _sample(studies[0])]
        servers = [*(_crossread(running, url) for url in urls), _orthanc(running, studies[0])]
        taken = {
            kind.name: [
                _ask(server, kind, about, seconds)
                for server, about in zip(servers, asked, strict=True)
            ]
            for kind in KINDS
        }
    rows: list[Row] = []
    for name, (ours, fewer, theirs) in taken.items():
        rows += [*_rows(name, ours, fewer), _beside(name, ours, theirs)]
    return Sheet(
        "qido",
        f"QIDO-RS with {large:,} studies in the index",
        rows,
        f"Orthanc has {foreign:,} studies in its index; fewer of ours are {small:,}.",
    )


def _crossread(running: ExitStack, url: str) -> Server:
    place = running.enter_context(tempfile.TemporaryDirectory(prefix="crossread-bench-"))
    return running.enter_context(crossread(Path(place), database_url=url))


def _orthanc(running: ExitStack, studies: Sequence[dict[str, str]]) -> Server:
    place = running.enter_context(tempfile.TemporaryDirectory(prefix="crossread-bench-"))
    server = running.enter_context(peers.orthanc(Path(place), SyncStorageArea=False))
    stored = small_studies.fill(server, (_file(study) for study in studies))
    if not stored == server.count() == len(studies):
        raise BenchError(f"Orthanc was sent {len(studies)} studies and holds {server.count()}.")
    say(f"Orthanc has {stored:,} studies")
    return server


def _sample(studies: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return random.Random(7).sample(list(studies), min(len(studies), 1_000))  # noqa: S311


def _ask(server: Server, kind: Kind, about: Sequence[dict[str, str]], seconds: float) -> Taken:
    """One kind of question, by one client and by many."""
    paths = [f"/studies?{urlencode(kind.asked(study), safe='*')}" for study in about]
    _expect(server, kind, paths[0])
    alone = _loop(server, paths, 1, seconds)
    together = _loop(server, paths, CLIENTS, 2 * seconds)
    say(
        f"{server.name}, by {kind.name}: p95 {_ms(percentile(alone, 0.95))} alone,"
        f" {_ms(percentile(together, 0.95))} with {CLIENTS}"
    )
    return Taken(alone, together)


def _expect(server: Server, kind: Kind, path: str) -> None:
    """See that something is found, and no more than a page of what was limited."""
    client = Client(server.dicomweb)
    found = client.search(path)
    client.close()
    if not found or ("limit=" in path and len(found) > PAGE):
        raise BenchError(f"{server.name} finds {len(found)} studies by {kind.name}.")


def _loop(server: Server, paths: Sequence[str], clients: int, seconds: float) -> list[float]:
    each = [Client(server.dicomweb) for _ in range(clients)]

    def caller(client: Client) -> Callable[[int], None]:
        def call(number: int) -> None:
            client.drain(paths[number % len(paths)], JSON)

        return call

    try:
        return closed_loop([caller(one) for one in each], seconds=seconds, at_most=_AT_MOST)
    finally:
        for one in each:
            one.close()


def newest(url: str, count: int) -> list[dict[str, str]]:
    """The newest studies of the hospital that asks."""
    with psycopg.connect(url, row_factory=dict_row) as db:
        rows = db.execute(
            """
            select study_instance_uid as uid, patient_number as patient, patient_name as name,
                   to_char(birth_date, 'YYYYMMDD') as birth_date, sex,
                   accession_number as accession, study_at::date::text as day,
                   to_char(study_at, 'HH24MISS') as time, modalities[1] as modality, description
            from archive.study
            where hospital_id = %s
              and patient_name ~ '^[A-Za-z]{5}' -- Orthanc does not understand a blank in a URL
            order by study_at desc
            limit %s
            """,
            (HOSPITAL, count),
        ).fetchall()
    return [{key: str(value or "") for key, value in row.items()} for row in rows]


def _file(study: dict[str, str]) -> bytes:
    return small_studies.part10(
        study_uid=study["uid"],
        patient_number=study["patient"],
        name=study["name"],
        birth_date=study["birth_date"],
        sex=study["sex"],
        accession=study["accession"],
        study_date=study["day"].replace("-", ""),
        study_time=study["time"],
        modality=study["modality"],
        description=study["description"],
    )


def _rows(kind: str, large: Taken, small: Taken) -> list[Row]:
    alone, together = percentile(large.alone, 0.95), percentile(large.together, 0.95)
    growth = median(large.alone) / median(small.alone)
    return [
        table.bounded(f"by {kind}, alone, p95", alone * 1000, "ms", 8.0),
        table.bounded(f"by {kind}, {CLIENTS} clients, p95", together * 1000, "ms", 40.0),
        Row(
            f"by {kind}, alone, p50, beside fewer studies",
            f"{_ms(median(large.alone))}",
            f"ours with fewer {_ms(median(small.alone))}",
            1 / growth,
            "no worse than 2×",
            growth <= 2,
        ),
    ]


def _beside(kind: str, ours: Taken, theirs: Taken) -> Row:
    return table.compared(
        f"by {kind}, {CLIENTS} clients, p50",
        _ms(median(ours.together)),
        f"Orthanc {_ms(median(theirs.together))}",
        median(theirs.together) / median(ours.together),
        20.0,
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    table.main(measure, __doc__)
