"""The command line: names the commands, reads their options, and says what went wrong."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from crossread.commands import archive as archives
from crossread.commands import transfers
from crossread.commands.roles import Role
from crossread.hospitals.model import Keeping
from crossread.platform.configuration import settings
from crossread.platform.errors import CrossreadError

FAILED = 1

app = typer.Typer(
    name="crossread",
    help="Hospitals read each other's radiology.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
hospital = typer.Typer(help="Hospitals that take part.", no_args_is_help=True)
user = typer.Typer(help="People who sign in.", no_args_is_help=True)
archive = archives.app
agreement = typer.Typer(help="Who reads what for whom.", no_args_is_help=True)
app.add_typer(hospital, name="hospital")
app.add_typer(user, name="user")
app.add_typer(agreement, name="agreement")
app.add_typer(transfers.app, name="transfer")
app.add_typer(archive, name="archive")

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; default ./crossread.toml.")
]


def main() -> None:
    """Run the command that was asked for; one sentence on standard error when it fails."""
    try:
        app()
    except CrossreadError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]✗[/red] {error.sentence}")
        if error.cause:
            Console(stderr=True, soft_wrap=True).print(f"[dim]{error.cause}[/dim]")
        sys.exit(FAILED)


@app.command()
def serve(
    config: Config = None,
    role: Annotated[
        list[Role] | None, typer.Option(help="Only this role; may be given more than once.")
    ] = None,
    migrate: Annotated[bool, typer.Option(help="Bring the database up to date first.")] = False,
    attended: Annotated[
        bool, typer.Option(help="Stop when standard input closes: for a program that starts it.")
    ] = False,
) -> None:
    """Run crossread: web, DICOM and HL7 listeners and the worker, each a process of its own."""
    from crossread.commands.serve import serve as run

    roles = role or list(Role)
    run(settings(config), roles, migrate=migrate, config=config, attended=attended)


@app.command()
def migrate(config: Config = None) -> None:
    """Bring the database to the schema of this version."""
    from crossread.commands.connect import as_found, see_that_it_answers
    from crossread.commands.serve import ensure_schema

    use = settings(config)
    with as_found(use):
        url = use.resolved_database_url()
        see_that_it_answers(url)
        ensure_schema(url, migrate=True)
    Console().print("[green]✓[/green] The database is up to date.")


@app.command()
def doctor(config: Config = None) -> None:
    """Check everything that crossread stands on, and say what to mend."""
    from crossread.commands.doctor import examine

    if not examine(settings(config)):
        raise typer.Exit(FAILED)


@app.command()
def demo(
    check: Annotated[
        bool, typer.Option("--check", help="A scripted radiologist; exits 0 if all arrived.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", help="Where the demo lives; default ./var/demo.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Send your own DICOM files from this folder.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of the web server; 0 takes a free one.")] = 8080,
) -> None:
    """Show the whole journey: three made-up hospitals, and one crossread between them."""
    from crossread.commands.demo import Wish, show

    if not show(Wish(folder or Path("var/demo"), check=check, data=data, port=port)):
        raise typer.Exit(FAILED)


@hospital.command("add")
def hospital_add(
    identifier: Annotated[str, typer.Argument(help="Short name in lower case, such as noord.")],
    name: Annotated[str, typer.Argument(help="Its full name.")],
    pacs: Annotated[str | None, typer.Option(help="HOST:PORT:AE_TITLE of its PACS.")] = None,
    ris: Annotated[
        str | None, typer.Option(help="HOST:PORT:APPLICATION:FACILITY of its RIS.")
    ] = None,
    issuer: Annotated[str, typer.Option(help="Namespace of its patient numbers.")] = "",
    config: Config = None,
) -> None:
    """Add a hospital, or change its endpoints."""
    from crossread.commands.hospitals import add

    add(settings(config), identifier, name, pacs=pacs, ris=ris, issuer=issuer)


@hospital.command("endpoint")
def hospital_endpoint(
    identifier: Annotated[str, typer.Argument(help="HOSPITAL/NAME, such as noord/archive.")],
    pacs: Annotated[str | None, typer.Option(help="HOST:PORT:AE_TITLE of a PACS.")] = None,
    machine: Annotated[
        str | None,
        typer.Option(help="HOST:PORT:AE_TITLE of a scanner, a workstation or a DICOM RIS."),
    ] = None,
    url: Annotated[str | None, typer.Option(help="Root of a DICOMweb server.")] = None,
    key_stdin: Annotated[
        bool, typer.Option(help="Read the key that it gave us from standard input.")
    ] = False,
    config: Config = None,
) -> None:
    """Add a system of a hospital: another PACS, a machine, or a DICOMweb server."""
    from crossread.commands.endpoints import add

    key = sys.stdin.readline().strip() if key_stdin else ""
    add(settings(config), identifier, pacs=pacs, machine=machine, url=url, key=key)


@hospital.command("secure")
def hospital_secure(
    identifier: Annotated[str, typer.Argument(help="A hospital, or HOSPITAL/NAME.")],
    tls: Annotated[
        bool | None, typer.Option("--tls/--no-tls", help="Whether its PACS is reached over TLS.")
    ] = None,
    calls_from: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            help="Address or network (CIDR) from which its PACS may call; may be given more than"
            " once; '' for its own host only.",
        ),
    ] = None,
    certificate: Annotated[
        list[str] | None,
        typer.Option(
            help="Certificate that its PACS must show, as a file in PEM, a SHA-256 fingerprint or a"
            " subject; may be given more than once; '' for none.",
        ),
    ] = None,
    config: Config = None,
) -> None:
    """Say over what a hospital's PACS is reached, and how it is known when it calls."""
    from crossread.commands.security import Security, secure

    secure(settings(config), identifier, Security(tls, calls_from or None, certificate or None))


