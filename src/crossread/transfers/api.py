"""HTTP routes of transfers: what goes to and comes from a hospital's archive, and how far it is.

Only for the PACS administrator of a hospital, and only about that hospital's own endpoints. The
feed (`/api/feed`, topic `transfer`) tells of each change; its facts are `state`, `direction`,
`total`, `done`, `failed` and `bytes`.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller, need_role
from crossread.hospitals.model import Endpoint, EndpointKind, Reader, Role
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound
from crossread.platform.http import On
from crossread.transfers import ask
from crossread.transfers.ask import Why
from crossread.transfers.find import Here, find
from crossread.transfers.finding import Finding
from crossread.transfers.model import (
    ASSOCIATIONS_AT_MOST,
    Direction,
    FetchBy,
    Move,
    Priority,
    Rule,
    Transfer,
    TransferState,
    parse_windows,
)
from crossread.transfers.steer import steer
from crossread.transfers.store import items, rules, transfers
from crossread.transfers.ways import Question

FAILURES_SHOWN = 200

router = APIRouter(prefix="/api/transfers", tags=["transfers"])


class Show(StrEnum):
    """Which transfers."""

    OPEN = "open"  # waiting, running or paused
    FAILED = "failed"
    ENDED = "ended"  # done, failed or cancelled
    ALL = "all"


_STATES = {
    Show.OPEN: [TransferState.WAITING, TransferState.RUNNING, TransferState.PAUSED],
    Show.FAILED: [TransferState.FAILED],
    Show.ENDED: [TransferState.DONE, TransferState.FAILED, TransferState.CANCELLED],
    Show.ALL: list(TransferState),
}


class TransferOut(BaseModel):
    """A study, or one series of it, on its way."""

    id: UUID
    sequence: int = Field(description="Grows with each that is asked for; give as `before`.")
    hospital_id: str
    endpoint_id: str
    direction: Direction
    study_instance_uid: str
    series_instance_uid: str = Field(description="Empty: the whole study.")
    priority: Priority
    asked_by: str
    task_id: UUID | None
    state: TransferState
    listed: bool = Field(description="Whether `total` is known yet.")
    commits: bool = Field(description="Whether the endpoint is asked for storage commitment.")
    total: int = Field(description="Images.")
    done: int
    failed: int
    bytes: int = Field(description="Of those that are done.")
    attempts: int = Field(description="Tries in a row that failed as a whole.")
    last_error: str = Field(description="A sentence; empty while all goes well.")
    next_try_at: datetime
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    moves: list[Move] = Field(description="What may be done with it now.")


class FailureOut(BaseModel):
    """An image that did not arrive."""

    sop_instance_uid: str
    status: int | None = Field(description="DIMSE or HTTP status.")
    sentence: str


class TransferDetail(TransferOut):
    """A transfer with what failed of it."""

    committed: int = Field(description="Images that the endpoint took responsibility for.")
    failures: list[FailureOut] = Field(description=f"The first {FAILURES_SHOWN}.")


class Wish(BaseModel):
    """What somebody asks for."""

    direction: Direction
    endpoint_id: str
    study_instance_uid: str = Field(pattern=r"^[0-9.]{1,64}$")
    series_instance_uid: str = Field("", pattern=r"^[0-9.]{0,64}$")
    priority: Priority = Priority.BULK


class RuleIn(BaseModel):
    """How an endpoint may be burdened."""

    endpoint_id: str
    associations: int = Field(2, ge=1, le=ASSOCIATIONS_AT_MOST)
    megabits: float | None = Field(None, gt=0, description="A second, in all; null: no limit.")
    windows: list[str] = Field([], description="Spans such as '20:00-06:00'; empty: always.")
    fetch_by: FetchBy = FetchBy.MOVE
    commits: bool = False


class EndpointOut(RuleIn):
    """An endpoint that keeps images, under which rule it is burdened, and whether bulk may go."""

    kind: EndpointKind
    application: str
    bulk_may_run: bool
    opens_at: datetime = Field(description="When bulk may run next; the past where it may now.")


class Asking(BaseModel):
    """What to look for at an endpoint: at least one of the first three."""

    endpoint_id: str
    patient_number: str = Field("", max_length=64)
    accession_number: str = Field("", max_length=16)
    study_instance_uid: str = Field("", pattern=r"^[0-9.]{0,64}$")
    since: str = Field("", pattern=r"^([0-9]{8})?$", description="YYYYMMDD")


class FoundOut(BaseModel):
    """A study that the endpoint has."""

    study_instance_uid: str
    patient_number: str
    study_date: str
    study_time: str
    description: str
    modalities: list[str]
    accession_number: str
    instances: int | None
    here: Here = Field(description="How much of it is in the archive.")
    study_id: UUID | None


@router.get("")
async def listing(
    on: On,
    caller: Caller,
    show: Show = Query(Show.ALL, alias="state"),
    limit: int = Query(100, ge=1, le=500),
    before: int | None = Query(None, description="Only those with a lower `sequence`."),
) -> list[TransferOut]:
    """The transfers of the caller's hospital, those asked for last first, with their progress."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        found = await transfers.of_hospital(db, caller.hospital_id, _STATES[show], limit, before)
    return [_out(one) for one in found]


