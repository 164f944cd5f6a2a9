"""When a study has come to rest: by the first rule of `expectation.RestRule` that is satisfied."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from crossread.archive import store
from crossread.archive.expectation import (
    ExpectationEvent,
    RestRule,
    Standing,
    look_again,
    rested_by,
)
from crossread.archive.model import ArchiveEvent, Study, StudyState, study_id
from crossread.archive.store import expectations
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound


async def come_to_rest(
    db: Connection, study_id: UUID, quiet: timedelta, now: datetime
) -> datetime | None:
    """Take a study as complete if a rule says so; else say when to look again.

    A study of which nothing has come yet has nothing to rest.
    """
    try:
        study = await store.locked_study(db, study_id)
    except NotFound:
        return None
    if study.state is StudyState.AT_REST:
        return None
    standing = await _standing(db, study)
    rule = rested_by(standing, quiet, now)
    if rule is None:
        return look_again(standing, quiet, now)
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
            "rule": rule,
        },
    )
    return None


async def expect(
    db: Connection,
    hospital_id: str,
    study_instance_uid: str,
    source: str,
    rule: RestRule,
    *,
    whole: bool = True,
    instances: Iterable[str] = (),
    number: int | None = None,
    now: datetime,
) -> None:
    """Keep what `source` says that a study has, in place of what it said before.

    Who counts (a C-MOVE that was promised so many sub-operations, a manifest) gives `number`; who
    knows the instances names them. The study need not be here yet.
    """
    named = sorted(set(instances))
    study = study_id(hospital_id, study_instance_uid)
    new = await expectations.expect(
        db,
        study,
        hospital_id,
        source,
        rule,
        whole=whole,
        instances=named,
        number=number,
        now=now,
    )
    if new:
        await events.append(
            db,
            ExpectationEvent.SAID,
            study,
            hospital_id=hospital_id,
            facts={"rule": rule, "whole": whole, "instances": number or len(named)},
        )


async def _standing(db: Connection, study: Study) -> Standing:
    said = await expectations.expectations(db, study.id)
    by_request = any(one.rule is RestRule.COMMITTED for one in said)
    return Standing(
        instances=study.instance_count,
        last_received_at=study.last_received_at,
        receiving=await expectations.is_being_received(db, study.id),
        not_committed=await expectations.not_committed(db, study.id) if by_request else 0,
        expectations=tuple(said),
    )