@hospital.command("list")
def hospital_list(config: Config = None) -> None:
    """Show all hospitals and their endpoints."""
    from crossread.commands.hospitals import show

    show(settings(config))


@hospital.command("test")
def hospital_test(identifier: str, config: Config = None) -> None:
    """See whether a hospital's PACS (C-ECHO) and RIS answer."""
    from crossread.commands.hospitals import test

    if not test(settings(config), identifier):
        raise typer.Exit(FAILED)


@hospital.command("key")
def hospital_key(
    identifier: Annotated[str, typer.Argument(help="Short name of the hospital.")],
    right: Annotated[
        list[str] | None,
        typer.Option(help="read, store or delete; more than once. Default: read and store."),
    ] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    show_all: Annotated[bool, typer.Option("--list", help="Show its keys instead.")] = False,
    revoke: Annotated[str | None, typer.Option(help="End the key with this name.")] = None,
    config: Config = None,
) -> None:
    """Make a key for the hospital's own systems (DICOMweb); it is shown once."""
    from crossread.commands import keys

    use = settings(config)
    if show_all:
        keys.show(use, identifier)
    elif revoke is not None:
        keys.revoke(use, identifier, revoke)
    else:
        keys.make(use, identifier, right or ["read", "store"], label)


@hospital.command("notify")
def hospital_notify(
    endpoint: Annotated[str, typer.Argument(help="Its endpoint, such as noord/pacs.")],
    off: Annotated[bool, typer.Option("--off", help="No longer.")] = False,
    config: Config = None,
) -> None:
    """Tell an endpoint when images can be retrieved (Instance Availability Notification)."""
    from crossread.commands.steps import notify

    notify(settings(config), endpoint, off=off)


@hospital.command("steps")
def hospital_steps(identifier: str, config: Config = None) -> None:
    """Show what a hospital's machines did of late (MPPS)."""
    from crossread.commands.steps import steps

    steps(settings(config), identifier)


@hospital.command("commitments")
def hospital_commitments(identifier: str, config: Config = None) -> None:
    """Show which images a hospital asked us to answer for (Storage Commitment)."""
    from crossread.commands.steps import commitments

    commitments(settings(config), identifier)


