"""HTTP routes about hospitals."""

from fastapi import APIRouter
from pydantic import BaseModel

from crossread.hospitals import store
from crossread.hospitals.caller import Caller
from crossread.platform.http import On

router = APIRouter(prefix="/api", tags=["hospitals"])


class HospitalOut(BaseModel):
    """A hospital that takes part."""

    id: str
    name: str


@router.get("/hospitals")
async def hospitals(on: On, _: Caller) -> list[HospitalOut]:
    """All hospitals that take part."""
    async with on.database.transaction() as db:
        return [HospitalOut(id=one.id, name=one.name) for one in await store.hospitals(db)]
