"""An archive of made-up studies in a database of its own, as large as one likes."""

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import sql

from crossread import migrations
from crossread.archive.model import study_id
from crossread.platform import embedded

HOSPITALS = ("noord", "midden", "oost", "zuid")
_SHARES = (40, 30, 20, 10)  # percent; the largest is the one that is asked
_STARTS, _ENDS = datetime(2016, 1, 1), datetime(2026, 11, 1)  # noqa: DTZ001 - hospitals' own time
_ROOT = "1.2.826.0.1.3680043.8.498"

_HURRY = {
    "max_wal_size": "16GB",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}
_MODALITIES = {
    "DX": 30, "CT": 25, "MR": 18, "US": 18, "MG": 4, "XA": 1.5, "NM": 1.3, "PT": 1, "RF": 0.9,
    "ES": 0.3,
}  # fmt: skip
_SURNAMES = (
    "de Jong", "Jansen", "de Vries", "van den Berg", "van Dijk", "Bakker", "Janssen", "Visser",
    "Smit", "Meijer", "de Boer", "Mulder", "de Groot", "Bos", "Vos", "Peters", "Hendriks",
    "van Leeuwen", "Dekker", "Brouwer", "de Wit", "Dijkstra", "Smits", "de Graaf", "van der Meer",
)  # fmt: skip
_STEMS = (
    "Aal", "Beek", "Broek", "Dam", "Eik", "Gaast", "Haag", "Hoek", "Kamp", "Kerk", "Laan", "Meer",
    "Molen", "Nieuw", "Oever", "Poel", "Riet", "Schoon", "Spijk", "Steen", "Veld", "Wal", "Weide",
    "Zand", "Zijl",
)  # fmt: skip
_TAILS = ("", "man", "stra", "ma", "hof", "huis", "sen", "horst", "berg", "dijk", "veen", "kamp")
_GIVEN = (
    "Anna", "Bé", "Carla", "Daan", "Emma", "Femke", "Gijs", "Hanna", "Ilse", "Jan", "Kees", "Lotte",
    "Maria", "Noor", "Oscar", "Pieter", "Renée", "Sanne", "Thijs", "Willem", "Yara", "Zoë",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """An archive that was made up, and something to ask it about."""

    url: str
    studies: int
    asked: str  # the hospital that asks
    patients: list[str]  # some of its patient numbers
    accessions: list[str]
    names: list[str]  # beginnings of surnames
    days: tuple[datetime, datetime]


_open: list[str] = []  # the server of this program, once one is there


@contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL that is there for as long as this is open; inside, the same one."""
    if _open:
        yield _open[0]
        return
    with tempfile.TemporaryDirectory(prefix="crossread-bench-") as place:
        folder = Path(place) / "data"
        try:
            _open.append(embedded.start(folder, database="postgres"))
            yield _open[0]
        finally:
            _open.clear()
            embedded.stop(folder)


def make(server_url: str, studies: int, *, seed: int = 1) -> Made:
    """A database with `studies` studies, a series each, and no images; made at the first call.

    Whoever changes what is in it asks for a `copy`.
    """
    name = f"made_{studies}_{seed}"
    with psycopg.connect(server_url, autocommit=True) as db:
        found = db.execute("select from pg_database where datname = %s", (name,)).fetchone()
        if found is None:
            draft = sql.Identifier(f"draft_{name}")
            db.execute(sql.SQL("create database {}").format(draft))
            with _hurrying(db):
                _fill(_named(server_url, f"draft_{name}"), studies, seed)
            renamed = sql.SQL("alter database {} rename to {}")
            db.execute(renamed.format(draft, sql.Identifier(name)))
    return _made(_named(server_url, name), studies)


def copy(server_url: str, made: Made) -> Made:
    """The same once more, to be changed."""
    with psycopg.connect(server_url, autocommit=True) as db:
        name = str(psycopg.conninfo.conninfo_to_dict(made.url)["dbname"])
        changed = sql.Identifier(f"{name}_changed")
        db.execute(sql.SQL("drop database if exists {} with (force)").format(changed))
        db.execute(sql.SQL("create database {} template {}").format(changed, sql.Identifier(name)))
    return replace(made, url=_named(server_url, f"{name}_changed"))


@contextmanager
def _hurrying(db: psycopg.Connection) -> Iterator[None]:
    """Let the server write as fast as it can, since nobody minds losing what is made up."""
    for name, value in _HURRY.items():
        db.execute(f"alter system set {name} = '{value}'".encode())
    db.execute("select pg_reload_conf()")
    try:
        yield
    finally:
        for name in _HURRY:
            db.execute(f"alter system reset {name}".encode())
        db.execute("select pg_reload_conf()")
        db.execute("checkpoint")


def _named(server_url: str, name: str) -> str:
    return server_url.replace("/postgres?", f"/{name}?")


def _fill(url: str, studies: int, seed: int) -> None:
    migrations.upgrade(url)
    chance = random.Random(seed)  # noqa: S311 - made-up patients, not secrets
    with psycopg.connect(url, autocommit=True) as db:
        for hospital in HOSPITALS:
            db.execute(
                "insert into hospitals.hospital (id, name) values (%s, %s)",
                (hospital, hospital.title()),
            )
        with db.transaction():
            _copy(db, studies, chance)
        db.execute("vacuum analyze")


def _made(url: str, studies: int) -> Made:
    asked = HOSPITALS[0]
    return Made(
        url,
        studies,
        asked,
        patients=_some(url, "patient_number", asked),
        accessions=_some(url, "accession_number", asked),
        names=[one[:5] for one in _some(url, "split_part(patient_name, '^', 1)", asked)],
        days=(_STARTS, _ENDS),
    )


def _some(url: str, what: str, hospital: str) -> list[str]:
    with psycopg.connect(url) as db:
        found = db.execute(
            f"""
            select {what}
            from archive.study
            where hospital_id = %s
            order by hashtext(study_instance_uid)
            limit 400
            """.encode(),
            (hospital,),
        )
        return [str(row[0]) for row in found]


def _copy(db: psycopg.Connection, studies: int, chance: random.Random) -> None:
    # the terms of all at once, rather than study by study
    db.execute("alter table archive.study disable trigger user")
    with db.cursor().copy(
        """
        copy archive.study (
            id, hospital_id, study_instance_uid, state, accession_number, patient_number, issuer,
            patient_name, birth_date, sex, study_at, description, modalities, body_part,
            study_number, series_count, instance_count, bytes, first_received_at, last_received_at
        ) from stdin
        """
    ) as copy:
        for row in _studies(studies, chance):
            copy.write_row(row)
    db.execute("alter table archive.study enable trigger user")
    db.execute(
        """
        insert into archive.study_term (hospital_id, kind, term, sorted_at, study_id)
        select s.hospital_id, t.kind, t.term, s.sorted_at, s.id
        from archive.study s
        cross join lateral archive.terms(s) t
        """
    )
    db.execute(
        """
        insert into archive.series (
            id, study_id, hospital_id, series_instance_uid, modality, number, description,
            instance_count
        )
        select gen_random_uuid(), id, hospital_id, study_instance_uid || '.1', modalities[1], 1,
               'made up', instance_count
        from archive.study
        """
    )


def _studies(studies: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    """In order of time, as they would have come."""
    step = (_ENDS - _STARTS) / studies
    people: dict[str, list[tuple[str, str, str, str]]] = {name: [] for name in HOSPITALS}
    for number in range(studies):
        [hospital] = chance.choices(HOSPITALS, _SHARES)
        at = (_STARTS + step * number).replace(microsecond=0)
        patient = _patient(people[hospital], hospital, chance)
        modality = chance.choices(list(_MODALITIES), list(_MODALITIES.values()))[0]
        modalities = ["PT", "CT"] if modality == "PT" else [modality]
        uid = f"{_ROOT}.{number}.{chance.randrange(10**12)}"
        came = at + timedelta(minutes=20)
        yield (
            _id(hospital, uid),
            hospital,
            uid,
            "at_rest",
            f"{hospital[0].upper()}{number:010}",
            patient[0],
            hospital.upper(),
            *patient[1:],
            at,
            f"{modality} onderzoek",
            modalities,
            "",
            str(number % 1000),
            1,
            chance.randrange(1, 400),
            chance.randrange(10**6, 10**9),
            came,
            came,
        )


def _id(hospital: str, uid: str) -> UUID:
    return study_id(hospital, uid)


def _patient(
    people: list[tuple[str, str, str, str]], hospital: str, chance: random.Random
) -> tuple[str, str, str, str]:
    """Somebody who was here before, or somebody new: number, name, birth date, sex."""
    if people and chance.random() < 0.6:
        return people[int(len(people) * chance.random())]
    surname = (
        chance.choice(_SURNAMES)
        if chance.random() < 0.15
        else chance.choice(_STEMS) + chance.choice(_STEMS).lower() + chance.choice(_TAILS)
    )
    born = datetime(1930, 1, 1) + timedelta(days=chance.randrange(90 * 365))  # noqa: DTZ001
    one = (
        f"{hospital[0].upper()}P{len(people):08}",
        f"{surname}^{chance.choice(_GIVEN)}",
        f"{born:%Y-%m-%d}",
        chance.choice("FM"),
    )
    people.append(one)
    return one
