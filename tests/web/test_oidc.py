"""Signing in at a hospital's identity provider (OpenID Connect, authorization code with PKCE)."""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from granian.constants import Interfaces
from granian.server.embed import Server
from joserfc import jwt
from joserfc.jwk import RSAKey

from crossread.hospitals import store
from crossread.hospitals.model import Hospital, Reader, Role
from crossread.hospitals.passwords import hash_password
from crossread.platform.configuration import Settings, SignIn, Web
from crossread.platform.database import Database
from crossread.web.application import create


class Provider:
    """An identity provider, as small as the protocol allows; it speaks the real one."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.username = "anna"
        self._key = RSAKey.generate_key(2048, {"kid": "k1"})
        self._asked: dict[str, dict[str, str]] = {}
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self.configuration)
        self.app.get("/keys")(self.keys)
        self.app.get("/authorize")(self.authorize)
        self.app.post("/token")(self.token)

    async def configuration(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    async def keys(self) -> dict[str, Any]:
        return {"keys": [self._key.as_dict(private=False)]}

    async def authorize(
        self, redirect_uri: str, state: str, nonce: str, code_challenge: str
    ) -> RedirectResponse:
        code = uuid4().hex
        self._asked[code] = {"nonce": nonce, "challenge": code_challenge}
        return RedirectResponse(f"{redirect_uri}?code={code}&state={state}")

    async def token(self, request: Request) -> Any:
        form = parse_qs((await request.body()).decode())
        asked = self._asked.pop(form["code"][0])
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["challenge"]:
            return Response(status_code=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": f"subject-of-{self.username}",
            "aud": "crossread",
            "exp": now + 60,
            "iat": now,
            "nonce": asked["nonce"],
            "preferred_username": self.username,
        }
        token = jwt.encode({"alg": "RS256", "kid": "k1"}, claims, self._key)
        return {"access_token": uuid4().hex, "token_type": "Bearer", "id_token": token}


@pytest.fixture
async def provider(unused_tcp_port: int) -> AsyncIterator[Provider]:
    made = Provider(unused_tcp_port)
    server = Server(made.app, port=unused_tcp_port, interface=Interfaces.ASGI)
    serving = asyncio.create_task(server.serve())
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(100):
            try:
                await client.get(f"{made.issuer}/keys")
                break
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
    yield made
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait([serving], timeout=5)


@pytest.fixture
async def browser(
    database: Database, provider: Provider, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at a crossread that trusts the provider and has no local sign-in."""
    async with database.transaction() as db:
        await store.save_hospital(db, Hospital("noord", "Noord"))
        for name, password in (("anna", None), ("local", hash_password("for tests only"))):
            person = Reader(uuid4(), "noord", name, name.title(), frozenset({Role.RADIOLOGIST}))
            await store.save_reader(db, person, password)
    settings = Settings(
        data_folder=tmp_path,
        database_url=database.url,
        web=Web(public_url="http://test"),
        sign_in=SignIn(
            local=False,
            oidc_issuer=provider.issuer,
            oidc_client_id="crossread",
            oidc_client_secret="shared by both",
        ),
    )
    app = create(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client,
    ):
        yield client


async def sign_in(browser: httpx.AsyncClient) -> httpx.Response:
    """Follow the redirects to the provider and back, as a browser does."""
    away = await browser.get("/api/sign-in/oidc")
    assert away.status_code == 302
    async with httpx.AsyncClient(trust_env=False) as outside:
        back = await outside.get(away.headers["location"])
    place = urlsplit(back.headers["location"])
    query = {name: values[0] for name, values in parse_qs(place.query).items()}
    return await browser.get(place.path, params=query)


async def test_a_reader_signs_in_at_her_hospital(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/api/sign-in")).json()["oidc"] is True
    answer = await sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/api/me")).json()["username"] == "anna"


async def test_somebody_unknown_here_is_told_what_to_do(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    provider.username = "stranger"
    answer = await sign_in(browser)
    assert (answer.status_code, answer.json()["reasons"]) == (403, ["unknown_reader"])


async def test_a_provider_cannot_take_over_somebody_with_a_password_here(
    browser: httpx.AsyncClient, provider: Provider
) -> None:
    provider.username = "local"
    assert (await sign_in(browser)).status_code == 403


async def test_an_answer_that_nobody_asked_for_is_refused(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/api/sign-in/oidc/back", params={"code": "x", "state": "y"})
    assert (answer.status_code, answer.json()["reasons"]) == (403, ["oidc"])


async def test_passwords_are_off_when_they_are_switched_off(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/api/sign-in", json={"username": "local", "password": "x"})
    assert answer.status_code == 404
