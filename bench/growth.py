"""How cost grows with the index: finding, and taking one more image in, at 10^4 to 10^6 studies."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row

from bench import made_studies, plot, table
from bench.measure import median, percentile, say
from bench.own import HOSPITAL
from bench.table import Options, Row, Sheet
from crossread.archive import search, store
from crossread.archive.attributes import Level
from crossread.archive.model import Instance
from crossread.archive.query import Query, ask
from crossread.platform.database import Database

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "growth.svg"
BATCH = 16  # images that share a commit, as 16 associations bring them
_TIMES, _WARM = 50, 5  # of each kind in a turn, and how many before that are not counted
_TABLES = ("study", "series", "instance", "pack", "study_term")


def _study(**values: str) -> Query:
    return ask(Level.STUDY, values, limit=50)


KINDS: dict[str, Callable[[dict[str, str]], Query]] = {
    "find by patient": lambda one: _study(PatientID=one["patient"]),
    "find by accession": lambda one: _study(AccessionNumber=one["accession"]),
    "find by start of a name": lambda one: _study(PatientName=f"{one['name']}*"),
    "find by day and modality": lambda one: _study(
        StudyDate=one["day"], ModalitiesInStudy=one["modality"]
    ),
    "find the first 50": lambda _one: _study(),
}


@dataclass
class Standing:
    """One size of the index, and what it costs."""

    studies: int
    url: str
    sizes: dict[str, tuple[int, int, int]]  # by table: rows, bytes, bytes of its indexes
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by what is done
    log: list[int] = field(default_factory=list)  # bytes that an image adds to PostgreSQL's log


def measure(options: Options) -> Sheet:
    """Make each size; then ask them and add to them in turns."""
    sizes = (1_000, 10_000) if options.quick else (10_000, 100_000, 1_000_000)
    with made_studies.server() as server_url:
        found = [_make(server_url, size) for size in sizes]
        for turn in range(2 if options.quick else 8):
            for one in found:
                _once(one, turn)
            say(f"turn {turn + 1}: " + _told(found))
    if options.write:
        lines = {
            name: [(one.studies, median(one.seconds[name]) * 1000) for one in found]
            for name in found[0].seconds
        }
        PICTURE.write_text(plot.svg("studies in the index", "ms, median", lines), encoding="utf-8")
    return Sheet(
        "growth",
        "How cost grows",
        [*_rows(found), *_size_rows(found[-1])],
        f"![How cost grows with the index](images/{PICTURE.name})" if options.write else "",
    )


def _make(server_url: str, size: int) -> Standing:
    made = made_studies.copy(server_url, made_studies.make(server_url, size))
    with psycopg.connect(made.url, autocommit=True) as db:
        _add_instances(db)
        db.execute("checkpoint")
        say(f"made {size:,} studies and as many images")
        return Standing(size, made.url, {name: _size(db, name) for name in _TABLES})


def _once(standing: Standing, turn: int) -> None:
    with psycopg.connect(standing.url, autocommit=True) as db:
        arriving, before = _new_study(db), _log_end(db)
        taken = _take_in(db, *arriving)
        standing.log.append((_log_end(db) - before) // (BATCH * (_WARM + _TIMES)))
    standing.seconds.setdefault(f"take in {BATCH} images", []).extend(taken)
    asyncio.run(_ask(standing, turn))


def _log_end(db: psycopg.Connection) -> int:
    [end] = db.execute("select pg_current_wal_insert_lsn() - '0/0'::pg_lsn").fetchone() or (0,)
    return int(end)


def _told(found: Sequence[Standing]) -> str:
    newest = {one.studies: one.seconds["find by patient"][-_TIMES:] for one in found}
    return ", ".join(f"{size:,} {median(taken) * 1000:.2f} ms" for size, taken in newest.items())


def _add_instances(db: psycopg.Connection) -> None:
    """An image and a pack for each study."""
    db.execute(
        """
        insert into archive.pack (id, hospital_id, study_id, object_key, opened_at, sealed_at)
        select gen_random_uuid(), hospital_id, id, 'images/' || id, now(), now()
        from archive.study
        """
    )
    db.execute(
        """
        insert into archive.instance (
            id, series_id, study_id, hospital_id, sop_instance_uid, sop_class_uid,
            transfer_syntax_uid, number, frames, pack_id, start, bytes, digest, dataset_offset,
            header_bytes, pixel_offset, pixel_bytes, frame_bytes, received_at
        )
        select gen_random_uuid(), s.id, s.study_id, s.hospital_id, s.series_instance_uid || '.1',
               '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.1.2.1', 1, 1, p.id, 0, 526308,
               repeat('0', 32), 360, 1600, 2020, 524288, 524288, now()
        from archive.series s
        join archive.pack p on p.study_id = s.study_id
        """
    )
    db.execute("vacuum analyze archive.pack, archive.instance")


def _new_study(db: psycopg.Connection) -> tuple[UUID, UUID, UUID]:
    """A study that is arriving, with a series and a pack."""
    study, series, pack = uuid4(), uuid4(), uuid4()
    db.execute(
        """
        insert into archive.study (
            id, hospital_id, study_instance_uid, state, patient_number, patient_name, study_at,
            first_received_at, last_received_at
        )
        values (%s, %s, %s, 'arriving', '1', 'Nieuw^Anna', now(), now(), now())
        """,
        (study, HOSPITAL, f"2.25.{study.int}"),
    )
    db.execute(
        """
        insert into archive.series (id, study_id, hospital_id, series_instance_uid, modality)
        values (%s, %s, %s, %s, 'CT')
        """,
        (series, study, HOSPITAL, f"2.25.{series.int}"),
    )
    db.execute(
        """
        insert into archive.pack (id, hospital_id, study_id, object_key, opened_at)
        values (%s, %s, %s, %s, now())
        """,
        (pack, HOSPITAL, study, f"images/{pack}"),
    )
    return study, series, pack


def _take_in(db: psycopg.Connection, study: UUID, series: UUID, pack: UUID) -> list[float]:
    """How long the statement that images cost takes, with its commit."""
    taken = []
    for turn in range(_WARM + _TIMES):
        rows = [
            (_instance(study, series, pack, turn * BATCH + place), datetime.now(UTC))
            for place in range(BATCH)
        ]
        began = time.perf_counter()
        store.admit(db, rows)
        taken.append(time.perf_counter() - began)
    return taken[_WARM:]


def _instance(study: UUID, series: UUID, pack: UUID, number: int) -> Instance:
    own = uuid4()
    return Instance(
        id=own,
        hospital_id=HOSPITAL,
        study_id=study,
        series_id=series,
        series_instance_uid=f"2.25.{series.int}",
        sop_instance_uid=f"2.25.{own.int}",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        number=number,
        frames=1,
        pack_id=pack,
        object_key="",
        start=number * 526_308,
        bytes=526_308,
        digest="0" * 32,
        dataset_offset=360,
        header_bytes=1_600,
        pixel_offset=2_020,
        pixel_bytes=524_288,
        frame_bytes=524_288,
        fragments=None,
    )


async def _ask(standing: Standing, turn: int) -> None:
    """Each kind of question, about studies that are there."""
    async with Database(standing.url, size=2) as database:
        rows = _there(standing.url)
        for name, kind in KINDS.items():
            taken = []
            for number in range(_WARM + _TIMES):
                query = kind(rows[(turn * _TIMES + number) % len(rows)])
                began = time.perf_counter()
                async with database.transaction() as connection:
                    await search.find(connection, [HOSPITAL], query)
                taken.append(time.perf_counter() - began)
            standing.seconds.setdefault(name, []).extend(taken[_WARM:])


def _there(url: str) -> list[dict[str, str]]:
    """Some studies to ask about."""
    with psycopg.connect(url, row_factory=dict_row) as db:
        rows = db.execute(
            """
            select patient_number as patient, accession_number as accession,
                   left(patient_name, 5) as name, to_char(study_at, 'YYYYMMDD') as day,
                   modalities[1] as modality
            from archive.study
            where hospital_id = %s and accession_number <> ''
            order by hashtext(study_instance_uid)
            limit 500
            """,
            (HOSPITAL,),
        ).fetchall()
    return [{key: str(value) for key, value in row.items()} for row in rows]


def _size(db: psycopg.Connection, name: str) -> tuple[int, int, int]:
    """Rows, bytes of the table, bytes of its indexes."""
    found = db.execute(
        f"""
        select count(*), pg_table_size('archive.{name}'), pg_indexes_size('archive.{name}')
        from archive.{name}
        """.encode()
    ).fetchone()
    assert found is not None
    return int(found[0]), int(found[1]), int(found[2])


def _rows(found: Sequence[Standing]) -> list[Row]:
    first, last = found[0], found[-1]
    rows = []
    for name in first.seconds:
        before, after = median(first.seconds[name]), median(last.seconds[name])
        smaller = ", ".join(
            f"{median(one.seconds[name]) * 1000:.2f} ms at {one.studies:,}" for one in found[:-1]
        )
        rows.append(
            Row(
                f"{name}, p50 (p95)",
                f"{after * 1000:.2f} ({percentile(last.seconds[name], 0.95) * 1000:.2f}) ms"
                f" at {last.studies:,}",
                smaller,
                before / after,
                "no worse than 2×",
                after <= 2 * before,
            )
        )
    return rows


def _size_rows(standing: Standing) -> list[Row]:
    rows = [
        Row(
            f"bytes a row of archive.{name}",
            f"{table_size / rows:.0f} + {indexes / rows:.0f} of its indexes",
            f"{rows:,} rows",
        )
        for name, (rows, table_size, indexes) in standing.sizes.items()
        if rows
    ]
    return [*rows, Row("bytes of PostgreSQL's log an image", f"{median(standing.log):.0f}")]


if __name__ == "__main__":
    table.main(measure, __doc__)
