"""How cost grows with the index: finding, and taking one more image in, at 10^4 to 10^6 studies."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

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
_TABLES = ("study", "series", "instance", "pack", "study_term")


@dataclass
class Standing:
    """What one size of the index costs."""

    studies: int
    seconds: dict[str, list[float]] = field(default_factory=dict)  # by what is done
    sizes: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # rows, table, indexes


def measure(options: Options) -> Sheet:
    """Make each size, ask it and add to it."""
    sizes = (1_000, 10_000) if options.quick else (10_000, 100_000, 1_000_000)
    with made_studies.server() as server_url:
        found = [_at(server_url, size, 100 if options.quick else 400) for size in sizes]
    names = list(found[0].seconds)
    if options.write:
        lines = {
            name: [(one.studies, median(one.seconds[name]) * 1000) for one in found]
            for name in names
        }
        PICTURE.write_text(plot.svg("studies in the index", "ms, median", lines), encoding="utf-8")
    return Sheet("growth", "How cost grows", [*_rows(found, names), *_size_rows(found[-1])])


def _at(server_url: str, size: int, times: int) -> Standing:
    made = made_studies.copy(server_url, made_studies.make(server_url, size))
    standing = Standing(size)
    with psycopg.connect(made.url, autocommit=True) as db:
        _add_instances(db)
        say(f"made {size:,} studies and as many instances")
        study, series, pack = _new_study(db)
        standing.seconds[f"take in {BATCH} images"] = _take_in(db, study, series, pack, times)
        standing.sizes = {name: _size(db, name) for name in _TABLES}
    asyncio.run(_ask(made.url, standing, times))
    for name, taken in standing.seconds.items():
        say(f"{size:,}: {name} {median(taken) * 1000:.2f} ms")
    return standing


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


def _take_in(
    db: psycopg.Connection, study: UUID, series: UUID, pack: UUID, times: int
) -> list[float]:
    """The statement that every image costs, and its commit."""
    taken = []
    for turn in range(times + 5):
        rows = [
            (_instance(study, series, pack, turn * BATCH + place), datetime.now(UTC))
            for place in range(BATCH)
        ]
        began = time.perf_counter()
        store.admit(db, rows)
        taken.append(time.perf_counter() - began)
    return taken[5:]


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


async def _ask(url: str, standing: Standing, times: int) -> None:
    """Each kind of question, about studies that are there."""
    async with Database(url, size=2) as database:
        with psycopg.connect(url) as db:
            rows = db.execute(
                """
                select patient_number, accession_number, left(patient_name, 5),
                       to_char(study_at, 'YYYYMMDD'), modalities[1]
                from archive.study
                where hospital_id = %s and accession_number <> ''
                order by hashtext(study_instance_uid)
                limit 500
                """,
                (HOSPITAL,),
            ).fetchall()
        kinds: dict[str, Callable[[Sequence[str]], Query]] = {
            "find by patient": lambda row: ask(Level.STUDY, {"PatientID": row[0]}, limit=50),
            "find by accession": lambda row: ask(
                Level.STUDY, {"AccessionNumber": row[1]}, limit=50
            ),
            "find by start of a name": lambda row: ask(
                Level.STUDY, {"PatientName": f"{row[2]}*"}, limit=50
            ),
            "find by day and modality": lambda row: ask(
                Level.STUDY, {"StudyDate": row[3], "ModalitiesInStudy": row[4]}, limit=50
            ),
            "find the first 50": lambda _row: ask(Level.STUDY, {}, limit=50),
        }
        for name, kind in kinds.items():
            taken = []
            for turn in range(times):
                query = kind([str(value) for value in rows[turn % len(rows)]])
                began = time.perf_counter()
                async with database.transaction() as connection:
                    await search.find(connection, [HOSPITAL], query)
                taken.append(time.perf_counter() - began)
            standing.seconds[name] = taken


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


def _rows(found: Sequence[Standing], names: Sequence[str]) -> list[Row]:
    first, last = found[0], found[-1]
    rows = []
    for name in names:
        before, after = median(first.seconds[name]), median(last.seconds[name])
        middle = "".join(f", {median(one.seconds[name]) * 1000:.2f}" for one in found[1:-1])
        rows.append(
            Row(
                f"{name}, p50 (p95)",
                f"{after * 1000:.2f} ({percentile(last.seconds[name], 0.95) * 1000:.2f}) ms"
                f" at {last.studies:,}",
                f"{before * 1000:.2f} ms at {first.studies:,}"
                + (f", then {middle}" * bool(middle)),
                before / after,
                "no worse than 2×",
                after <= 2 * before,
            )
        )
    return rows


def _size_rows(standing: Standing) -> list[Row]:
    return [
        Row(
            f"bytes a row of archive.{name}",
            f"{table_size / rows:.0f} + {indexes / rows:.0f} of its indexes",
            f"{rows:,} rows",
        )
        for name, (rows, table_size, indexes) in standing.sizes.items()
        if rows
    ]


if __name__ == "__main__":
    table.main(measure, __doc__)
