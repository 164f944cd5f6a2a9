"""Ask for a transfer: a study goes out to its hospital, or comes in from there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from crossread.archive import store as archive
from crossread.archive.model import Study, study_id
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform import events
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound, Refused
from crossread.transfers.announce import announce
from crossread.transfers.model import (
    Direction,
    FetchBy,
    Priority,
    Rule,
    Transfer,
    TransferEvent,
    TransferState,
    is_uid,
)
from crossread.transfers.store import items, rules, transfers

RECALL_AGAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Why:
    """Who asks, and for what."""

    asked_by: str  # a sign-in, 'command line', or the step that needs it
    priority: Priority = Priority.BULK
    task_id: UUID | None = None


async def send(
    db: Connection,
    study: Study,
    endpoint: Endpoint,
    why: Why,
    now: datetime,
    *,
    series_instance_uid: str = "",
) -> Transfer:
    """Have a study, or a series of it, go to an endpoint of the hospital that made it.

    One that is under way already is answered as it is; an urgent wish makes it urgent.

    Raises:
        NotFound: the archive has no such series.
        Refused: the endpoint is another hospital's, or takes no images.
    """
    _takes_images(endpoint)
    if endpoint.kind is not EndpointKind.PACS:
        raise Refused(f"{endpoint.id} takes no images by C-STORE; send to the hospital's PACS.")
    if study.hospital_id != endpoint.hospital_id:
        raise Refused(
            "A study goes only to systems of the hospital that made it; others read it here.",
            reasons=("other_hospital",),
        )
    wanted = (study.hospital_id, study.study_instance_uid, series_instance_uid)
    known = await transfers.under_way(db, *wanted, Direction.SEND, endpoint.id)
    if known is not None:
        return await _hurry(db, known, why, now)
    rule = await rules.rule_of(db, endpoint)
    made = _transfer(endpoint, Direction.SEND, wanted, why, now, listed=True, commits=rule.commits)
    await transfers.insert(db, made)
    if not await items.list_kept(db, made.id, study.id, series_instance_uid):
        raise NotFound("The archive has no images of this series.")
    return await _asked(db, made)


async def fetch(
    db: Connection,
    study_instance_uid: str,
    endpoint: Endpoint,
    why: Why,
    now: datetime,
    *,
    series_instance_uid: str = "",
) -> Transfer:
    """Have a study, or a series of it, come in from an endpoint of its hospital.

    What is here already is not fetched. One that is under way is answered as it is; an urgent wish
    makes it urgent. Raises Refused when the endpoint keeps no images.
    """
    _takes_images(endpoint)
    if not is_uid(study_instance_uid) or (series_instance_uid and not is_uid(series_instance_uid)):
        raise Refused("A study and a series are named by their UIDs (PS3.5 9.1).")
    wanted = (endpoint.hospital_id, study_instance_uid, series_instance_uid)
    known = await transfers.under_way(db, *wanted, Direction.FETCH, None)
    if known is not None:
        return await _hurry(db, known, why, now)
    made = _transfer(endpoint, Direction.FETCH, wanted, why, now, listed=False, commits=False)
    await transfers.insert(db, made)
    return await _asked(db, made)


async def recall(db: Connection, study_of: UUID, why: Why, now: datetime) -> Transfer | None:
    """Fetch what the cache gave up of a study; None when there is nothing to fetch.

    Anybody who needs the study may ask, as often as she likes: one that failed is tried again only
    after `RECALL_AGAIN`.

    Raises NotFound when there is no such study, Refused when its hospital has no archive to fetch
    from.
    """
    study = await archive.study(db, study_of)
    if study.availability != "nearline":
        return None
    last = await transfers.last_fetch(db, study.hospital_id, study.study_instance_uid)
    ended_at = last.ended_at if last is not None and last.state is TransferState.FAILED else None
    if ended_at is not None and now - ended_at < RECALL_AGAIN:
        return last
    endpoint = await archive_of(db, study.hospital_id)
    return await fetch(db, study.study_instance_uid, endpoint, why, now)


async def archive_of(db: Connection, hospital_id: str) -> Endpoint:
    """Where a hospital's own images are to be had: its DICOMweb server, else its PACS.

    Raises Refused when it has neither.
    """
    for kind in (EndpointKind.WEB, EndpointKind.PACS):
        found = await hospitals.endpoints(db, hospital_id, kind)
        if found:
            return found[0]
    raise Refused(
        "This hospital has no archive that images can be fetched from.",
        reasons=("no_endpoint",),
        remedies=("Add its PACS with `crossread hospital endpoint`.",),
    )


async def change_rule(db: Connection, endpoint: Endpoint, rule: Rule) -> None:
    """Burden an endpoint under another rule from now on.

    Raises Refused when the endpoint cannot be fetched from in that way.
    """
    _takes_images(endpoint)
    if (endpoint.kind is EndpointKind.WEB) is not (rule.fetch_by is FetchBy.WEB):
        raise Refused(
            f"{endpoint.id} speaks {endpoint.kind}: a PACS gives studies by move or get, a"
            " DICOMweb server by web.",
            reasons=("fetch_by",),
        )
    await rules.save_rule(db, rule)
    await events.append(
        db, TransferEvent.RULE_CHANGED, endpoint.id, hospital_id=endpoint.hospital_id
    )


async def study_to_send(db: Connection, hospital_id: str, study_instance_uid: str) -> Study:
    """A hospital's study by its UID. Raises NotFound."""
    return await archive.study(db, study_id(hospital_id, study_instance_uid))


def _takes_images(endpoint: Endpoint) -> None:
    if endpoint.kind not in {EndpointKind.PACS, EndpointKind.WEB} or not endpoint.active:
        raise Refused(f"{endpoint.id} is no archive of images that is in use.")


async def _hurry(db: Connection, known: Transfer, why: Why, now: datetime) -> Transfer:
    if why.priority is not Priority.URGENT or known.priority is Priority.URGENT:
        return known
    await transfers.make_urgent(db, known.id, now)
    return await _asked(db, known)


async def _asked(db: Connection, made: Transfer) -> Transfer:
    transfer = await transfers.one(db, made.id)
    await announce(db, TransferEvent.ASKED, transfer)
    return transfer


def _transfer(
    endpoint: Endpoint,
    direction: Direction,
    wanted: Sequence[str],
    why: Why,
    now: datetime,
    *,
    listed: bool,
    commits: bool,
) -> Transfer:
    hospital_id, study_instance_uid, series_instance_uid = wanted
    return Transfer(
        id=uuid4(),
        sequence=0,
        hospital_id=hospital_id,
        endpoint_id=endpoint.id,
        direction=direction,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        priority=why.priority,
        asked_by=why.asked_by,
        task_id=why.task_id,
        state=TransferState.WAITING,
        listed=listed,
        commits=commits,
        transaction_uid="",
        total=0,
        done=0,
        failed=0,
        bytes=0,
        attempts=0,
        last_error="",
        next_try_at=now,
        asked_at=now,
        started_at=None,
        ended_at=None,
    )
