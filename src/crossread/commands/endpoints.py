"""`crossread hospital endpoint`: further archives of a hospital, and its machines."""

from dataclasses import replace
from urllib.parse import urlsplit

from rich.console import Console

from crossread.commands.connect import within
from crossread.commands.hospitals import endpoint
from crossread.hospitals import store
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection

_PORTS = {"http": 80, "https": 443}


def add(
    settings: Settings,
    identifier: str,
    *,
    pacs: str | None,
    machine: str | None,
    url: str | None,
    key: str,
) -> None:
    """Add an archive or machine to a hospital, or change its address.

    Raises ConfigurationError, NotFound.
    """
    hospital_id, _, name = identifier.partition("/")
    if not name:
        raise ConfigurationError(f"'{identifier}' is not of the form HOSPITAL/NAME.")
    if sum(one is not None for one in (pacs, machine, url)) != 1:
        raise ConfigurationError("Give one of --pacs, --machine and --url.")
    if url is not None:
        made = web(hospital_id, identifier, url, key)
    else:
        kind = EndpointKind.PACS if pacs is not None else EndpointKind.MACHINE
        made = replace(endpoint(hospital_id, kind, pacs or machine or ""), id=identifier)

    async def save(db: Connection) -> None:
        await store.hospital(db, hospital_id)
        await store.save_endpoint(db, made)

    within(settings, save)
    Console().print(f"[green]✓[/green] {identifier} is known.")


def web(hospital_id: str, identifier: str, url: str, key: str) -> Endpoint:
    """A DICOMweb server. Raises ConfigurationError."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise ConfigurationError(f"'{url}' is no URL.") from None
    if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"'{url}' is no URL of the form https://host/dicom-web.")
    if parts.username or parts.password:
        raise ConfigurationError("Give the key with --key-stdin, not in the URL.")
    if key and parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ConfigurationError("A key goes only over https.")
    return Endpoint(
        id=identifier,
        hospital_id=hospital_id,
        kind=EndpointKind.WEB,
        host=parts.hostname,
        port=port,
        application=identifier,
        url=url.rstrip("/"),
        key=key,
    )
