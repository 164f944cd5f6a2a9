"""Keys of hospitals' own systems: long secrets, of which only the digest is kept."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime

from crossread.hospitals import store
from crossread.hospitals.model import Key, Right
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound


async def make(
    db: Connection, hospital_id: str, rights: Iterable[Right], label: str, now: datetime
) -> str:
    """A new key of a hospital; this is the only time that it can be seen. Raises NotFound."""
    await store.hospital(db, hospital_id)
    secret = secrets.token_urlsafe(32)
    key = Key(secrets.token_hex(4), hospital_id, label, frozenset(rights), now)
    await store.insert_key(db, key, digest(secret))
    return secret


async def revoke(db: Connection, hospital_id: str, key_id: str, now: datetime) -> None:
    """End a key; who holds it is refused within seconds. Raises NotFound."""
    if not await store.revoke_key(db, hospital_id, key_id, now):
        raise NotFound(
            f"'{hospital_id}' has no key '{key_id}' that counts."
            f" `crossread hospital key {hospital_id} --list` shows all."
        )


async def whose(db: Connection, secret: str) -> Key | None:
    """The key of which this is the secret, if it counts."""
    return await store.key_by_digest(db, digest(secret))


def digest(secret: str) -> bytes:
    """What is kept of a key: it is random and long, so that a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
