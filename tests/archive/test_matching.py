"""What is found is what PS3.4 C.2.2.2 says, read plainly."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb
from tests.archive.plain_matching import Plain, fits, words

from crossread.archive import search
from crossread.archive.attributes import Level
from crossread.archive.matching import folded, name_key
from crossread.archive.query import ask
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital
from crossread.platform.database import Connection, Database
from crossread.platform.errors import Unreadable

# little to choose from, so that much of it fits
NAMES = [
    "", "Jansen^Anna", "JANSEN^ANNA", "Jánsen^Anná^^", "Jansen", "de Vries^Bé", "de  Vries ^Be",
    "Müller^Jürgen^^Dr", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Hong^Gildong=洪^吉洞=홍^길동",
    "=山田^花子", "Øster^Søren", "Jansen-Vries^Anna Maria", "100%^_",
]  # fmt: skip
ASKED_NAMES = [
    "", "*", "jansen^anna", "JANSEN*", "jansen", "*vries*", "de vries^b?", "Müller*", '""', "^anna",
    "muller^jurgen*", "山田*", "山田^太郎", "*=山田*", "=洪^吉洞", "yamada*=山田^太郎", "j?nsen*",
    "oster^soren", "100%*", "1__%*", "홍*", "やまだ^たろう", "*^anna",
]  # fmt: skip
TEXTS = ["", "A1", "a1", "A12", "A_2", "A%", "B\\'x", "CT hoofd"]
ASKED_TEXTS = [
    "",
    "*",
    "**",
    "A1",
    "A1\\A12",
    "A*",
    "A?",
    "A_*",
    "?",
    "A%",
    "*1*",
    '""',
    "*oo*",
    "A1\\B*",
]
DAYS = [None, date(1950, 1, 1), date(2026, 2, 28), date(2026, 3, 1), date(9999, 12, 31)]
ASKED_DAYS = [
    "", "19500101", "20260228-20260301", "20260301-", "-20260301", "-99991231", "99991231", '""'
]  # fmt: skip
TIMES = [
    None,
    datetime(1950, 1, 1, 0, 0, 0),  # noqa: DTZ001 - hospitals' own time
    datetime(2026, 2, 28, 12, 15, 30),  # noqa: DTZ001
    datetime(2026, 3, 1, 23, 59, 59),  # noqa: DTZ001
    datetime(2026, 3, 1, 12, 15, 0),  # noqa: DTZ001
]
ASKED_TIMES = ["", "121530", "1215", "12", "1215-", "-1215", "120000-13", "235959-", '""']
MODALITIES = [(), ("CT",), ("PT", "CT"), ("MR",)]
CODES = [(), (("1", "L"),), (("1", "L"), ("2", "X")), (("2", "L"),)]

studies = st.builds(
    Plain,
    uid=st.uuids().map(lambda one: f"2.25.{one.int}"),
    number=st.sampled_from(TEXTS),
    name=st.sampled_from(NAMES),
    born=st.sampled_from(DAYS),
    accession=st.sampled_from(TEXTS),
    at=st.sampled_from(TIMES),
    description=st.sampled_from(TEXTS),
    modalities=st.sampled_from(MODALITIES),
    referrer=st.sampled_from(NAMES),
    codes=st.sampled_from(CODES),
)
keys = st.fixed_dictionaries(
    {},
    optional={
        "PatientID": st.sampled_from(ASKED_TEXTS),
        "AccessionNumber": st.sampled_from(ASKED_TEXTS),
        "StudyDescription": st.sampled_from(ASKED_TEXTS),
        "PatientName": st.sampled_from(ASKED_NAMES),
        "ReferringPhysicianName": st.sampled_from(ASKED_NAMES),
        "PatientBirthDate": st.sampled_from(ASKED_DAYS),
        "StudyDate": st.sampled_from(ASKED_DAYS),
        "StudyTime": st.sampled_from(ASKED_TIMES),
        "ModalitiesInStudy": st.sampled_from(["", "CT", "CT\\MR", "P?", "*", '""', "XX"]),
        "ProcedureCodeSequence": st.sampled_from(
            [
                [],
                [{"CodeValue": ""}],
                [{"CodeValue": "1"}],
                [{"CodeValue": "2", "CodingSchemeDesignator": "L"}],
                [{"CodeValue": "*", "CodingSchemeDesignator": "X"}],
            ]
        ),
    },
)
against_the_database = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
async def shelf(database: Database) -> Database:
    """A database of which Noord and Midden take part."""
    async with database.transaction() as db:
        for name in ("noord", "midden"):
            await hospitals.save_hospital(db, Hospital(name, name.title()))
    return database


async def put(db: Connection, found: list[Plain], hospital: str = "noord") -> None:
    """These studies, and no others."""
    await db.execute("delete from archive.study")
    for one in found:
        now = datetime.now(UTC)
        codes = [{"CodeValue": code, "CodingSchemeDesignator": by} for code, by in one.codes]
        await db.execute(
            """
            insert into archive.study (
                id, hospital_id, study_instance_uid, state, patient_number, issuer, patient_name,
                birth_date, accession_number, study_at, description, modalities,
                referring_physician, procedure_codes, first_received_at, last_received_at
            )
            values (%s, %s, %s, 'at_rest', %s, 'N', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            (
                uuid4(),
                hospital,
                one.uid,
                one.number,
                one.name,
                one.born,
                one.accession,
                one.at,
                one.description,
                list(one.modalities),
                one.referrer,
                Jsonb(codes),
                now,
                now,
            ),
        )


