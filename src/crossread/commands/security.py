"""`crossread hospital secure`: over what a PACS is reached, and how it is known when it calls."""

import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

from cryptography import x509
from rich.console import Console

from crossread.commands.connect import within
from crossread.gateways.dicom.tls import certificate
from crossread.hospitals import store
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Connection


@dataclass(frozen=True, slots=True)
class Security:
    """What is to change of how a PACS is reached and known; None leaves it as it is."""

    tls: bool | None = None
    networks: Sequence[str] | None = None
    certificates: Sequence[str] | None = None  # fingerprints, subjects, or files in PEM


def secure(settings: Settings, identifier: str, wish: Security) -> None:
    """Change how a PACS, of a hospital or by the name of its endpoint, is reached and known.

    Raises ConfigurationError for what is no network or no certificate, NotFound.
    """
    networks = wish.networks and [_network(one) for one in wish.networks if one]
    certificates = wish.certificates and [_shown(one) for one in wish.certificates if one]

    async def save(db: Connection) -> Endpoint:
        named = identifier if "/" in identifier else f"{identifier}/{EndpointKind.PACS}"
        now = await store.endpoint(db, named)
        then = replace(
            now,
            tls=now.tls if wish.tls is None else wish.tls,
            networks=now.networks if networks is None else tuple(networks),
            certificates=now.certificates if certificates is None else tuple(certificates),
        )
        await store.secure_endpoint(db, then)
        return then

    kept = within(settings, save)
    console = Console(soft_wrap=True)
    console.print(f"[green]✓[/green] {kept.id} is reached {'over TLS' if kept.tls else 'plainly'}.")
    console.print(f"  It may call from {whence(kept)}.")


def _network(text: str) -> str:
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        raise ConfigurationError(
            f"'{text}' is no address and no network such as 10.1.0.0/16."
        ) from None


def _shown(text: str) -> str:
    """What a certificate is known by: a file's fingerprint, a fingerprint, or a subject."""
    if Path(text).is_file():
        try:
            return certificate(ssl.PEM_cert_to_DER_cert(_first(Path(text)))).fingerprint
        except ValueError:
            raise ConfigurationError(f"'{text}' holds no certificate in PEM.") from None
    fingerprint = text.replace(":", "").lower()
    if re.fullmatch(r"[0-9a-f]{64}", fingerprint):
        return fingerprint
    try:
        return x509.Name.from_rfc4514_string(text).rfc4514_string()
    except ValueError:
        raise ConfigurationError(
            f"'{text}' is no file, no SHA-256 fingerprint and no subject such as CN=pacs,O=Noord."
        ) from None


def _first(file: Path) -> str:
    """The first certificate of a file, which a chain begins with."""
    found = re.search(
        "-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", file.read_text("latin-1"), re.S
    )
    return found.group() if found else ""


def whence(one: Endpoint) -> str:
    """From where an endpoint may call, in words."""
    places = ", ".join(one.networks)
    if one.certificates:
        return f"{places or 'anywhere'}, with one of {len(one.certificates)} certificates"
    return places or f"its own host, {one.host}"
