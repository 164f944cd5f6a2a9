"""Who may look after the archive of a hospital, and that she did."""

from typing import Any

from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.hospitals.caller import need_role
from crossread.hospitals.model import Reader, Role
from crossread.platform.database import Connection


def keeper(caller: Reader) -> Reader:
    """The caller, who looks after images or privacy. Raises Refused."""
    if Role.PRIVACY_OFFICER not in caller.roles:
        need_role(caller, Role.PACS_ADMINISTRATOR)
    return caller


def administrator(caller: Reader) -> Reader:
    """The caller, who looks after images. Raises Refused."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    return caller


def privacy_officer(caller: Reader) -> Reader:
    """The caller, who looks after privacy. Raises Refused."""
    need_role(caller, Role.PRIVACY_OFFICER)
    return caller


async def looked(
    db: Connection, caller: Reader, action: str, subject: str, subject_id: str, **facts: Any
) -> None:
    """Write in the audit trail what she looked at, or did."""
    await record(
        db,
        Entry(
            action=action,
            purpose="administration",
            subject_kind=subject,
            subject_id=subject_id,
            allowed=True,
            reader_id=caller.id,
            reader_hospital_id=caller.hospital_id,
            hospital_id=caller.hospital_id,
            facts=facts,
        ),
    )
