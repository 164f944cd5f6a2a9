"""The HTTP application, put together from the rooms' routes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import FileResponse, StreamingResponse
from starlette.middleware.sessions import SessionMiddleware

from crossread import __version__
from crossread.access import api as access
from crossread.archive import api as archive
from crossread.archive.intake import Intake
from crossread.consent import api as consent
from crossread.delivery import api as delivery
from crossread.gateways.dicomweb import api as dicomweb
from crossread.gateways.dicomweb.hospital_door import Gatekeeper
from crossread.gateways.dicomweb.task_door import Doorkeeper
from crossread.gateways.media import api as media
from crossread.hospitals import api as hospitals
from crossread.hospitals.caller import Caller
from crossread.orders import api as orders
from crossread.platform import clock
from crossread.platform.configuration import Settings, settings
from crossread.platform.database import Database
from crossread.platform.errors import NotFound
from crossread.platform.events import Position
from crossread.platform.http import BadRequest, Ground
from crossread.platform.objects import Objects
from crossread.platform.telemetry import set_up
from crossread.reporting import api as reporting
from crossread.transfers import api as transfers
from crossread.transfers import elsewhere_api as elsewhere
from crossread.ways import ways
from crossread.web import health, sign_in
from crossread.web.around import Around
from crossread.web.errors import answer_errors
from crossread.web.feed import Feed
from crossread.web.knock import knock
from crossread.web.session import identify
from crossread.worklist import api as worklist

READING_ROOM = Path(__file__).parent / "reading_room"

feed = APIRouter(prefix="/api", tags=["feed"])
pages = APIRouter()


def create(chosen: Settings | None = None) -> FastAPI:
    """The application on the database and object store that the settings name."""
    use = chosen or settings()
    set_up(use.log)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Database(use.resolved_database_url()) as database:
            objects = Objects(use.objects_location())
            app.state.ground = Ground(database, objects, clock.now)
            spool = use.data_folder.resolve() / "spool"
            app.state.intake = Intake(database, objects, clock.now, spool=spool)
            app.state.feed = Feed(database)
            following = asyncio.create_task(app.state.feed.follow())
            yield
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await app.state.intake.close()

    app = FastAPI(title="crossread", version=__version__, lifespan=lifespan, docs_url=None)
    app.state.settings = use
    app.state.find = ways(use, None).find
    app.state.oauth = sign_in.provider_for(use)
    app.state.doorkeeper, app.state.gatekeeper = Doorkeeper(), Gatekeeper()
    answer_errors(app)
    app.add_middleware(
        SessionMiddleware,  # only carries the state of a sign-in at the identity provider
        secret_key=use.secret(),
        session_cookie="crossread_sign_in",
        https_only=use.web.public_url.startswith("https:"),
        max_age=600,
    )
    app.add_middleware(Around)
    # first those whose small requests are many
    app.include_router(dicomweb.router, dependencies=[Depends(identify)])
    app.include_router(dicomweb.hospital_router, dependencies=[Depends(knock)])
    app.include_router(health.router)
    app.include_router(sign_in.public)
    for router in (
        sign_in.signed_in,
        feed,
        hospitals.router,
        worklist.router,
        reporting.router,
        delivery.router,
        transfers.router,
        elsewhere.router,
        orders.router,
        consent.router,
        archive.router,
        access.router,
        media.router,
    ):
        app.include_router(router, dependencies=[Depends(identify)])
    app.include_router(pages)
    return app


@feed.get("/feed")
async def live(request: Request, caller: Caller, after: str = "") -> StreamingResponse:
    """What happens, as it happens; goes on after `Last-Event-ID` or `after`."""
    stream: Feed = request.app.state.feed
    asked = request.headers.get("last-event-id", "") or after
    try:
        position = Position.parse(asked) if asked else await stream.position()
    except ValueError as error:
        raise BadRequest("This is not a place in the feed.", cause=asked[:40]) from error
    return StreamingResponse(
        stream.open(caller, position),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


@pages.get("/{path:path}", include_in_schema=False)
async def reading_room(path: str) -> FileResponse:
    """The reading room: its files, and its page for every deep link."""
    if path.startswith("api/"):
        raise NotFound("There is nothing at this address.")
    page = READING_ROOM / "index.html"
    if not page.exists():
        raise NotFound("The reading room is not built. Run `make setup`, then start again.")
    file = (READING_ROOM / path).resolve()
    if path and file.is_file() and file.is_relative_to(READING_ROOM.resolve()):
        lasting = "assets" in file.parts  # their names change with their content
        age = "public, max-age=31536000, immutable" if lasting else "no-cache"
        return FileResponse(file, headers={"Cache-Control": age})
    return FileResponse(page, headers={"Cache-Control": "no-cache"})
