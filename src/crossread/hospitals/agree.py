"""Conclude an agreement, or a new version of one."""

from crossread.hospitals import store
from crossread.hospitals.model import Agreement, AgreementEvent
from crossread.platform import events
from crossread.platform.database import Connection


async def sign(db: Connection, agreement: Agreement) -> None:
    """Put a version of an agreement in force; work that waited for it is looked at again."""
    await store.save_agreement(db, agreement)
    await events.append(
        db,
        AgreementEvent.SIGNED,
        agreement.source_hospital_id,
        hospital_id=agreement.source_hospital_id,
        facts={"agreement_id": agreement.id, "version": agreement.version},
    )
