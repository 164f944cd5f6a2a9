"""When a study has come to rest: nothing came for a while."""

from datetime import datetime, timedelta
from uuid import UUID

from crossread.archive import store
from crossread.archive.model import ArchiveEvent, StudyState
from crossread.platform import events
from crossread.platform.database import Connection


async def come_to_rest(
    db: Connection, study_id: UUID, quiet: timedelta, now: datetime
) -> datetime | None:
    """Take a study as complete if nothing came for `quiet`; else say when to look again."""
    study = await store.locked_study(db, study_id)
    if study.state is StudyState.AT_REST:
        return None
    quiet_at = study.last_received_at + quiet
    if now < quiet_at:
        return quiet_at
    await store.rest(db, study_id, now)
    await events.append(
        db,
        ArchiveEvent.STUDY_RESTED,
        study_id,
        hospital_id=study.hospital_id,
        facts={
            "study_instance_uid": study.study_instance_uid,
            "instances": study.instance_count,
            "series": study.series_count,
            "rests": study.rests + 1,
        },
    )
    return None
