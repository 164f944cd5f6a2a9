"""HTTP routes about who saw what."""

from datetime import datetime

from fastapi import APIRouter, Query
from pydantic import BaseModel

from crossread.audit import store as audit
from crossread.hospitals.caller import Caller, need_role
from crossread.hospitals.model import Role
from crossread.platform.http import On

router = APIRouter(prefix="/api", tags=["access"])


class AuditOut(BaseModel):
    """One line of the audit trail."""

    at: datetime
    reader: str | None
    reader_hospital: str | None
    action: str
    purpose: str
    subject_kind: str
    subject_id: str
    allowed: bool
    reasons: list[str]


@router.get("/audit")
async def audit_trail(
    on: On, caller: Caller, limit: int = Query(100, ge=1, le=1000)
) -> list[AuditOut]:
    """The newest entries about the caller's hospital: its files, and its people."""
    need_role(caller, Role.PRIVACY_OFFICER)
    async with on.database.transaction() as db:
        rows = await audit.newest(db, caller.hospital_id, limit)
    return [AuditOut.model_validate(row) for row in rows]
