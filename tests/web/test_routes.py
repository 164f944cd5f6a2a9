"""Nothing is open but what must be."""

import re
from collections.abc import Iterator
from uuid import uuid4

from fastapi.routing import APIRoute
from tests.region import Region

# what anybody may call: health, how to sign in, and the page that asks for it
OPEN = {
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/api/sign-in"),
    ("POST", "/api/sign-in"),
    ("GET", "/api/sign-in/oidc"),
    ("GET", "/api/sign-in/oidc/back"),
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("GET", "/redoc"),
    ("HEAD", "/redoc"),
    ("GET", "/{path:path}"),
}


def routes(region: Region) -> Iterator[tuple[str, str]]:
    for path, operations in region.app.openapi()["paths"].items():
        for method in operations:
            yield method.upper(), path
    for route in region.app.router.routes:
        for method in getattr(route, "methods", None) or ():
            if isinstance(route, APIRoute) or hasattr(route, "path"):
                yield method, route.path


async def test_every_route_needs_a_session_or_a_token(region: Region) -> None:
    from httpx import ASGITransport, AsyncClient

    seen = set(routes(region))
    assert len(seen) > 25
    async with AsyncClient(
        transport=ASGITransport(app=region.app), base_url="http://test"
    ) as nobody:
        for method, path in sorted(seen - OPEN):
            filled = re.sub(r"\{[^}]*\}", str(uuid4()), path)
            answer = await nobody.request(method, filled, headers={"X-Crossread": "1"}, json={})
            assert answer.status_code == 401, f"{method} {path} answers {answer.status_code}"


async def test_a_changing_request_by_cookie_must_come_from_the_reading_room(
    region: Region,
) -> None:
    browser = await region.browser("radiologist@midden")
    del browser.http.headers["X-Crossread"]
    answer = await browser.http.post(f"/api/tasks/{uuid4()}/claim")
    assert (answer.status_code, answer.json()["reasons"]) == (403, ["guard_header"])


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(region: Region) -> None:
    from httpx import ASGITransport, AsyncClient

    async with AsyncClient(
        transport=ASGITransport(app=region.app), base_url="http://test"
    ) as nobody:
        answers = [
            await nobody.post("/api/sign-in", json={"username": name, "password": "wrong"})
            for name in ("radiologist@midden", "nobody")
        ]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert answers[0].json()["sentence"] == answers[1].json()["sentence"]


async def test_a_task_of_others_does_not_exist_for_a_stranger(region: Region) -> None:
    planner = await region.browser("planner@zuid")
    answer = await planner.http.get(f"/api/tasks/{uuid4()}")
    assert answer.status_code == 404


async def test_the_figures_are_there_for_prometheus(region: Region) -> None:
    browser = await region.browser("radiologist@midden")
    answer = await browser.http.get("/metrics")
    assert answer.status_code == 200
    assert "crossread_http_requests_total" in answer.text
    assert (await browser.http.get("/ready")).json() == {"status": "ready"}
