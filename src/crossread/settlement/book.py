"""Book what a hospital owes for a final report."""

from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from crossread.hospitals import store as hospitals
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.reporting.model import ReportBundle
from crossread.settlement import store
from crossread.settlement.model import Entry, SettlementEvent
from crossread.worklist.model import Task


async def book(db: Connection, report: ReportBundle, task: Task, now: datetime) -> None:
    """Book a final report once, at the tariff of the agreement it was read under.

    A hospital that reads its own studies owes nobody. In the Netherlands the institution that
    performs a service may bill only the one that asked for it (onderlinge dienstverlening).
    """
    reading = report.author.hospital_id
    if reading == report.hospital_id or task.agreement_id is None:
        return
    agreement = await hospitals.agreement(db, task.agreement_id, task.agreement_version or 0)
    entry = Entry(
        id=uuid5(NAMESPACE_OID, f"crossread/settlement/{report.report_id}"),
        report_id=report.report_id,
        source_hospital_id=report.hospital_id,
        reading_hospital_id=reading,
        agreement_id=agreement.id,
        agreement_version=agreement.version,
        amount_cents=agreement.tariff_cents,
        booked_at=now,
    )
    if await store.insert(db, entry):
        await events.append(
            db,
            SettlementEvent.BOOKED,
            entry.id,
            hospital_id=report.hospital_id,
            facts={
                "task_id": str(task.id),
                "agreement_id": agreement.id,
                "version": agreement.version,
                "amount_cents": agreement.tariff_cents,
            },
        )
