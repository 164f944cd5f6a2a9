"""The same person over hospitals, and never two persons made one by mistake."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital
from crossread.patients import store
from crossread.patients.model import Evidence, Patient, is_bsn
from crossread.patients.names import age, for_people
from crossread.patients.recognise import recognise
from crossread.platform.database import Connection, Database

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
BSN = "999911120"


async def known(db: Connection, hospital: str, number: str, **more: Any) -> Patient:
    await hospitals.save_hospital(
        db, Hospital(hospital, hospital.title(), patient_issuers=(hospital.upper(),))
    )
    said: dict[str, Any] = {
        "issuer": "",
        "bsn": BSN,
        "name": "Jansen^Anna",
        "birth_date": date(1950, 1, 1),
        "sex": "F",
    } | more
    return await recognise(db, hospital_id=hospital, number=number, now=NOON, **said)


async def persons(db: Connection, patient: Patient) -> set[str]:
    return {one.number for one in await store.patients_of_person(db, patient.id)}


async def test_the_same_bsn_is_the_same_person_in_all_hospitals(db: Connection) -> None:
    first = await known(db, "noord", "N1")
    await known(db, "midden", "M1")
    await known(db, "zuid", "Z1")
    assert await persons(db, first) == {"N1", "M1", "Z1"}


async def test_another_birth_date_is_not_joined_but_noted(db: Connection) -> None:
    first = await known(db, "noord", "N1")
    other = await known(db, "midden", "M1", birth_date=date(1960, 1, 1))
    assert await persons(db, first) == {"N1"}
    rows = await (await db.execute("select * from patients.possible_link")).fetchall()
    assert [row["patient_id"] for row in rows] == [other.id]


async def test_a_bsn_that_comes_later_links_then(db: Connection) -> None:
    first = await known(db, "noord", "N1")
    await known(db, "midden", "M1", bsn=None)
    assert await persons(db, first) == {"N1"}
    await known(db, "midden", "M1")
    assert await persons(db, first) == {"N1", "M1"}


async def test_a_bsn_that_fails_its_test_links_nobody(db: Connection) -> None:
    first = await known(db, "noord", "N1", bsn="123456789")
    await known(db, "midden", "M1", bsn="123456789")
    assert first.bsn is None
    assert await persons(db, first) == {"N1"}


async def kinds(db: Connection) -> list[str]:
    rows = await (await db.execute("select kind from platform.event order by id")).fetchall()
    return [row["kind"] for row in rows]


async def test_who_contradicts_one_of_a_person_is_not_joined_to_any(db: Connection) -> None:
    first = await known(db, "noord", "N1", birth_date=None)
    await known(db, "midden", "M1", birth_date=date(1960, 1, 1))
    other = await known(db, "zuid", "Z1")
    assert await persons(db, first) == {"N1", "M1"}
    assert await persons(db, other) == {"Z1"}
    rows = await (await db.execute("select * from patients.possible_link")).fetchall()
    assert {row["patient_id"] for row in rows} == {other.id}
    assert len(rows) == 2


async def test_a_mended_bsn_undoes_the_link_it_made(db: Connection) -> None:
    first = await known(db, "noord", "N1")
    wrong = await known(db, "midden", "M1")
    assert await persons(db, first) == {"N1", "M1"}
    await known(db, "midden", "M1", bsn="123456782")
    assert await persons(db, first) == {"N1"}
    assert await persons(db, wrong) == {"M1"}
    rows = await (await db.execute("select * from patients.possible_link")).fetchall()
    assert rows == []


async def test_a_birth_date_that_turns_out_different_undoes_the_link(db: Connection) -> None:
    first = await known(db, "noord", "N1")
    await known(db, "midden", "M1", birth_date=None)
    assert await persons(db, first) == {"N1", "M1"}
    await known(db, "midden", "M1", birth_date=date(1960, 1, 1))
    assert await persons(db, first) == {"N1"}
    assert (await kinds(db)).count("patient.possible_link") == 1


async def test_a_link_that_a_person_made_is_left_to_people(db: Connection) -> None:
    first = await known(db, "noord", "N1")
    second = await known(db, "midden", "M1", bsn=None)
    person = await store.person_of(db, first.id)
    assert person is not None
    await store.link(db, second.id, person, Evidence.BY_HAND, NOON)
    await known(db, "midden", "M1", bsn=None, birth_date=date(1960, 1, 1))
    assert await persons(db, first) == {"N1", "M1"}


async def test_two_persons_who_each_have_a_history_are_not_made_one(db: Connection) -> None:
    other_bsn = "123456782"
    first = await known(db, "noord", "N1")
    await known(db, "midden", "M1")
    third = await known(db, "zuid", "Z1", bsn=other_bsn)
    await known(db, "oost", "O1", bsn=other_bsn)
    fifth = await known(db, "west", "W1", bsn=None)
    person = await store.person_of(db, third.id)
    assert person is not None
    await store.link(db, fifth.id, person, Evidence.BY_HAND, NOON)
    await known(db, "west", "W1")
    assert await persons(db, first) == {"N1", "M1"}
    assert await persons(db, third) == {"Z1", "O1", "W1"}
    rows = await (await db.execute("select * from patients.possible_link")).fetchall()
    assert {row["patient_id"] for row in rows} == {fifth.id}


async def test_what_was_known_already_leaves_no_event(db: Connection) -> None:
    await known(db, "noord", "N1")
    assert await kinds(db) == ["patient.recognised"]
    await known(db, "noord", "N1")
    assert await kinds(db) == ["patient.recognised"]
    await known(db, "noord", "N1", name="Jansen-de Boer^Anna")
    assert await kinds(db) == ["patient.recognised", "patient.changed"]


async def test_hospitals_that_speak_at_once_make_one_person(database: Database) -> None:
    names = ("noord", "midden", "zuid", "oost")

    async def speak(hospital: str) -> Patient:
        async with database.transaction() as db:
            patient = await known(db, hospital, "1")
            await asyncio.sleep(0.05)
            return patient

    spoken = await asyncio.gather(*(speak(name) for name in names))
    async with database.transaction() as db:
        assert len(await store.patients_of_person(db, spoken[0].id)) == len(names)


async def test_two_messages_at_once_about_a_new_patient_lose_nothing(database: Database) -> None:
    async with database.transaction() as db:
        await known(db, "noord", "N0", bsn=None)

    async def speak(**said: Any) -> Patient:
        async with database.transaction() as db:
            patient = await known(db, "noord", "N1", **said)
            await asyncio.sleep(0.05)
            return patient

    whole, _ = await asyncio.gather(speak(), speak(bsn=None, name="", birth_date=None, sex=""))
    async with database.transaction() as db:
        patient = await store.patient(db, whole.id)
    assert (patient.bsn, patient.name, patient.sex) == (BSN, "Jansen^Anna", "F")


async def test_an_empty_field_overwrites_nothing(db: Connection) -> None:
    await known(db, "noord", "N1")
    again = await known(db, "noord", "N1", bsn=None, name="", birth_date=None, sex="")
    assert (again.bsn, again.name, again.sex) == (BSN, "Jansen^Anna", "F")


async def test_the_same_number_at_two_hospitals_is_two_patients(db: Connection) -> None:
    first = await known(db, "noord", "1", bsn=None)
    other = await known(db, "midden", "1", bsn=None)
    assert first.id != other.id
    assert await persons(db, first) == {"1"}


@given(st.text())
def test_only_nine_digits_that_pass_the_eleven_test_are_a_bsn(text: str) -> None:
    if is_bsn(text):
        assert len(text) == 9
        assert text.isdigit()
    assert is_bsn(BSN)
    assert not is_bsn("000000000")


@given(st.text())
def test_any_name_can_be_shown(name: str) -> None:
    assert isinstance(for_people(name), str)


def test_names_are_shown_as_people_write_them() -> None:
    assert for_people("Geërts^Joëlle^M^dr.") == "Geërts, dr. Joëlle M"
    assert for_people("Jansen") == "Jansen"


def test_somebody_is_a_year_older_on_her_birthday() -> None:
    assert age(date(1950, 11, 25), date(2026, 11, 24)) == 75
    assert age(date(1950, 11, 24), date(2026, 11, 24)) == 76
