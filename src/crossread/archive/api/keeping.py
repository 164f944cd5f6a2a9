"""What must stay, what may go, and the proof that it went."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field, model_validator

from crossread.archive import erase, holds
from crossread.archive import store as archive
from crossread.archive.api.guard import administrator, keeper, looked, privacy_officer
from crossread.archive.correct import correct_by_hand
from crossread.archive.model import Study
from crossread.archive.store import holds as held
from crossread.archive.store import overview, removal
from crossread.hospitals import store as hospitals
from crossread.hospitals.caller import Caller
from crossread.hospitals.model import Reader
from crossread.platform.database import Connection
from crossread.platform.errors import NotFound
from crossread.platform.http import BadRequest, Ground, On

router = APIRouter()


class CorrectIn(BaseModel):
    """What a study should have said; what is left out stays as it is."""

    reason: str = Field(min_length=1, max_length=400)
    patient_number: str | None = None
    issuer: str | None = None
    patient_name: str | None = None  # DICOM PN
    birth_date: date | None = None
    sex: Literal["M", "F", "O"] | None = None
    accession_number: str | None = None

    def told(self) -> dict[str, str]:
        """By DICOM keyword."""
        said = {
            "PatientID": self.patient_number,
            "IssuerOfPatientID": self.issuer,
            "PatientName": self.patient_name,
            "PatientBirthDate": self.birth_date.strftime("%Y%m%d") if self.birth_date else None,
            "PatientSex": self.sex,
            "AccessionNumber": self.accession_number,
        }
        return {keyword: value for keyword, value in said.items() if value}


class Hold(BaseModel):
    """A legal hold in force."""

    id: UUID
    study_id: UUID | None  # null: all of a patient
    issuer: str | None
    patient_number: str | None
    reason: str
    placed_at: datetime
    placed_by: str | None  # null: an operator


class HoldIn(BaseModel):
    """What is to be held: one study, or all of a patient."""

    study_id: UUID | None = None
    patient_number: str = ""
    issuer: str = ""  # empty: the hospital's own
    reason: str = Field(min_length=1, max_length=400)

    @model_validator(mode="after")
    def _one(self) -> "HoldIn":
        if (self.study_id is None) == (not self.patient_number):
            raise ValueError("either study_id or patient_number")
        return self


class HoldOut(BaseModel):
    """The hold that was placed."""

    id: UUID


class Expired(BaseModel):
    """A study whose years are over."""

    study_id: UUID
    study_instance_uid: str
    patient_number: str
    patient_name: str
    birth_date: date | None
    study_at: datetime | None
    description: str
    instance_count: int
    bytes: int


class EraseIn(BaseModel):
    """What is to be erased: studies, or all of a patient who asks for it."""

    study_ids: list[UUID] = Field(default=[], max_length=1000)
    patient_number: str = ""
    issuer: str = ""  # empty: the hospital's own
    reason: str = Field(min_length=1, max_length=400)


class ConfirmIn(BaseModel):
    """Studies whose years are over and that may go."""

    study_ids: list[UUID] = Field(min_length=1, max_length=1000)
    reason: str = Field(min_length=1, max_length=400)


class Proof(BaseModel):
    """What was erased, without a word of whose it was."""

    id: UUID
    certificate: dict[str, Any]
    seal: str  # SHA-256 of the certificate in canonical JSON


@router.post("/studies/{study_id}/correct", status_code=204)
async def correct_study(on: On, caller: Caller, study_id: UUID, wish: CorrectIn) -> None:
    """Say what a study of the caller's hospital should have said; its bytes stay as they came."""
    administrator(caller)
    async with on.database.transaction() as db:
        [study] = await _own(db, caller.hospital_id, [study_id])
        await correct_by_hand(
            db, study, wish.told(), reason=wish.reason, by=caller.id, now=on.clock()
        )


