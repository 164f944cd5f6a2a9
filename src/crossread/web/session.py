"""Sessions and tokens: who is calling, known by a secret of which we keep only the digest."""

import hashlib
import secrets
from datetime import datetime, timedelta

from fastapi import Request

from crossread.hospitals.model import Reader
from crossread.platform.errors import Refused
from crossread.platform.http import Ground, NotSignedIn
from crossread.web import store

COOKIE = "crossread_session"
GUARD = "x-crossread"  # a header that another site's form or image cannot send
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def begin(ground: Ground, reader: Reader, hours: int) -> str:
    """Start a session; the secret that names it."""
    secret = secrets.token_urlsafe(32)
    now = ground.clock()
    async with ground.database.transaction() as db:
        await store.insert_session(
            db, digest(secret), reader.id, "session", now, now + timedelta(hours=hours)
        )
    return secret


async def end(ground: Ground, request: Request) -> None:
    """End the session of this request, if it has one."""
    secret = request.cookies.get(COOKIE)
    if secret:
        async with ground.database.transaction() as db:
            await store.delete_session(db, digest(secret))


async def identify(request: Request) -> None:
    """Put the signed-in reader on the request.

    By `Authorization: Bearer` or by cookie; a changing request by cookie must also carry the guard
    header. Raises NotSignedIn, Refused.
    """
    ground: Ground = request.app.state.ground
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    bearer = token.strip() if kind.lower() == "bearer" else ""
    secret = bearer or request.cookies.get(COOKIE, "")
    if not secret:
        raise NotSignedIn
    reader = await _owner(ground, secret, ground.clock())
    if reader is None:
        raise NotSignedIn
    if not bearer and request.method not in _SAFE and GUARD not in request.headers:
        raise Refused("This request did not come from the reading room.", reasons=("guard_header",))
    request.state.reader = reader


async def _owner(ground: Ground, secret: str, now: datetime) -> Reader | None:
    async with ground.database.transaction() as db:
        return await store.session_owner(db, digest(secret), now)


def digest(secret: str) -> bytes:
    """What we keep of a secret."""
    return hashlib.sha256(secret.encode()).digest()
