"""Signing in: by the hospital's identity provider (OpenID Connect), or locally in the demo."""

import warnings
from typing import Any, Protocol

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller
from crossread.hospitals.model import Reader
from crossread.hospitals.passwords import hash_password, verify
from crossread.platform.configuration import Settings
from crossread.platform.errors import NotFound, Refused
from crossread.platform.http import Ground, On
from crossread.web import session

with warnings.catch_warnings(record=True):
    # Authlib tells of a change inside it that does not touch what we use, whatever the filters say
    from authlib.integrations.starlette_client import OAuth, OAuthError

DEMO_PASSWORD = "crossread"  # noqa: S105 - shown on the sign-in page of the demo, and only there
# checked when the name is unknown, so that the time of a no does not tell whether it exists
_NOBODY = hash_password("nobody")

public = APIRouter(prefix="/api", tags=["sign-in"])
signed_in = APIRouter(prefix="/api", tags=["sign-in"])


class Credentials(BaseModel):
    """A name and a password."""

    username: str
    password: str


class DemoReader(BaseModel):
    """Somebody made up, whom anybody may be in the demo."""

    username: str
    name: str
    hospital_id: str
    hospital_name: str
    roles: list[str]
    password: str


class Ways(BaseModel):
    """How one may sign in here."""

    local: bool
    oidc: bool
    oidc_name: str
    demo_readers: list[DemoReader]


class Me(BaseModel):
    """Who is signed in."""

    id: str
    username: str
    name: str
    hospital_id: str
    hospital_name: str
    roles: list[str]
    may_report: bool
    may_sign_final: bool


class _Provider(Protocol):
    async def authorize_redirect(self, request: Request, uri: str) -> Response: ...
    async def authorize_access_token(self, request: Request) -> dict[str, Any]: ...


@public.get("/sign-in")
async def ways(request: Request, on: On) -> Ways:
    """How one may sign in here; in the demo, as whom."""
    settings: Settings = request.app.state.settings
    demo = await _demo_readers(on) if settings.demo and settings.sign_in.local else []
    return Ways(
        local=settings.sign_in.local,
        oidc=bool(settings.sign_in.oidc_issuer),
        oidc_name=settings.sign_in.oidc_name,
        demo_readers=demo,
    )


@public.post("/sign-in")
async def sign_in(request: Request, response: Response, on: On, credentials: Credentials) -> Me:
    """Start a session by name and password."""
    settings: Settings = request.app.state.settings
    if not settings.sign_in.local:
        raise NotFound("Signing in with a password is switched off here.")
    async with on.database.transaction() as db:
        found = await hospitals.reader_by_username(db, credentials.username)
    reader, kept = found if found else (None, None)
    right = verify(credentials.password, kept or _NOBODY)
    await _audit(on, reader, allowed=right and reader is not None)
    if reader is None or not right or kept is None:
        raise Refused("Name or password is wrong.", reasons=("credentials",))
    await _start(on, settings, reader, response)
    return await _me(on, reader)


@public.get("/sign-in/oidc")
async def sign_in_at_provider(request: Request) -> Response:
    """Go to the identity provider of the hospital."""
    settings: Settings = request.app.state.settings
    back = settings.web.public_url.rstrip("/") + "/api/sign-in/oidc/back"
    return await _provider(request).authorize_redirect(request, back)


@public.get("/sign-in/oidc/back")
async def back_from_provider(request: Request, on: On) -> Response:
    """Come back from the identity provider; the person must be known here."""
    settings: Settings = request.app.state.settings
    try:
        token = await _provider(request).authorize_access_token(request)
    except OAuthError as error:
        raise Refused("The identity provider did not sign you in.", reasons=("oidc",)) from error
    claims = token["userinfo"]
    reader = await _known(on, str(claims["iss"]), str(claims["sub"]), claims)
    await _audit(on, reader, allowed=reader is not None)
    if reader is None:
        raise Refused(
            "Your hospital knows you, crossread does not yet.",
            reasons=("unknown_reader",),
            remedies=("Ask your administrator for `crossread user add`.",),
        )
    response = RedirectResponse("/", status_code=303)
    await _start(on, settings, reader, response)
    return response


@signed_in.get("/me")
async def me(on: On, caller: Caller) -> Me:
    """Who is signed in."""
    return await _me(on, caller)


@signed_in.post("/sign-out", status_code=204)
async def sign_out(request: Request, response: Response, on: On, _: Caller) -> None:
    """End the session."""
    await session.end(on, request)
    response.delete_cookie(session.COOKIE)


def provider_for(settings: Settings) -> OAuth:
    """Authlib's client for the identity provider that the settings name."""
    oauth = OAuth()
    if settings.sign_in.oidc_issuer:
        oauth.register(
            name="hospital",
            server_metadata_url=settings.sign_in.oidc_issuer.rstrip("/")
            + "/.well-known/openid-configuration",
            client_id=settings.sign_in.oidc_client_id,
            client_secret=settings.sign_in.oidc_client_secret,
            client_kwargs={"scope": "openid profile", "code_challenge_method": "S256"},
        )
    return oauth


def _provider(request: Request) -> _Provider:
    provider: _Provider | None = request.app.state.oauth.create_client("hospital")
    if provider is None:
        raise NotFound("No identity provider is configured here.")
    return provider


async def _known(on: Ground, issuer: str, subject: str, claims: dict[str, Any]) -> Reader | None:
    """Who this is: by the provider's own id for her, or at the first time by her user name."""
    async with on.database.transaction() as db:
        reader = await hospitals.reader_by_subject(db, issuer, subject)
        if reader is not None:
            return reader
        username = str(claims.get("preferred_username", ""))
        found = await hospitals.reader_by_username(db, username)
        if found is None or found[1] is not None:
            return None  # somebody with a password here is never taken over by a provider
        await hospitals.bind_subject(db, found[0].id, issuer, subject)
        return found[0]


async def _start(on: Ground, settings: Settings, reader: Reader, response: Response) -> None:
    secret = await session.begin(on, reader, settings.web.session_hours)
    response.set_cookie(
        session.COOKIE,
        secret,
        max_age=settings.web.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings.web.public_url.startswith("https:"),
    )


async def _me(on: Ground, reader: Reader) -> Me:
    async with on.database.transaction() as db:
        hospital = await hospitals.hospital(db, reader.hospital_id)
    return Me(
        id=str(reader.id),
        username=reader.username,
        name=reader.name,
        hospital_id=hospital.id,
        hospital_name=hospital.name,
        roles=sorted(reader.roles),
        may_report=reader.may_report,
        may_sign_final=reader.may_sign_final,
    )


async def _demo_readers(on: Ground) -> list[DemoReader]:
    async with on.database.transaction() as db:
        names = {one.id: one.name for one in await hospitals.hospitals(db)}
        return [
            DemoReader(
                username=reader.username,
                name=reader.name,
                hospital_id=reader.hospital_id,
                hospital_name=names[reader.hospital_id],
                roles=sorted(reader.roles),
                password=DEMO_PASSWORD,
            )
            for reader in await hospitals.readers(db)
        ]


async def _audit(on: Ground, reader: Reader | None, *, allowed: bool) -> None:
    async with on.database.transaction() as db:
        await record(
            db,
            Entry(
                action="sign_in",
                purpose="administration",
                subject_kind="reader",
                subject_id=str(reader.id) if reader else "unknown",
                allowed=allowed,
                reader_id=reader.id if reader else None,
                reader_hospital_id=reader.hospital_id if reader else None,
            ),
        )