async def found(db: Connection, asked: dict[str, Any], **more: Any) -> list[str]:
    """The UIDs of what is found, in order."""
    query = ask(Level.STUDY, asked, **more)
    return [str(one.values["StudyInstanceUID"]) for one in await search.find(db, ["noord"], query)]


@against_the_database
@given(shelved=st.lists(studies, max_size=12, unique_by=lambda one: one.uid), asked=keys)
async def test_what_is_found_is_what_the_standard_says(
    shelf: Database, shelved: list[Plain], asked: dict[str, Any]
) -> None:
    async with shelf.transaction() as db:
        await put(db, shelved)
        assert sorted(await found(db, asked)) == sorted(
            one.uid for one in shelved if fits(one, asked)
        )


@against_the_database
@given(
    shelved=st.lists(studies, max_size=12, unique_by=lambda one: one.uid),
    asked=st.sampled_from(["jan", "an jan", "vri", "山", "bé", "maria jansen", "sor", "o", "홍"]),
)
async def test_fuzzy_matching_finds_the_beginnings_of_words(
    shelf: Database, shelved: list[Plain], asked: str
) -> None:
    async with shelf.transaction() as db:
        await put(db, shelved)
        assert sorted(await found(db, {"PatientName": asked}, fuzzy=True)) == sorted(
            one.uid for one in shelved if words(one.name, asked)
        )
        more = {"ReferringPhysicianName": asked, "ModalitiesInStudy": "CT"}
        more |= {"StudyDate": "20260228-"}
        assert sorted(await found(db, more, fuzzy=True)) == sorted(
            one.uid
            for one in shelved
            if words(one.referrer, asked)
            and "CT" in one.modalities
            and one.at
            and one.at.date() >= date(2026, 2, 28)
        )


@against_the_database
@given(
    shelved=st.lists(studies, max_size=12, unique_by=lambda one: one.uid),
    asked=keys,
    size=st.integers(1, 4),
)
async def test_pages_together_are_the_whole_in_one_order(
    shelf: Database, shelved: list[Plain], asked: dict[str, Any], size: int
) -> None:
    async with shelf.transaction() as db:
        await put(db, shelved)
        whole = await found(db, asked)
        by_offset = []
        for offset in range(0, len(whole) + 1, size):
            by_offset += await found(db, asked, limit=size, offset=offset)
        query, walked = ask(Level.STUDY, asked, limit=size), []
        while page := await search.find(db, ["noord", "midden"], query):
            walked += [str(one.values["StudyInstanceUID"]) for one in page]
            query = search.onward(query, page[-1], size)
        assert by_offset == walked == whole
        moments = {one.uid: one.at or datetime.min for one in shelved}  # noqa: DTZ901
        assert [moments[uid] for uid in whole] == sorted(
            (moments[uid] for uid in whole), reverse=True
        )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=st.lists(st.text(max_size=12), max_size=40))
async def test_names_are_folded_alike_in_the_database_and_here(
    shelf: Database, name: list[str]
) -> None:
    names = [one.replace("\x00", "").encode("utf-8", "replace").decode() for one in name]
    async with shelf.transaction() as db:
        cursor = await db.execute(
            "select archive.folded(n) as folded, archive.name_key(n) as key"
            " from unnest(%s::text[]) with ordinality as u (n, place) order by place",
            (names,),
        )
        rows = await cursor.fetchall()
    assert [(row["folded"], row["key"]) for row in rows] == [
        (folded(one), name_key(one)) for one in names
    ]


