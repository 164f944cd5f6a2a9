"""`crossread archive export` and `crossread archive import`: studies to and from media."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from crossread.archive import store
from crossread.archive.imports import FOREIGN
from crossread.archive.intake import Intake
from crossread.archive.model import Announced, Study
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.commands.connect import as_found, see_that_it_answers
from crossread.gateways.media import sources
from crossread.gateways.media.export import Profile, exported, see_that_it_is_here
from crossread.gateways.media.run import SENDER
from crossread.gateways.media.take_in import Tally, take_in
from crossread.hospitals import store as hospitals
from crossread.patients.model import patient_id
from crossread.platform import clock
from crossread.platform.configuration import Settings
from crossread.platform.database import Connection, Database
from crossread.platform.errors import CrossreadError, NotFound
from crossread.platform.objects import Objects

_LISTED = 50  # refusals that are printed

_Answer = TypeVar("_Answer")


def export(
    settings: Settings, study: str, target: Path, *, hospital: str | None, as_kept: bool
) -> None:
    """Write a study, named by its id or its Study Instance UID, to a ZIP.

    Raises NotFound, NotHere, Damaged, and CrossreadError when the file is there already.
    """
    if target.exists():
        raise CrossreadError(f"{target} is there already; name another file, or remove it.")
    profile = Profile.AS_KEPT if as_kept else Profile.GENERAL

    async def run(database: Database, objects: Objects) -> int:
        async with database.transaction() as db:
            found = await study_named(db, study, hospital)
            instances = await store.instances_of(db, found.id)
            see_that_it_is_here(instances)
            name = (await hospitals.hospital(db, found.hospital_id)).name
            await record(db, _exported(found, len(instances)))
        partial = target.with_name(target.name + ".part")
        with _progress() as progress, partial.open("wb") as file:
            bar = progress.add_task("export", total=len(instances))
            pieces = exported(
                database,
                objects,
                found,
                instances,
                hospital=name,
                profile=profile,
                now=clock.now(),
                told=lambda count: progress.update(bar, completed=count),
            )
            async for piece in pieces:
                await asyncio.to_thread(file.write, piece)
        partial.rename(target)
        return len(instances)

    count = on_ground(settings, run)
    Console(soft_wrap=True).print(f"[green]✓[/green] {count} images are in {target}.")


def take(settings: Settings, path: Path, hospital: str, *, own_numbers: bool) -> bool:
    """Take in a folder, a ZIP or a file for a hospital; whether nothing was refused.

    Raises NotFound, Unreadable, NotKept.
    """

    async def run(database: Database, objects: Objects) -> Tally:
        async with database.transaction() as db:
            await hospitals.hospital(db, hospital)
        _see_that_it_is_elsewhere(path, objects)
        spool = settings.data_folder.resolve() / "spool"
        intake = Intake(database, objects, clock.now, spool=spool)
        said = Announced(
            hospital, SENDER, "", protocol="media", issuer="" if own_numbers else FOREIGN
        )
        with _progress() as progress:
            bar = progress.add_task("import", total=None)
            tally = await asyncio.to_thread(
                take_in,
                intake,
                sources.files_in(path),
                said,
                told=lambda now: progress.update(bar, completed=now.seen),
            )
        await intake.close()
        async with database.transaction() as db:
            await record(db, _imported(hospital, tally))
        return tally

    tally = on_ground(settings, run)
    console = Console(soft_wrap=True, highlight=False)
    mark = "[yellow]![/yellow]" if tally.refused else "[green]✓[/green]"
    console.print(
        f"{mark} {tally.stored} images of {len(tally.studies)} studies are new, {tally.repeated}"
        f" were here already, {tally.refused} were refused, {tally.others} other files."
    )
    for one in tally.refusals[:_LISTED]:
        console.print(f"  {one.name}: {one.sentence}", markup=False)
    if tally.refused > _LISTED:
        console.print(f"  ... and {tally.refused - _LISTED} more")
    return tally.refused == 0


def on_ground(
    settings: Settings, verb: Callable[[Database, Objects], Awaitable[_Answer]]
) -> _Answer:
    """What `verb` answers, on the database and the object store."""

    async def run(url: str) -> _Answer:
        async with Database(url, size=4) as database:
            return await verb(database, Objects(settings.objects_location()))

    with as_found(settings):
        url = settings.resolved_database_url()
        see_that_it_answers(url)
        return asyncio.run(run(url))


async def study_named(db: Connection, named: str, hospital: str | None) -> Study:
    """The study that is meant. Raises NotFound, and CrossreadError when it could be several."""
    try:
        return await store.study(db, UUID(named))
    except ValueError:
        found = await store.studies_with_uid(db, named)
    found = [one for one in found if hospital in {None, one.hospital_id}]
    if not found:
        raise NotFound("This study is not in the archive.")
    if len(found) > 1:
        names = ", ".join(sorted(one.hospital_id for one in found))
        raise CrossreadError(f"Several hospitals have this study; add --hospital, one of {names}.")
    return found[0]


def _see_that_it_is_elsewhere(path: Path, objects: Objects) -> None:
    """The archive itself is no medium: it would be read while it grows. Raises CrossreadError."""
    own, path = objects.folder, path.resolve()
    if own is not None and (path.is_relative_to(own) or own.is_relative_to(path)):
        raise CrossreadError("This folder holds the archive itself; name the medium.")


def _exported(study: Study, count: int) -> Entry:
    return Entry(
        action="export",
        purpose="administration",
        subject_kind="study",
        subject_id=str(study.id),
        allowed=True,
        patient_id=patient_id(study.hospital_id, study.issuer, study.patient_number),
        hospital_id=study.hospital_id,
        form="identified",
        facts={"instances": count, "by": "operator"},
    )


def _imported(hospital: str, tally: Tally) -> Entry:
    return Entry(
        action="import",
        purpose="administration",
        subject_kind="import",
        subject_id=hospital,
        allowed=True,
        hospital_id=hospital,
        facts={"stored": tally.stored, "refused": tally.refused, "by": "operator"},
    )


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=Console(stderr=True),
        transient=True,
    )
