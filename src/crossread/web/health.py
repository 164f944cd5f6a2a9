"""Whether we live, whether we can work, and how it goes: for load balancers and Prometheus."""

from fastapi import APIRouter, Request, Response

from crossread.platform.http import On
from crossread.platform.telemetry import metrics_page, open_tasks
from crossread.worklist import store as tasks

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """This process lives."""
    return {"status": "ok"}


@router.get("/ready")
async def ready(on: On, response: Response) -> dict[str, str]:
    """This process can work: the database answers."""
    try:
        async with on.database.transaction() as db:
            await db.execute("select 1")
    except Exception:  # whatever it is, we are not ready
        response.status_code = 503
        return {"status": "no database"}
    return {"status": "ready"}


@router.get("/metrics")
async def metrics(request: Request, on: On) -> Response:
    """Figures in the form of Prometheus."""
    async with on.database.transaction() as db:
        for row in await tasks.open_by_state(db):
            open_tasks(row["hospital_id"], row["state"], row["tasks"])
    page, kind = metrics_page()
    return Response(page, media_type=kind)
