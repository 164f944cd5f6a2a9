"""Certificates made for a test: an authority, and what it issues."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Identity:
    """A certificate and its key, as files in PEM."""

    certificate: Path
    key: Path
    fingerprint: str
    subject: str


class Authority:
    """Issues certificates into a folder; with RSA keys where a peer knows no others."""

    def __init__(self, folder: Path, name: str = "authority", *, by_rsa: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._name, self._by_rsa = folder, name, by_rsa
        self._key = self._new_key()
        self._subject = _named(name)
        made = self._made(self._subject, self._key, is_authority=True)
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def issues(self, name: str) -> Identity:
        """A certificate for 127.0.0.1 of this name."""
        key = self._new_key()
        made = self._made(_named(name), key, is_authority=False)
        place = self._folder / f"{self._name}-{name}"
        place.with_suffix(".pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
        place.with_suffix(".key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return Identity(
            place.with_suffix(".pem"),
            place.with_suffix(".key"),
            made.fingerprint(hashes.SHA256()).hex(),
            made.subject.rfc4514_string(),
        )

    def _new_key(self) -> Key:
        if self._by_rsa:
            return rsa.generate_private_key(65_537, 2048)
        return ec.generate_private_key(ec.SECP256R1())

    def _made(self, subject: x509.Name, key: Key, *, is_authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(names, critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _named(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
