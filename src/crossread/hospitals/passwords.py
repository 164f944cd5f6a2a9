"""Passwords of local sign-ins, kept as scrypt hashes (RFC 7914)."""

import base64
import hashlib
import hmac
import secrets

_N, _R, _P = 1 << 14, 8, 1


def hash_password(password: str) -> str:
    """What is kept of a password."""
    salt = secrets.token_bytes(16)
    return "$".join(
        ("scrypt", f"{_N}:{_R}:{_P}", _text(salt), _text(_derive(password, salt, _N, _R, _P)))
    )


def verify(password: str, hashed: str) -> bool:
    """Whether this is the password of which `hashed` was kept."""
    try:
        _, cost, salt, kept = hashed.split("$")
        n, r, p = (int(part) for part in cost.split(":"))
        derived = _derive(password, base64.b64decode(salt), n, r, p)
        return hmac.compare_digest(derived, base64.b64decode(kept))
    except ValueError:
        return False


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=64 << 20)


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