@user.command("add")
def user_add(
    username: str,
    name: Annotated[str, typer.Option(help="Full name.")],
    at: Annotated[str, typer.Option("--hospital", help="Short name of her hospital.")],
    role: Annotated[list[str], typer.Option(help="Her role; may be given more than once.")],
    password_stdin: Annotated[
        bool, typer.Option(help="Read the password from standard input.")
    ] = False,
    no_password: Annotated[
        bool, typer.Option(help="She signs in at the identity provider only.")
    ] = False,
    config: Config = None,
) -> None:
    """Add somebody, or change her name, roles and password."""
    from crossread.commands.users import add

    password = None
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif not no_password:
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    add(settings(config), username, name, at, role, password)


@user.command("list")
def user_list(config: Config = None) -> None:
    """Show everybody who can sign in."""
    from crossread.commands.users import show

    show(settings(config))


@user.command("token")
def user_token(
    username: str,
    days: Annotated[int, typer.Option(help="How long it counts.")] = 90,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    config: Config = None,
) -> None:
    """Make a token with which a program may act as this person; it is shown once."""
    from crossread.commands.users import make_token

    make_token(settings(config), username, days, label)


@agreement.command("add")
def agreement_add(
    identifier: str,
    source: Annotated[str, typer.Option(help="Hospital whose studies are read.")],
    reader: Annotated[list[str], typer.Option(help="Hospital that reads them.")],
    modality: Annotated[list[str] | None, typer.Option(help="Only these; default all.")] = None,
    tariff_cents: Annotated[int, typer.Option(help="What a report costs, in euro cents.")] = 0,
    without_consent: Annotated[
        bool, typer.Option(help="The patient's recorded permission is not needed.")
    ] = False,
    keeping: Annotated[
        Keeping, typer.Option(help="Whether images stay, or only until the report is home.")
    ] = Keeping.ARCHIVE,
    days: Annotated[
        int, typer.Option(min=0, help="How long a cache keeps them when the report is home.")
    ] = 14,
    config: Config = None,
) -> None:
    """Put a new version of an agreement in force."""
    from crossread.commands.agreements import add

    add(
        settings(config),
        identifier,
        source,
        reader,
        modalities=modality or [],
        tariff_cents=tariff_cents,
        needs_consent=not without_consent,
        keeping=keeping,
        cache_days=days,
    )


@agreement.command("list")
def agreement_list(config: Config = None) -> None:
    """Show the agreements in force."""
    from crossread.commands.agreements import show

    show(settings(config))


@archive.command("export")
def archive_export(
    study: Annotated[str, typer.Argument(help="Its id, or its Study Instance UID.")],
    target: Annotated[Path, typer.Argument(metavar="FILE.zip", help="Where to write it.")],
    hospital_id: Annotated[
        str | None, typer.Option("--hospital", help="Whose, where several have this study.")
    ] = None,
    as_kept: Annotated[
        bool, typer.Option(help="In the transfer syntax it came in; default uncompressed.")
    ] = False,
    config: Config = None,
) -> None:
    """Write a study to a ZIP with a DICOMDIR, for a CD, a stick or a colleague."""
    from crossread.commands.archive_media import export

    export(settings(config), study, target, hospital=hospital_id, as_kept=as_kept)


@archive.command("import")
def archive_import(
    path: Annotated[Path, typer.Argument(help="A folder, such as a CD, a ZIP, or a file.")],
    hospital_id: Annotated[str, typer.Option("--hospital", help="Whose file it belongs in.")],
    own_numbers: Annotated[
        bool, typer.Option(help="Patient numbers on it are this hospital's own.")
    ] = False,
    config: Config = None,
) -> None:
    """Take in every DICOM file of a folder or ZIP; what is here already changes nothing."""
    from crossread.commands.archive_media import take

    if not take(settings(config), path, hospital_id, own_numbers=own_numbers):
        raise typer.Exit(FAILED)


@archive.command("copies")
def archive_copies(
    study: Annotated[
        str | None, typer.Option("--make", help="Make those of this study now: id or UID.")
    ] = None,
    hospital_id: Annotated[
        str | None, typer.Option("--hospital", help="Whose, where several have this study.")
    ] = None,
    config: Config = None,
) -> None:
    """Show what HTJ2K copies there are for the viewer, or make those of a study now."""
    from crossread.commands.archive.copying import make, show

    if study is not None:
        make(settings(config), study, hospital_id)
    show(settings(config))