@router.post("", status_code=201)
async def make(on: On, caller: Caller, wish: Wish) -> TransferOut:
    """Ask for a transfer of a study of the caller's own hospital.

    One that is under way already is answered as it is; an urgent wish makes it urgent.
    """
    need_role(caller, Role.PACS_ADMINISTRATOR)
    why = Why(caller.username, wish.priority)
    async with on.database.transaction() as db:
        endpoint = await _own(db, caller, wish.endpoint_id)
        series = wish.series_instance_uid
        match wish.direction:
            case Direction.SEND:
                study = await ask.study_to_send(db, caller.hospital_id, wish.study_instance_uid)
                made = await ask.send(
                    db, study, endpoint, why, on.clock(), series_instance_uid=series
                )
            case Direction.FETCH:
                uid = wish.study_instance_uid
                made = await ask.fetch(
                    db, uid, endpoint, why, on.clock(), series_instance_uid=series
                )
        await _audit(db, caller, made, wish.direction)
    return _out(made)


@router.get("/endpoints")
async def endpoints(on: On, caller: Caller) -> list[EndpointOut]:
    """The endpoints of the caller's hospital that keep images, and the rule of each."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    now = on.clock()
    async with on.database.transaction() as db:
        own = [
            (one, await rules.rule_of(db, one))
            for one in await hospitals.endpoints(db, caller.hospital_id)
            if one.kind in {EndpointKind.PACS, EndpointKind.WEB}
        ]
    return [
        EndpointOut(
            endpoint_id=one.id,
            kind=one.kind,
            application=one.application,
            associations=rule.associations,
            megabits=rule.megabits,
            windows=[str(window) for window in rule.windows],
            fetch_by=rule.fetch_by,
            commits=rule.commits,
            bulk_may_run=rule.may_run(Priority.BULK, now),
            opens_at=rule.opens_at(now),
        )
        for one, rule in own
    ]


@router.put("/rule", status_code=204)
async def change_rule(on: On, caller: Caller, said: RuleIn) -> None:
    """Change under which rule an endpoint of the caller's hospital is burdened; at once."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        endpoint = await _own(db, caller, said.endpoint_id)
        rule = Rule(
            endpoint.id,
            said.associations,
            said.megabits,
            parse_windows(said.windows),
            said.fetch_by,
            said.commits,
        )
        await ask.change_rule(db, endpoint, rule)


