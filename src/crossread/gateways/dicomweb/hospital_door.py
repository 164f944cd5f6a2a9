"""The door of a hospital to its own file: for its systems by a key, for its people by sign-in.

A hospital sees and changes only what it sent. A system has the rights of its key; of people those
see it who work with images there, and only its PACS administrators change it.
"""

import base64
import binascii
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from fastapi import Request

from crossread.archive import store
from crossread.archive.model import Study
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.dicomweb import door
from crossread.gateways.dicomweb.door import Action
from crossread.hospitals import keys
from crossread.hospitals.model import Key, Reader, Right, Role
from crossread.patients.model import patient_id
from crossread.platform.errors import NotFound, Refused
from crossread.platform.http import Ground, NotSignedIn, On

# a key that is revoked, and a study that is gone, count within seconds
ANSWER_LASTS = timedelta(seconds=2)
AUDIT_LASTS = timedelta(minutes=10)
_REMEMBERED = 10_000
_SEES = frozenset({Role.RADIOLOGIST, Role.RESIDENT, Role.PACS_ADMINISTRATOR})
_NEEDED = {
    Action.SEE: Right.READ,
    Action.SEARCH: Right.READ,
    Action.STORE: Right.STORE,
    Action.DELETE: Right.DELETE,
}

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


class Lately(Generic[_K, _V]):
    """What was found out of late; forgotten after a while, and when it becomes too much."""

    def __init__(self, lasts: timedelta) -> None:
        self._lasts = lasts
        self._known: dict[_K, tuple[datetime, _V]] = {}

    def get(self, key: _K, now: datetime) -> tuple[_V] | None:
        """What is known, in a tuple, since what is known may be None."""
        known = self._known.get(key)
        return (known[1],) if known is not None and now - known[0] <= self._lasts else None

    def put(self, key: _K, value: _V, now: datetime) -> None:
        """Remember it from now on."""
        self._known.pop(key, None)
        self._known[key] = (now, value)
        while len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))


class Gatekeeper:
    """Knows keys, studies and lines of the audit of late, so that a small request stays small."""

    def __init__(self) -> None:
        self._keys: Lately[bytes, Key | None] = Lately(ANSWER_LASTS)
        self.studies: Lately[tuple[str, str], Study | None] = Lately(ANSWER_LASTS)
        self.written: Lately[tuple[str, Action, str, bool], bool] = Lately(AUDIT_LASTS)

    async def key(self, on: Ground, request: Request) -> Key | None:
        """The key that a request carries (RFC 6750, RFC 7617), if it counts."""
        user, secret = _presented(request)
        if not secret:
            return None
        now, digest = on.clock(), keys.digest(secret)
        known = self._keys.get(digest, now)
        if known is None:
            async with on.database.transaction() as db:
                known = (await keys.whose(db, secret),)
            self._keys.put(digest, known[0], now)
        [key] = known
        return key if key is not None and user in {None, key.hospital_id} else None


@dataclass(frozen=True, slots=True)
class Visitor:
    """A system of a hospital, or somebody who works there."""

    hospital_id: str
    name: str  # of the key, or the sign-in
    rights: frozenset[Right]
    reader: Reader | None = None


@dataclass(frozen=True, slots=True)
class HospitalDoor:
    """A visitor before the file of her own hospital."""

    on: Ground
    keeper: Gatekeeper
    visitor: Visitor
    hospital_id: str
    root: str

    @property
    def sender(self) -> str:
        """Who she is, where the index says who sent a study."""
        return self.visitor.name

    async def study(self, study_instance_uid: str) -> Study:
        """A study of her hospital, written down. Raises NotFound, Refused."""
        await self._need(Action.SEE)
        now, key = self.on.clock(), (self.hospital_id, study_instance_uid)
        known = self.keeper.studies.get(key, now)
        if known is None:
            async with self.on.database.transaction() as db:
                known = (await store.study_by_uid(db, *key),)
            self.keeper.studies.put(key, known[0], now)
        [study] = known
        if study is None:
            raise NotFound("This study is not in the archive.")
        await self.changed(Action.SEE, study)
        return study

    async def searched(self) -> tuple[Sequence[str], Sequence[UUID] | None]:
        """All of her own hospital's file."""
        await self._need(Action.SEARCH)
        await self._write_down(Action.SEARCH, "hospital", self.hospital_id)
        return [self.hospital_id], None

    async def change(self, action: Action) -> None:
        """Nothing, if she may store or delete. Raises Refused."""
        await self._need(action)

    async def changed(self, action: Action, study: Study) -> None:
        """Write down what she did."""
        await self._write_down(action, "study", str(study.id), study)

    async def _need(self, action: Action) -> None:
        own = self.visitor.hospital_id == self.hospital_id
        if own and _NEEDED[action] in self.visitor.rights:
            return
        reason = "right" if own else "other_hospital"
        await self._write_down(action, "hospital", self.hospital_id, refused=reason)
        if not own:
            raise Refused("This is the file of another hospital.", reasons=(reason,))
        raise Refused(
            f"This sign-in or key may not {_NEEDED[action]} images.",
            reasons=(reason,),
            remedies=("A PACS administrator of the hospital can, or `crossread hospital key`.",),
        )

    async def _write_down(
        self,
        action: Action,
        kind: str,
        subject: str,
        study: Study | None = None,
        *,
        refused: str = "",
    ) -> None:
        """One line of the audit for each kind of request about a subject, every ten minutes."""
        now, visitor = self.on.clock(), self.visitor
        line = (f"{visitor.hospital_id}/{visitor.name}", action, subject, not refused)
        if action is not Action.DELETE and self.keeper.written.get(line, now) is not None:
            return
        async with self.on.database.transaction() as db:
            await record(
                db,
                Entry(
                    action=action,
                    purpose="own_file",
                    subject_kind=kind,
                    subject_id=subject,
                    allowed=not refused,
                    reader_id=visitor.reader.id if visitor.reader else None,
                    reader_hospital_id=visitor.hospital_id,
                    patient_id=_patient(study) if study else None,
                    hospital_id=self.hospital_id,
                    reasons=(refused,) if refused else (),
                    facts={"protocol": "dicomweb", "by": visitor.name},
                ),
            )
        self.keeper.written.put(line, True, now)


def open_door(request: Request, on: On, hospital_id: str) -> None:
    """Leave the door of this hospital on the request. Raises NotSignedIn."""
    request.state.door = HospitalDoor(
        on,
        request.app.state.gatekeeper,
        _visitor(request),
        hospital_id,
        door.root(request, f"/api/hospitals/{hospital_id}/dicom-web"),
    )


def _visitor(request: Request) -> Visitor:
    key: Key | None = getattr(request.state, "key", None)
    if key is not None:
        return Visitor(key.hospital_id, f"key {key.id}", key.rights)
    reader: Reader | None = getattr(request.state, "reader", None)
    if reader is None:
        raise NotSignedIn
    if Role.PACS_ADMINISTRATOR in reader.roles:
        rights = frozenset(Right)
    else:
        rights = frozenset({Right.READ}) if reader.roles & _SEES else frozenset()
    return Visitor(reader.hospital_id, reader.username, rights, reader)


def _presented(request: Request) -> tuple[str | None, str]:
    """The user, where one is named, and the secret of `Authorization`."""
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    match kind.lower():
        case "bearer":
            return None, rest.strip()
        case "basic":
            try:
                user, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None, ""
            return user, secret
        case _:
            return None, ""


def _patient(study: Study) -> UUID:
    return patient_id(study.hospital_id, study.issuer, study.patient_number)
