"""`crossread archive`: how images are kept, hidden, held and erased."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from crossread.platform.configuration import settings

app = typer.Typer(help="Images: kept, held, erased, moved.", no_args_is_help=True)
quarantine = typer.Typer(help="What was refused, and what becomes of it.", no_args_is_help=True)
hold = typer.Typer(help="Legal holds: what must stay.", no_args_is_help=True)
app.add_typer(quarantine, name="quarantine")
app.add_typer(hold, name="hold")

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; default ./crossread.toml.")
]
Hospital = Annotated[str, typer.Argument(help="Short name of a hospital.")]
Reason = Annotated[str, typer.Option(help="Why; the audit trail keeps it. Name no patient.")]
Patient = Annotated[str, typer.Option(help="Patient number, as the hospital gives it.")]
Issuer = Annotated[str, typer.Option(help="Namespace of the number; default the hospital's own.")]
Study = Annotated[str, typer.Option(help="Study Instance UID.")]
Held = Annotated[UUID, typer.Argument(help="Its id in the list.")]


@app.command("scrub")
def scrub(
    pause: Annotated[bool, typer.Option("--pause", help="Stop reading until resumed.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on reading.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Begin a round now.")] = False,
    config: Config = None,
) -> None:
    """Show how far the reading again of everything is; pause it, or begin a round."""
    from crossread.commands.archive.keeping import show_scrub

    if pause + resume + now > 1:
        raise typer.BadParameter("only one of --pause, --resume and --now")
    paused = True if pause else (False if resume else None)
    show_scrub(settings(config), paused=paused, now=now)


@app.command("usage")
def usage(config: Config = None) -> None:
    """Show what is kept of each hospital, and its limits."""
    from crossread.commands.archive.keeping import show_usage

    show_usage(settings(config))


@app.command("quota")
def quota(
    hospital: Hospital,
    warn: Annotated[float | None, typer.Option(min=0.001, help="GB to be warned of.")] = None,
    limit: Annotated[
        float | None, typer.Option(min=0.001, help="GB from which no more is taken in.")
    ] = None,
    config: Config = None,
) -> None:
    """Say how much may be kept of a hospital; what is not given has no limit."""
    from crossread.commands.archive.keeping import set_quota

    set_quota(settings(config), hospital, warn, limit)


@app.command("retention")
def retention(
    hospital: Hospital,
    years: Annotated[
        int | None, typer.Option(min=1, max=200, help="Absent: kept for good.")
    ] = None,
    config: Config = None,
) -> None:
    """Say how many years a hospital keeps what it has here; its people confirm what goes."""
    from crossread.commands.archive.keeping import set_retention

    set_retention(settings(config), hospital, years)


@app.command("expired")
def expired(hospital: Hospital, config: Config = None) -> None:
    """Show studies whose years are over; nothing is erased by looking."""
    from crossread.commands.archive.keeping import show_expired

    show_expired(settings(config), hospital)


@app.command("erase")
def erase(
    hospital: Hospital,
    reason: Reason,
    patient: Patient = "",
    issuer: Issuer = "",
    study: Study = "",
    certificate: Annotated[
        Path | None, typer.Option(help="Where the proof goes; it is kept here too.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing.")] = False,
    config: Config = None,
) -> None:
    """Erase all of a patient, or one study, for good, and prove it."""
    from crossread.commands.archive.erasing import erase as run

    if bool(patient) == bool(study):
        raise typer.BadParameter("give either --patient or --study")
    run(
        settings(config),
        hospital,
        patient=patient,
        issuer=issuer,
        study=study,
        reason=reason,
        certificate=certificate,
        sure=yes,
    )


@app.command("correct")
def correct(
    hospital: Hospital,
    study: Annotated[str, typer.Argument(help="Study Instance UID.")],
    reason: Reason,
    value: Annotated[list[str], typer.Option("--set", help="KEYWORD=VALUE; may be repeated.")],
    config: Config = None,
) -> None:
    """Say what a study should have said of its patient or order; its bytes stay as they came."""
    from crossread.commands.archive.erasing import correct as run

    run(settings(config), hospital, study, reason, value)


@app.command("allow")
def allow(
    hospital: Hospital,
    study: Annotated[str, typer.Argument(help="Study Instance UID.")],
    config: Config = None,
) -> None:
    """Let a study that was erased come in again."""
    from crossread.commands.archive.erasing import allow as run

    run(settings(config), hospital, study)


@hold.command("place")
def hold_place(
    hospital: Hospital,
    reason: Reason,
    patient: Patient = "",
    issuer: Issuer = "",
    study: Study = "",
    config: Config = None,
) -> None:
    """Hold all of a patient, or one study: nothing of it is evicted, expires or is erased."""
    from crossread.commands.archive.erasing import place_hold

    if bool(patient) == bool(study):
        raise typer.BadParameter("give either --patient or --study")
    place_hold(
        settings(config), hospital, patient=patient, issuer=issuer, study=study, reason=reason
    )


@hold.command("list")
def hold_list(hospital: Hospital, config: Config = None) -> None:
    """Show the legal holds of a hospital that are in force."""
    from crossread.commands.archive.erasing import show_holds

    show_holds(settings(config), hospital)


@hold.command("lift")
def hold_lift(hospital: Hospital, identifier: Held, config: Config = None) -> None:
    """End a legal hold."""
    from crossread.commands.archive.erasing import lift_hold

    lift_hold(settings(config), hospital, identifier)


@quarantine.command("list")
def quarantine_list(
    hospital: Annotated[str | None, typer.Option(help="Only of this hospital.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Also what was resolved.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    config: Config = None,
) -> None:
    """Show what was refused and why, newest first."""
    from crossread.commands.archive.quarantine import show

    show(settings(config), hospital, every=every, limit=limit)


@quarantine.command("readmit")
def quarantine_readmit(
    identifier: Held,
    reason: Reason,
    value: Annotated[
        list[str] | None, typer.Option("--set", help="KEYWORD=VALUE to mend; may be repeated.")
    ] = None,
    hospital: Annotated[str, typer.Option(help="Whose it is, if that was not right.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Takes the place of what is kept under its UID.")
    ] = False,
    config: Config = None,
) -> None:
    """Let something in after all, mended if need be."""
    from crossread.commands.archive.quarantine import readmit

    readmit(settings(config), identifier, reason, value or [], hospital, replace=replace)


@quarantine.command("discard")
def quarantine_discard(identifier: Held, reason: Reason, config: Config = None) -> None:
    """Throw something away."""
    from crossread.commands.archive.quarantine import discard

    discard(settings(config), identifier, reason)