@router.get("/holds")
async def holds_in_force(
    on: On, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[Hold]:
    """The legal holds of the caller's hospital, last placed first."""
    keeper(caller)
    async with on.database.transaction() as db:
        rows = await held.holds(db, caller.hospital_id, limit)
        await looked(db, caller, "list", "holds", caller.hospital_id, rows=len(rows))
    return [Hold(**row) for row in rows]


@router.post("/holds")
async def place_hold(on: On, caller: Caller, wish: HoldIn) -> HoldOut:
    """Hold a study or a patient of the caller's hospital."""
    privacy_officer(caller)
    async with on.database.transaction() as db:
        study = patient = None
        if wish.study_id is not None:
            [study] = await _own(db, caller.hospital_id, [wish.study_id])
        else:
            issuer = wish.issuer or await hospitals.own_issuer(db, caller.hospital_id)
            patient = (issuer, wish.patient_number)
        hold_id = await holds.place(
            db,
            caller.hospital_id,
            study=study,
            patient=patient,
            reason=wish.reason,
            by=caller.id,
            now=on.clock(),
        )
        await looked(db, caller, "hold", "hold", str(hold_id))
    return HoldOut(id=hold_id)


@router.delete("/holds/{hold_id}", status_code=204)
async def lift_hold(on: On, caller: Caller, hold_id: UUID) -> None:
    """End a legal hold of the caller's hospital."""
    privacy_officer(caller)
    async with on.database.transaction() as db:
        await holds.lift(db, caller.hospital_id, hold_id, caller.id, on.clock())
        await looked(db, caller, "lift_hold", "hold", str(hold_id))


@router.get("/expired")
async def expired(
    on: On, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[Expired]:
    """Studies of the caller's hospital whose years are over, oldest first."""
    keeper(caller)
    async with on.database.transaction() as db:
        due = await overview.expired(db, caller.hospital_id, on.clock(), limit)
        rows = await overview.shown(db, due)
        await looked(db, caller, "list", "expired", caller.hospital_id, rows=len(rows))
    return [Expired(**{name: row[name] for name in Expired.model_fields}) for row in rows]


@router.post("/expired/erase")
async def confirm(on: On, caller: Caller, wish: ConfirmIn) -> Proof:
    """Erase studies whose years are over."""
    privacy_officer(caller)
    async with on.database.transaction() as db:
        due = set(await overview.expired(db, caller.hospital_id, on.clock(), 100_000))
        if not due.issuperset(wish.study_ids):
            raise BadRequest("Not all of these are due to go; look at the list again.")
        done = await _erased(on, db, caller, wish, erase.Ground.RETENTION)
    return _proof(done)


@router.post("/erase")
async def erase_for_good(on: On, caller: Caller, wish: EraseIn) -> Proof:
    """Erase studies of the caller's hospital, or all of a patient of it, for good."""
    privacy_officer(caller)
    if bool(wish.study_ids) == bool(wish.patient_number):
        raise BadRequest("Name either studies or a patient.")
    async with on.database.transaction() as db:
        if wish.patient_number:
            issuer = wish.issuer or await hospitals.own_issuer(db, caller.hospital_id)
            done = await erase.erase_patient(
                db,
                caller.hospital_id,
                issuer,
                wish.patient_number,
                reason=wish.reason,
                by=caller.id,
                now=on.clock(),
            )
        else:
            done = await _erased(on, db, caller, wish, erase.Ground.REQUEST)
    return _proof(done)


@router.get("/erasures")
async def erasures(
    on: On, caller: Caller, limit: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[Proof]:
    """What was erased of the caller's hospital, last first."""
    keeper(caller)
    async with on.database.transaction() as db:
        rows = await removal.erasures(db, caller.hospital_id, limit)
    return [Proof(id=row["id"], certificate=row["certificate"], seal=row["seal"]) for row in rows]


async def _erased(
    on: Ground, db: Connection, caller: Reader, wish: ConfirmIn | EraseIn, ground: erase.Ground
) -> erase.Erasure:
    """Erase the named studies of the caller's hospital. Raises NotFound, Refused."""
    return await erase.erase(
        db,
        await _own(db, caller.hospital_id, wish.study_ids),
        ground=ground,
        reason=wish.reason,
        by=caller.id,
        now=on.clock(),
    )


def _proof(done: erase.Erasure) -> Proof:
    return Proof(id=done.id, certificate=done.certificate, seal=done.seal)


async def _own(db: Connection, hospital_id: str, study_ids: list[UUID]) -> list[Study]:
    """Studies of this hospital. Raises NotFound where one is not, or is another's."""
    studies = [await archive.study(db, one) for one in dict.fromkeys(study_ids)]
    if any(study.hospital_id != hospital_id for study in studies):
        raise NotFound("This study is not in the archive.")
    return studies
