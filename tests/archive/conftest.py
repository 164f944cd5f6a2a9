"""Two hospitals, and an archive that takes in what they send."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydicom import Dataset
from tests.archive.arrivals import arrival

from crossread.archive import store
from crossread.archive.intake import Intake
from crossread.archive.model import Arrival, NotArchived, Outcome, Reason, Study
from crossread.archive.receive import receive
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital
from crossread.platform.database import Database
from crossread.platform.objects import Objects


@dataclass
class Archive:
    """The archive and a clock that a test can move."""

    database: Database
    objects: Objects
    intake: Intake = field(init=False)
    now: datetime = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.intake = Intake(self.database, self.objects, lambda: self.now)

    async def takes(self, sent: Arrival) -> Outcome:
        self.now += timedelta(seconds=1)
        return await receive(self.intake, sent)

    async def refuses(self, sent: Arrival) -> Reason:
        with pytest.raises(NotArchived) as refusal:
            await self.takes(sent)
        assert refusal.value.sentence
        return refusal.value.reason

    async def takes_all(self, images: list[Dataset], hospital: str = "noord") -> None:
        for image in images:
            assert await self.takes(arrival(image, hospital=hospital)) is Outcome.STORED

    async def study(self, image: Dataset, hospital: str = "noord") -> Study:
        async with self.database.transaction() as db:
            found = await store.studies_with_uid(db, image.StudyInstanceUID)
        [study] = [one for one in found if one.hospital_id == hospital]
        return study

    async def events(self, kind: str) -> list[dict[str, Any]]:
        return await self.rows(
            "select facts from platform.event where kind = %s order by id", (kind,)
        )

    async def quarantined(self, hospital: str = "noord") -> list[dict[str, Any]]:
        async with self.database.transaction() as db:
            return await store.quarantined(db, hospital, 100)

    async def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        async with self.database.transaction() as db:
            return await (await db.execute(query.encode(), values)).fetchall()


@pytest.fixture
async def archive(database: Database, objects: Objects) -> AsyncIterator[Archive]:
    """An empty archive of which Noord and Midden take part."""
    async with database.transaction() as db:
        for name in ("noord", "midden"):
            await hospitals.save_hospital(
                db, Hospital(name, name.title(), patient_issuers=(name.upper(),))
            )
    made = Archive(database, objects)
    yield made
    await made.intake.close()
