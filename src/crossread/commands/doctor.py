"""`crossread doctor`: check everything that crossread stands on, and say what to mend."""

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
from cryptography import x509
from rich.console import Console
from rich.table import Table

from crossread import migrations
from crossread.commands.connect import as_found, see_that_it_answers
from crossread.commands.hospitals import probe
from crossread.gateways.dicom.tls import Keys
from crossread.hospitals import store
from crossread.hospitals.model import EndpointKind
from crossread.platform import clock
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Database
from crossread.platform.errors import CrossreadError, Unreachable
from crossread.platform.objects import Objects

OLDEST_POSTGRES = 150_000
LEAST_FREE = 5 << 30  # bytes
LARGEST_DRIFT = 2.0  # seconds between our clock and the database's
EXPIRY_WARNING = 21  # days


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    subject: str
    well: bool
    says: str
    mend: str = ""


Check = Callable[[Settings], Awaitable[list[Finding]]]


def examine(settings: Settings) -> bool:
    """Run every check and print what it found; whether all is well."""
    with as_found(settings):
        findings = asyncio.run(_examine(settings))
    table = Table("", "what", "finding", "what to do", box=None, pad_edge=False)
    for one in findings:
        mark = "[green]✓[/green]" if one.well else "[red]✗[/red]"
        table.add_row(mark, one.subject, one.says, one.mend)
    Console().print(table)
    return all(one.well for one in findings)


async def _examine(settings: Settings) -> list[Finding]:
    findings = []
    for check in (_database, _objects, _ports, _certificates, _disk, _hospitals):
        try:
            findings += await check(settings)
        except CrossreadError as error:
            findings.append(Finding(check.__name__[1:], False, error.sentence, error.cause))
    return findings


async def _database(settings: Settings) -> list[Finding]:
    url = settings.resolved_database_url()
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
            row = await (await connection.execute("select clock_timestamp()")).fetchone()
    except psycopg.OperationalError:
        return [
            Finding(
                "database",
                False,
                "does not answer",
                "Check CROSSREAD_DATABASE_URL, and that the server runs and lets us in.",
            )
        ]
    here, newest = migrations.standing(url)
    drift = abs((clock.now() - row[0]).total_seconds()) if row else 0.0
    kind = "embedded" if settings.is_embedded else "server"
    return [
        Finding(
            "database",
            version >= OLDEST_POSTGRES,
            f"PostgreSQL {version // 10_000} ({kind})",
            "" if version >= OLDEST_POSTGRES else "PostgreSQL 15 or later is needed.",
        ),
        Finding(
            "schema",
            here == newest,
            f"at {here or 'nothing'}, newest is {newest}",
            "" if here == newest else "Run `crossread migrate`.",
        ),
        Finding(
            "clock",
            drift < LARGEST_DRIFT,
            f"{drift:.1f} s from the database's",
            "" if drift < LARGEST_DRIFT else "Synchronise both clocks (NTP).",
        ),
    ]


async def _objects(settings: Settings) -> list[Finding]:
    key, content = f"doctor/{uuid4()}", b"crossread doctor"
    try:
        objects = Objects(settings.objects_location())
        await objects.put(key, content)
        same = await objects.get(key) == content
        await objects.delete(key)
    except Exception as error:  # stores fail in many ways, and each is a finding
        return [
            Finding(
                "objects",
                False,
                f"cannot be written ({type(error).__name__})",
                "Check the setting 'objects', its permissions and credentials.",
            )
        ]
    return [Finding("objects", same, "written, read and deleted")]


async def _ports(settings: Settings) -> list[Finding]:
    findings = []
    listening = [
        ("web", settings.web.host, settings.web.port),
        ("dicom", settings.dicom.host, settings.dicom.port),
        ("hl7", settings.hl7.host, settings.hl7.port),
    ]
    if settings.dicom.tls_port is not None:
        listening.append(("dicom", settings.dicom.host, settings.dicom.tls_port))
    for name, host, port in listening:
        ours = _is_ours(settings.data_folder / "run" / f"{name}.pid")
        taken = _is_taken(host, port)
        says = "free" if not taken else ("held by crossread" if ours else "taken")
        findings.append(
            Finding(
                f"port {port} ({name})",
                not taken or ours,
                says,
                "" if not taken or ours else f"Stop what listens there, or set {name}.port.",
            )
        )
    return findings


def _is_ours(pid_file: Path) -> bool:
    """Whether a crossread that lives wrote this file; a killed one leaves it behind."""
    try:
        return "crossread" in psutil.Process(int(pid_file.read_text())).cmdline()
    except (OSError, ValueError, psutil.Error):
        return False


def _is_taken(host: str, port: int) -> bool:
    with socket.socket() as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError:
            return True
    return False


async def _certificates(settings: Settings) -> list[Finding]:
    shown = {
        "web.certificate": settings.web.certificate,
        "dicom.tls_certificate": settings.dicom.tls_certificate,
    }
    found = [
        await asyncio.to_thread(_certificate, setting, file)
        for setting, file in shown.items()
        if file is not None
    ]
    return [*found, *_keys(settings)]


def _certificate(setting: str, file: Path) -> Finding:
    subject = f"certificate ({setting.partition('.')[0]})"
    try:
        ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return Finding(subject, False, "cannot be read", f"Check the setting {setting}.")
    days = (ends - datetime.now(UTC)).days
    well = days > EXPIRY_WARNING
    return Finding(subject, well, f"ends in {days} days", "" if well else "Renew it now.")


def _keys(settings: Settings) -> list[Finding]:
    """Whether the listener could answer over TLS with what it was given."""
    if settings.dicom.tls_port is None:
        return []
    try:
        Keys.of(settings.dicom).for_callers()
    except ConfigurationError as error:
        return [Finding("TLS (dicom)", False, error.sentence, "Check the settings dicom.tls_*.")]
    return [Finding("TLS (dicom)", True, "can be spoken")]


async def _disk(settings: Settings) -> list[Finding]:
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_folder).free
    well = free > LEAST_FREE
    return [
        Finding(
            "disk",
            well,
            f"{free / (1 << 30):.0f} GB free",
            "" if well else "Make room, or move data_folder to a larger disk.",
        )
    ]


async def _hospitals(settings: Settings) -> list[Finding]:
    url = settings.resolved_database_url()
    try:
        await asyncio.to_thread(see_that_it_answers, url)
        async with Database(url, size=2) as database, database.transaction() as db:
            endpoints = await store.endpoints(db)
    except (psycopg.Error, Unreachable):
        return []  # the database's own finding says why
    findings = []
    for one in endpoints:
        if one.kind is EndpointKind.MACHINE:
            continue  # many listen to nobody, or are switched off at night
        problem = await probe(one, settings)
        findings.append(
            Finding(
                one.id,
                problem is None,
                problem or "answers",
                "" if problem is None else "Ask its administrator; check host, port and names.",
            )
        )
    return findings
