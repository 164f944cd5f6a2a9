"""`crossread archive erase`, `allow`, `correct` and `hold`."""

import json
from pathlib import Path
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from crossread.archive import erase as erasing
from crossread.archive import holds
from crossread.archive import store as archive
from crossread.archive.correct import correct_by_hand
from crossread.archive.model import Study, study_id
from crossread.archive.store import corrections, removal
from crossread.archive.store import holds as held
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.commands.connect import within
from crossread.hospitals import store as hospitals
from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound


def erase(
    settings: Settings,
    hospital: str,
    *,
    patient: str,
    issuer: str,
    study: str,
    reason: str,
    certificate: Path | None,
    sure: bool,
) -> None:
    """Erase, after asking. Raises NotFound, OnHold."""

    async def count(db: Connection) -> tuple[int, int]:
        found = await _meant(db, hospital, patient, issuer, study)
        return len(found), sum(one.instance_count for one in found)

    studies, images = within(settings, count)
    if not sure:
        typer.confirm(f"Erase {studies} studies with {images} images for good?", abort=True)

    async def run(db: Connection) -> erasing.Erasure:
        found = await _meant(db, hospital, patient, issuer, study)
        ground = erasing.Ground.PATIENT if patient else erasing.Ground.REQUEST
        return await erasing.erase(
            db, found, ground=ground, reason=reason, by=None, now=clock.now()
        )

    done = within(settings, run)
    console = Console()
    if certificate is not None:
        proof = {"certificate": done.certificate, "seal": done.seal}
        certificate.write_text(json.dumps(proof, indent=2, ensure_ascii=False) + "\n")
        console.print(f"The certificate is in {certificate}.")
    console.print(f"[green]✓[/green] {studies} studies were erased; seal {done.seal}.")


def correct(settings: Settings, hospital: str, study: str, reason: str, values: list[str]) -> None:
    """Correct a study by hand. Raises NotFound, CrossreadError for what cannot be corrected."""
    pairs = (value.partition("=") for value in values)
    told = {keyword: text for keyword, _, text in pairs}

    async def run(db: Connection) -> None:
        [one] = await _meant(db, hospital, "", "", study)
        await correct_by_hand(db, one, told, reason=reason, by=None, now=clock.now())

    within(settings, run)
    Console().print("[green]✓[/green] The study says so from now on.")


def allow(settings: Settings, hospital: str, study: str) -> None:
    """Let an erased study come in again. Raises NotFound."""

    async def run(db: Connection) -> None:
        await hospitals.hospital(db, hospital)
        if not await removal.allow_again(db, study_id(hospital, study)):
            raise NotFound("This study was not erased here.")
        await _audit(db, hospital, "allow", "study", str(study_id(hospital, study)))

    within(settings, run)
    Console().print("[green]✓[/green] The study may come in again.")


def place_hold(
    settings: Settings, hospital: str, *, patient: str, issuer: str, study: str, reason: str
) -> None:
    """Place a legal hold. Raises NotFound."""

    async def run(db: Connection) -> UUID:
        await hospitals.hospital(db, hospital)
        one = (await _meant(db, hospital, "", "", study))[0] if study else None
        whose = (issuer or await hospitals.own_issuer(db, hospital), patient) if patient else None
        hold_id = await holds.place(
            db, hospital, study=one, patient=whose, reason=reason, by=None, now=clock.now()
        )
        await _audit(db, hospital, "hold", "hold", str(hold_id))
        return hold_id

    Console().print(f"[green]✓[/green] Hold {within(settings, run)} is in force.")


def show_holds(settings: Settings, hospital: str) -> None:
    """Print the holds in force."""

    async def read(db: Connection) -> list[Row]:
        await hospitals.hospital(db, hospital)
        return await held.holds(db, hospital, 1000)

    table = Table("id", "since", "holds", "reason", "placed by")
    for row in within(settings, read):
        what = f"patient {row['patient_number']}" if row["patient_number"] else "one study"
        since = f"{row['placed_at']:%Y-%m-%d}"
        table.add_row(str(row["id"]), since, what, row["reason"], row["placed_by"] or "—")
    Console().print(table)


def lift_hold(settings: Settings, hospital: str, identifier: UUID) -> None:
    """End a hold. Raises NotFound."""

    async def run(db: Connection) -> None:
        await holds.lift(db, hospital, identifier, None, clock.now())
        await _audit(db, hospital, "lift_hold", "hold", str(identifier))

    within(settings, run)
    Console().print("[green]✓[/green] The hold is lifted.")


async def _meant(
    db: Connection, hospital: str, patient: str, issuer: str, study: str
) -> list[Study]:
    """The studies that are meant. Raises NotFound without any."""
    await hospitals.hospital(db, hospital)
    if patient:
        whose = issuer or await hospitals.own_issuer(db, hospital)
        found = list(await corrections.studies_of_patient(db, hospital, whose, patient))
    else:
        one = await archive.study_by_uid(db, hospital, study)
        found = [one] if one is not None else []
    if not found:
        raise NotFound("There is nothing here of this hospital that fits.")
    return found


async def _audit(db: Connection, hospital: str, action: str, kind: str, subject: str) -> None:
    await record(
        db,
        Entry(
            action=action,
            purpose="administration",
            subject_kind=kind,
            subject_id=subject,
            allowed=True,
            hospital_id=hospital,
            facts={"by": "operator"},
        ),
    )
