"""A crossread that listens to HTTP in a process of its own, and a hospital's way in."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydicom import Dataset, dcmwrite
from tests.region import until

from crossread.hospitals import keys, store
from crossread.hospitals.model import Hospital, Right
from crossread.platform import clock
from crossread.platform.database import Database

HOSPITALS = ("noord", "midden")


@dataclass
class Web:
    """A running web server on a database of its own."""

    database: Database
    folder: Path
    url: str

    def root(self, hospital: str = "noord") -> str:
        return f"{self.url}/api/hospitals/{hospital}/dicom-web"

    async def key(self, hospital: str = "noord", *rights: Right) -> str:
        async with self.database.transaction() as db:
            return await keys.make(
                db, hospital, rights or (Right.READ, Right.STORE), "test", clock.now()
            )

    async def client(self, hospital: str = "noord", *rights: Right) -> httpx.AsyncClient:
        key = await self.key(hospital, *rights)
        return httpx.AsyncClient(
            base_url=self.root(hospital),
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
            trust_env=False,
        )

    async def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.database.transaction() as db:
            return await (await db.execute(query.encode(), values)).fetchall()


@pytest.fixture
async def web(
    database: Database, tmp_path: Path, unused_tcp_port_factory: Any
) -> AsyncIterator[Web]:
    """`crossread serve --role web`, of which Noord and Midden take part."""
    async with database.transaction() as db:
        for name in HOSPITALS:
            await store.save_hospital(
                db, Hospital(name, name.title(), patient_issuers=(name.upper(),))
            )
    port = unused_tcp_port_factory()
    environment = {
        **os.environ,
        "CROSSREAD_DATA_FOLDER": str(tmp_path / "data"),
        "CROSSREAD_DATABASE_URL": database.url,
        "CROSSREAD_WEB__PORT": str(port),
        "CROSSREAD_LOG__LEVEL": "warning",
    }
    with (tmp_path / "web.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "crossread", "serve", "--role", "web",
            env=environment, stderr=log, stdout=log,
        )  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            async with httpx.AsyncClient(trust_env=False) as probe:

                async def up() -> bool:
                    try:
                        return (await probe.get(f"{url}/ready")).status_code == 200
                    except httpx.HTTPError:
                        return False

                await until(up, what="the web server")
            yield Web(database, tmp_path / "data", url)
        finally:
            process.terminate()
            await process.wait()


def file(image: Dataset) -> bytes:
    """An image as a file (PS3.10)."""
    buffer = BytesIO()
    dcmwrite(buffer, image, enforce_file_format=True)
    return buffer.getvalue()


def related(
    parts: Iterable[bytes], kind: str = "application/dicom", boundary: str = "frontier"
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a multipart request."""
    head = f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode()
    body = b"".join(head + part + b"\r\n" for part in parts) + f"--{boundary}--\r\n".encode()
    return {"Content-Type": f'multipart/related; type="{kind}"; boundary={boundary}'}, body


def parts(answer: httpx.Response) -> list[bytes]:
    """The bodies of a multipart answer."""
    boundary = answer.headers["content-type"].partition("boundary=")[2].encode()
    pieces = answer.content.split(b"--" + boundary)
    assert pieces[-1].startswith(b"--"), "the answer is cut off"
    return [piece.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for piece in pieces[1:-1]]
