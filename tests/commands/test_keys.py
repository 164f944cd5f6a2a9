"""A key is shown once, listed without its secret, and ends when it is revoked."""

import asyncio
from pathlib import Path

import pytest

from crossread.commands import keys
from crossread.hospitals import keys as verbs
from crossread.hospitals import store
from crossread.hospitals.model import Hospital, Key, Right
from crossread.platform.configuration import ConfigurationError, Settings
from crossread.platform.database import Database
from crossread.platform.errors import NotFound


async def test_a_key_is_made_listed_and_revoked(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_folder=tmp_path, database_url=database.url)
    async with database.transaction() as db:
        await store.save_hospital(db, Hospital("noord", "Noord"))

    async def whose(secret: str) -> Key | None:
        async with database.transaction() as db:
            return await verbs.whose(db, secret)

    await asyncio.to_thread(keys.make, settings, "noord", ["read"], "viewer")
    secret = capsys.readouterr().out.strip()
    key = await whose(secret)
    assert key is not None
    assert (key.hospital_id, key.rights, key.label) == ("noord", frozenset({Right.READ}), "viewer")

    await asyncio.to_thread(keys.show, settings, "noord")
    shown = capsys.readouterr().out
    assert key.id in shown
    assert secret not in shown

    with pytest.raises(NotFound):
        await asyncio.to_thread(keys.revoke, settings, "midden", key.id)
    await asyncio.to_thread(keys.revoke, settings, "noord", key.id)
    assert await whose(secret) is None


async def test_a_key_for_nobody_or_for_an_unknown_right_is_not_made(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings(data_folder=tmp_path, database_url=database.url)
    with pytest.raises(NotFound):
        await asyncio.to_thread(keys.make, settings, "nowhere", ["read"], "")
    with pytest.raises(ConfigurationError):
        await asyncio.to_thread(keys.make, settings, "noord", ["everything"], "")
