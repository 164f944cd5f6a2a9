"""`crossread hospital`: add, list and test hospitals."""

import asyncio
import re

from rich.console import Console
from rich.table import Table

from crossread.commands import security
from crossread.commands.connect import within
from crossread.gateways.dicom import calling
from crossread.gateways.dicom import send as dicom
from crossread.gateways.dicom.tls import Keys
from crossread.gateways.dicomweb import client as dicomweb
from crossread.gateways.hl7v2 import send as hl7v2
from crossread.hospitals import store
from crossread.hospitals.model import DICOM_KINDS, Endpoint, EndpointKind, Hospital
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection
from crossread.platform.errors import CrossreadError

_SHORT_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")
_PARTS = {
    EndpointKind.PACS: "HOST:PORT:AE_TITLE",
    EndpointKind.MACHINE: "HOST:PORT:AE_TITLE",
    EndpointKind.RIS: "HOST:PORT:APPLICATION:FACILITY",
}


def add(
    settings: Settings,
    identifier: str,
    name: str,
    *,
    pacs: str | None,
    ris: str | None,
    issuer: str,
) -> None:
    """Add a hospital with its endpoints. Raises ConfigurationError."""
    if not _SHORT_NAME.fullmatch(identifier):
        raise ConfigurationError(
            f"'{identifier}' cannot be a short name: 2 to 31 lower case letters, digits and dashes,"
            " a letter first."
        )
    endpoints = [
        endpoint(identifier, kind, text)
        for kind, text in ((EndpointKind.PACS, pacs), (EndpointKind.RIS, ris))
        if text
    ]

    async def save(db: Connection) -> None:
        issuers = (issuer or identifier.upper(),)
        await store.save_hospital(db, Hospital(identifier, name, patient_issuers=issuers))
        for one in endpoints:
            await store.save_endpoint(db, one)

    within(settings, save)
    Console().print(f"[green]✓[/green] {name} takes part as '{identifier}'.")


def endpoint(hospital_id: str, kind: EndpointKind, text: str) -> Endpoint:
    """An endpoint as it is written on the command line. Raises ConfigurationError."""
    parts = text.split(":")
    wanted = _PARTS[kind].count(":") + 1
    if len(parts) != wanted or not parts[1].isdigit():
        raise ConfigurationError(f"'{text}' is not of the form {_PARTS[kind]}.")
    host, port, application, *facility = parts
    return Endpoint(
        f"{hospital_id}/{kind}",
        hospital_id,
        kind,
        host,
        int(port),
        application,
        facility[0] if facility else "",
    )


def show(settings: Settings) -> None:
    """Print all hospitals and their endpoints."""

    async def read(db: Connection) -> tuple[list[Hospital], list[Endpoint]]:
        return await store.hospitals(db), await store.endpoints(db)

    hospitals, endpoints = within(settings, read)
    if not hospitals:
        Console().print("No hospital takes part yet. Add one with `crossread hospital add`.")
        return
    table = Table("hospital", "name", "endpoint", "address", "application", "calls from")
    for one in hospitals:
        own: list[Endpoint | None] = [e for e in endpoints if e.hospital_id == one.id]
        own = own or [None]
        for place, each in enumerate(own):
            first = (one.id, one.name) if place == 0 else ("", "")
            table.add_row(*first, *(_row(each) if each else ("—",) * 4))
    Console().print(table)


def _row(one: Endpoint) -> tuple[str, ...]:
    whence = security.whence(one) if one.kind in DICOM_KINDS else ""
    return one.kind, f"{address(one)}{' (TLS)' if one.tls else ''}", one.application, whence


def address(one: Endpoint) -> str:
    """Where an endpoint is."""
    return one.url or f"{one.host}:{one.port}"


def test(settings: Settings, identifier: str) -> bool:
    """Probe every endpoint of a hospital; whether all answer."""

    async def read(db: Connection) -> list[Endpoint]:
        await store.hospital(db, identifier)
        return await store.endpoints(db, identifier)

    console, well = Console(), True
    for one in within(settings, read):
        problem = asyncio.run(probe(one, settings))
        well = well and problem is None
        mark = "[green]✓[/green]" if problem is None else "[red]✗[/red]"
        console.print(f"{mark} {one.id} {address(one)} {problem or 'answers'}")
    return well


async def probe(one: Endpoint, settings: Settings) -> str | None:
    """Whether an endpoint answers: None, or the sentence that says what is wrong."""
    try:
        match one.kind:
            case EndpointKind.PACS | EndpointKind.MACHINE:
                calling.use(Keys.of(settings.dicom))
                await dicom.echo(one, calling=settings.dicom.ae_title)
            case EndpointKind.RIS:
                await hl7v2.probe(one)
            case EndpointKind.WEB:
                await dicomweb.probe(one, authorities=settings.dicom.tls_servers)
    except CrossreadError as error:
        return error.sentence
    return None
