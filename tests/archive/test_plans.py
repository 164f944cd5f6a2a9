"""Each usual question goes by an index, and looks at no more than its page needs."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from psycopg import AsyncClientCursor, sql

from crossread.archive.attributes import Level
from crossread.archive.query import Query, ask
from crossread.archive.store import statement
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital
from crossread.platform.database import Connection

MANY = 20_000  # studies; a table that is worth an index
PAGE = 50


@pytest.fixture
async def large(db: Connection) -> Connection:
    """Twenty thousand studies of one hospital over 20 years, one series each, no images."""
    await hospitals.save_hospital(db, Hospital("noord", "Noord"))
    await db.execute(
        """
        insert into archive.study (
            id, hospital_id, study_instance_uid, state, patient_number, issuer, patient_name,
            birth_date, accession_number, study_at, modalities, first_received_at, last_received_at
        )
        select gen_random_uuid(), 'noord', '1.2.3.' || n, 'at_rest', 'P' || n / 3, 'NOORD',
               chr(65 + mod(n, 26)) || chr(97 + mod(n / 26, 26)) || chr(97 + mod(n / 676, 26))
                   || 'sen^Anna',
               date '1930-01-01' + n, 'A' || n, timestamp '2006-01-01' + n * interval '8 hours',
               (array['{CT}', '{MR}', '{DX}', '{US}'])[1 + mod(n, 4)]::text[], now(), now()
        from generate_series(1, %s) as n
        """,
        (MANY,),
    )
    await db.execute(
        """
        insert into archive.series (id, study_id, hospital_id, series_instance_uid, modality)
        select gen_random_uuid(), id, hospital_id, study_instance_uid || '.1', modalities[1]
        from archive.study
        """
    )
    await db.execute("analyze archive.study, archive.series, archive.study_term")
    return db


async def steps(db: Connection, query: Query) -> list[dict[str, Any]]:
    """Each step of the plan, as it ran."""
    text, values = statement(["noord"], query)
    cursor = AsyncClientCursor(db)
    await cursor.execute(sql.SQL("explain (analyze, format json) " + text), values)
    row = await cursor.fetchone()
    assert row is not None
    [[plan]] = row.values() if isinstance(row, dict) else [row[0]]
    return list(_flat(plan["Plan"]))


def _flat(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for inner in step.get("Plans", ()):
        yield from _flat(inner)


def study(asked: dict[str, str], **more: Any) -> Query:
    return ask(Level.STUDY, asked, wanted=["PatientName", "StudyDate"], limit=PAGE, **more)


QUESTIONS: dict[str, tuple[Query, str]] = {
    "patient": (study({"PatientID": "P100"}), "study_number"),
    "start of a patient number": (study({"PatientID": "P10*"}), "study_number"),
    "accession": (study({"AccessionNumber": "A17"}), "study_accession"),
    "study": (study({"StudyInstanceUID": "1.2.3.4"}), "study_uid"),
    "start of a name": (study({"PatientName": "abcs*"}), "study_name"),
    "word of a name": (study({"PatientName": "abcs"}, fuzzy=True), "study_term_pkey"),
    "birth date": (study({"PatientBirthDate": "19400101"}), "study_birth"),
    "days and modality": (
        study({"StudyDate": "20080101-20101231", "ModalitiesInStudy": "CT"}),
        "study_term_pkey",
    ),
    "days": (study({"StudyDate": "20080101-20101231"}), "study_newest"),
    "first page": (study({}), "study_newest"),
    "series of a study": (
        ask(Level.SERIES, {"StudyInstanceUID": "1.2.3.4"}, limit=PAGE),
        "series_study",
    ),
}


async def test_each_usual_question_goes_by_its_index(large: Connection) -> None:
    for name, (query, index) in QUESTIONS.items():
        plan = await steps(large, query)
        assert not [step for step in plan if step["Node Type"] == "Seq Scan"], name
        assert index in {step.get("Index Name") for step in plan}, name


async def test_a_page_costs_a_page_however_much_fits(large: Connection) -> None:
    for name in ("days and modality", "days", "first page"):
        for step in await steps(large, QUESTIONS[name][0]):
            looked_at = step["Actual Rows"] + step.get("Rows Removed by Filter", 0)
            assert looked_at <= PAGE, (name, step["Node Type"], looked_at)


async def test_the_hundredth_page_costs_what_the_first_does(large: Connection) -> None:
    found = await (
        await large.execute(
            "select sorted_at, id from archive.study order by sorted_at desc, id desc offset 5000"
            " limit 1"
        )
    ).fetchone()
    assert found is not None
    onward = replace(study({}), after=(found["sorted_at"], found["id"]))
    for step in await steps(large, onward):
        assert step["Actual Rows"] + step.get("Rows Removed by Filter", 0) <= PAGE
