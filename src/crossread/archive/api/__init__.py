"""HTTP routes of the archive, for those who look after it at a hospital: only her own file."""

from fastapi import APIRouter

from crossread.archive.api import keeping, overview, quarantine

router = APIRouter(prefix="/api/archive", tags=["archive"])
for part in (overview.router, quarantine.router, keeping.router):
    router.include_router(part)