@router.post("/find")
async def look(on: On, caller: Caller, asking: Asking, ask_it: Finding) -> list[FoundOut]:
    """Ask an endpoint of the caller's hospital what it has, newest first."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        endpoint = await _own(db, caller, asking.endpoint_id)
    question = Question(
        asking.patient_number, asking.accession_number, asking.study_instance_uid, asking.since
    )
    found = await find(on.database, endpoint, question, ask_it, reader=caller)
    return [
        FoundOut(
            study_instance_uid=one.found.study_instance_uid,
            patient_number=one.found.patient_number,
            study_date=one.found.study_date,
            study_time=one.found.study_time,
            description=one.found.description,
            modalities=list(one.found.modalities),
            accession_number=one.found.accession_number,
            instances=one.found.instances,
            here=one.here,
            study_id=one.study_id,
        )
        for one in found
    ]


@router.get("/{transfer_id}")
async def detail(on: On, caller: Caller, transfer_id: UUID) -> TransferDetail:
    """One transfer of the caller's hospital, with the images that failed."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        transfer = await _visible(db, caller, transfer_id)
        failed = await items.failures(db, transfer_id, FAILURES_SHOWN)
        committed = await items.committed(db, transfer_id)
    return TransferDetail(
        **_out(transfer).model_dump(),
        committed=committed,
        failures=[
            FailureOut(
                sop_instance_uid=one.sop_instance_uid, status=one.status, sentence=one.sentence
            )
            for one in failed
        ],
    )


@router.post("/{transfer_id}/{move}")
async def move(on: On, caller: Caller, transfer_id: UUID, move: Move) -> TransferOut:
    """Pause, resume, cancel or retry a transfer of the caller's hospital."""
    need_role(caller, Role.PACS_ADMINISTRATOR)
    async with on.database.transaction() as db:
        await _visible(db, caller, transfer_id)
        moved = await steer(db, transfer_id, move, on.clock())
        await _audit(db, caller, moved, move)
    return _out(moved)


async def _own(db: Connection, caller: Reader, endpoint_id: str) -> Endpoint:
    """An endpoint of the caller's hospital. Raises NotFound."""
    endpoint = await hospitals.endpoint(db, endpoint_id)
    if endpoint.hospital_id != caller.hospital_id:
        raise NotFound(f"There is no endpoint '{endpoint_id}'.")
    return endpoint


async def _visible(db: Connection, caller: Reader, transfer_id: UUID) -> Transfer:
    """A transfer of the caller's hospital. Raises NotFound."""
    transfer = await transfers.one(db, transfer_id)
    if transfer.hospital_id != caller.hospital_id:
        raise NotFound("This transfer does not exist.", cause=str(transfer_id))
    return transfer


async def _audit(db: Connection, caller: Reader, transfer: Transfer, action: str) -> None:
    await record(
        db,
        Entry(
            action=action,
            purpose="administration",
            subject_kind="transfer",
            subject_id=str(transfer.id),
            allowed=True,
            reader_id=caller.id,
            reader_hospital_id=caller.hospital_id,
            hospital_id=transfer.hospital_id,
            facts={"endpoint": transfer.endpoint_id, "images": transfer.total},
        ),
    )


def _out(transfer: Transfer) -> TransferOut:
    return TransferOut(
        id=transfer.id,
        sequence=transfer.sequence,
        hospital_id=transfer.hospital_id,
        endpoint_id=transfer.endpoint_id,
        direction=transfer.direction,
        study_instance_uid=transfer.study_instance_uid,
        series_instance_uid=transfer.series_instance_uid,
        priority=transfer.priority,
        asked_by=transfer.asked_by,
        task_id=transfer.task_id,
        state=transfer.state,
        listed=transfer.listed,
        commits=transfer.commits,
        total=transfer.total,
        done=transfer.done,
        failed=transfer.failed,
        bytes=transfer.bytes,
        attempts=transfer.attempts,
        last_error=transfer.last_error,
        next_try_at=transfer.next_try_at,
        asked_at=transfer.asked_at,
        started_at=transfer.started_at,
        ended_at=transfer.ended_at,
        moves=transfer.moves,
    )