async def test_combined_matching_takes_a_day_and_a_time_as_one_moment(shelf: Database) -> None:
    asked = {"StudyDate": "20260228-20260301", "StudyTime": "1215-1215"}
    shelved = [Plain(f"1.{n}", at=at) for n, at in enumerate(TIMES)]
    async with shelf.transaction() as db:
        await put(db, shelved)
        assert await found(db, asked, combined=True) == ["1.4", "1.2"]
        assert await found(db, asked | {"StudyTime": "2000-2359"}) == ["1.3"]
        assert await found(db, asked | {"StudyTime": "2000-2359"}, combined=True) == ["1.3", "1.4"]


async def test_a_name_that_is_corrected_is_found_by_its_new_words_only(shelf: Database) -> None:
    async with shelf.transaction() as db:
        await put(db, [Plain("1.1", name="Jansen^Anna", modalities=("CT",))])
        await db.execute("update archive.study set patient_name = 'Bakker^Anna'")
        await db.execute("update archive.study set modalities = '{CT,PT}'")
        assert await found(db, {"PatientName": "jans"}, fuzzy=True) == []
        assert await found(db, {"PatientName": "bakk an"}, fuzzy=True) == ["1.1"]
        assert await found(db, {"ModalitiesInStudy": "PT"}) == ["1.1"]
        await db.execute("delete from archive.study")
        rows = await (await db.execute("select * from archive.study_term")).fetchall()
        assert rows == []


async def test_what_is_hidden_leaves_no_gap_in_the_pages(shelf: Database) -> None:
    shelved = [
        Plain(f"1.{n}", name="Jansen^Anna", modalities=("CT",), at=datetime(2026, 1, n))  # noqa: DTZ001
        for n in range(1, 10)
    ]
    left = [f"1.{n}" for n in range(9, 0, -1) if n not in {8, 5, 4}]
    async with shelf.transaction() as db:
        await put(db, shelved)
        await db.execute(
            "update archive.study set availability = 'offline'"
            " where study_instance_uid in ('1.8', '1.4')"
        )
        await db.execute("update archive.study set bytes = 1 where study_instance_uid = '1.5'")
        for asked in ({}, {"PatientName": "jans*"}, {"ModalitiesInStudy": "CT"}, {"PatientID": ""}):
            for fuzzy in (False, True):
                assert await found(db, asked, limit=6, fuzzy=fuzzy) == left, asked
                assert await found(db, asked, limit=2, offset=2, fuzzy=fuzzy) == left[2:4]
        await db.execute("update archive.study set availability = 'online', bytes = 0")
        assert len(await found(db, {"ModalitiesInStudy": "CT"})) == 9
        assert len(await found(db, {"PatientName": "jans"}, fuzzy=True)) == 9


async def test_another_hospital_is_never_found(shelf: Database) -> None:
    async with shelf.transaction() as db:
        await put(db, [Plain("1.1", name="Jansen^Anna", modalities=("CT",))], "midden")
        for asked in ({}, {"PatientName": "jans*"}, {"ModalitiesInStudy": "CT"}):
            assert await found(db, asked) == []
            assert await found(db, asked, fuzzy=True) == []
        assert await search.find(db, [], ask(Level.STUDY, {})) == []
        both = await search.find(db, ["noord", "midden"], ask(Level.STUDY, {}))
        assert [one.hospital_id for one in both] == ["midden"]
        assert await search.find(db, ["midden"], ask(Level.STUDY, {}, studies=[])) == []


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("StudyDate", "gisteren"),
        ("StudyDate", "20261301"),
        ("StudyDate", "20260101-x"),
        ("StudyTime", "25"),
        ("StudyTime", "1:2"),
        ("SeriesNumber", "een"),
        ("InstanceNumber", "99999999999"),
    ],
)
def test_what_is_no_value_is_said_to_be_none(keyword: str, value: str) -> None:
    with pytest.raises(Unreadable, match=keyword):
        ask(Level.IMAGE, {keyword: value})


def test_what_the_index_does_not_hold_is_named() -> None:
    query = ask(Level.STUDY, {"PatientID": "1", "EthnicGroup": "", "Modality": "CT"})
    assert query.unknown == ("EthnicGroup", "Modality")
    assert [key.keyword for key in query.keys] == ["PatientID"]
