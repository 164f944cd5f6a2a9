"""Objects: bytes under a key, in a folder or in S3, on disk before anyone says so."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from crossread.platform.errors import NotFound


class Objects:
    """The object store. A key is a path of letters, digits, dots, dashes and slashes.

    `location` is a folder, or a URL that obstore knows (`s3://bucket/prefix`).
    """

    def __init__(self, location: str) -> None:
        if "://" in location:
            self._folder: Path | None = None
            self._store: ObjectStore = from_url(location)
        else:
            self._folder = Path(location).resolve()
            self._folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(prefix=self._folder)

    async def put(self, key: str, content: bytes | Iterable[bytes]) -> None:
        """Keep `content` under `key`, durable when this returns."""
        body = content if isinstance(content, bytes) else b"".join(content)
        await obstore.put_async(self._store, key, body)
        if self._folder is not None:
            await asyncio.to_thread(_sync, self._folder, self._folder / key)

    async def get(self, key: str) -> bytes:
        """All bytes under `key`. Raises NotFound."""
        try:
            answer = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise NotFound("This object is not in the store.", cause=key) from error
        return bytes(await answer.bytes_async())

    async def get_range(self, key: str, start: int, length: int) -> bytes:
        """`length` bytes under `key` from offset `start`. Raises NotFound."""
        try:
            return bytes(
                await obstore.get_range_async(self._store, key, start=start, length=length)
            )
        except FileNotFoundError as error:
            raise NotFound("This object is not in the store.", cause=key) from error

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under `key` in pieces of about a megabyte. Raises NotFound."""
        try:
            answer = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise NotFound("This object is not in the store.", cause=key) from error
        async for piece in answer.stream(min_chunk_size=1 << 20):
            yield bytes(piece)

    async def delete(self, key: str) -> None:
        """Forget what is under `key`; nothing happens if there is nothing."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    def path(self, key: str) -> Path | None:
        """The file behind `key` where the store is a folder, else None."""
        return self._folder / key if self._folder is not None else None


def _sync(root: Path, path: Path) -> None:
    """Force a file, and the folders that name it, onto the disk."""
    for place in (path, *_folders(root, path)):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _folders(root: Path, path: Path) -> list[Path]:
    return [folder for folder in path.parents if folder == root or root in folder.parents]
