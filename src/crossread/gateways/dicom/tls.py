"""DICOM over TLS: the BCP 195 profile, both ways (PS3.15 B.9, B.12; RFC 9325).

TLS 1.3, and 1.2 with forward secrecy and authenticated encryption only; nothing older. Whoever
calls us shows a certificate of an authority that we were given, where one is configured; whom we
call shows one that was named for it, or one for its host of an authority that we trust.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509

from crossread.hospitals.model import Certificate, Endpoint
from crossread.platform.configuration import ConfigurationError, Dicom

# ECDHE for forward secrecy, AEAD for the rest (RFC 9325 4.2); TLS 1.3 has nothing else
_SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20"
_FINGERPRINT = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Keys:
    """Our certificate, and whose certificates we believe: files, PEM."""

    certificate: Path | None = None
    key: Path | None = None
    clients: Path | None = None  # authorities of those that call; None: no certificate is asked for
    servers: Path | None = None  # authorities of those that we call; None: the system's

    @classmethod
    def of(cls, settings: Dicom) -> Keys:
        """Those of the settings."""
        return cls(
            settings.tls_certificate, settings.tls_key, settings.tls_clients, settings.tls_servers
        )

    def for_callers(self) -> ssl.SSLContext:
        """How we answer. Raises ConfigurationError when a file cannot be used."""
        context = self._context(ssl.PROTOCOL_TLS_SERVER)
        if self.certificate is None:
            raise ConfigurationError("dicom.tls_port needs dicom.tls_certificate.")
        if self.clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            _trust(context, self.clients)
        return context

    def to_call(self, endpoint: Endpoint) -> tuple[ssl.SSLContext, str] | None:
        """What pynetdicom takes as `tls_args` for an endpoint; None where it is reached plainly.

        Raises ConfigurationError when a file cannot be used.
        """
        if not endpoint.tls:
            return None
        context = self._context(ssl.PROTOCOL_TLS_CLIENT)
        named = frozenset(filter(_FINGERPRINT.fullmatch, endpoint.certificates))
        if named:
            # what was named for it counts, whoever issued it and for whatever host; a subject does
            # not, as anybody can issue one
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.sslsocket_class = _named(named)
        elif self.servers is not None:
            _trust(context, self.servers)
        else:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return context, endpoint.host

    def _context(self, protocol: int) -> ssl.SSLContext:
        context = ssl.SSLContext(protocol)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_SUITES)
        context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        if self.certificate is not None:
            try:
                context.load_cert_chain(self.certificate, self.key)
            except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
                raise ConfigurationError(
                    f"'{self.certificate}' and '{self.key}' are no certificate and its key, in PEM"
                    " and without a password.",
                    cause=type(error).__name__,
                ) from None
        return context


def shown_by(link: Any) -> Certificate | None:
    """The certificate that the other end of a connection showed; None without TLS or without."""
    if not isinstance(link, ssl.SSLSocket):
        return None
    content = link.getpeercert(binary_form=True)
    return certificate(content) if content else None


def certificate(der: bytes) -> Certificate:
    """By what a certificate is known. Raises ValueError when it is none."""
    subject = x509.load_der_x509_certificate(der).subject.rfc4514_string()
    return Certificate(hashlib.sha256(der).hexdigest(), subject)


def _trust(context: ssl.SSLContext, authorities: Path) -> None:
    try:
        context.load_verify_locations(cafile=authorities)
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"'{authorities}' holds no certificates of authorities in PEM.",
            cause=type(error).__name__,
        ) from None


def _named(wanted: frozenset[str]) -> type[ssl.SSLSocket]:
    """A socket that says nothing to an end whose certificate is none of those."""

    class Named(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            shown = shown_by(self)
            if shown is None or shown.fingerprint not in wanted:
                raise ssl.SSLCertVerificationError("not the certificate that was named for it")

    return Named
