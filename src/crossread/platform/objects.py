"""Objects: bytes under a key, in a folder or in S3, on disk before anyone says so."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from crossread.platform.errors import NotFound

_PLACES_AT_ONCE = 512  # IOV_MAX is 1024


@dataclass(frozen=True, slots=True)
class Listed:
    """An object that is in the store."""

    key: str
    size: int  # bytes
    modified: datetime


class Objects:
    """The object store. A key is a path of letters, digits, dots, dashes and slashes.

    `location` is a folder, or a URL that obstore knows (`s3://bucket/prefix`).
    """

    def __init__(self, location: str) -> None:
        if "://" in location:
            self.folder: Path | None = None
            self._store: ObjectStore = from_url(location)
        else:
            self.folder = Path(location).resolve()
            self.folder.mkdir(parents=True, exist_ok=True)
            self._store = LocalStore(prefix=self.folder)

    async def put(self, key: str, content: bytes | memoryview | Iterable[bytes]) -> None:
        """Keep `content` under `key`, durable when this returns."""
        body = content if isinstance(content, bytes | memoryview) else b"".join(content)
        await obstore.put_async(self._store, key, body)
        if self.folder is not None:
            await asyncio.to_thread(sync, self.folder, self.folder / key)

    def put_file(self, key: str, content: BinaryIO) -> None:
        """Keep what stands in a file, in parts as it is read; durable when this returns. Blocks."""
        obstore.put(self._store, key, content)
        if self.folder is not None:
            sync(self.folder, self.folder / key)

    async def get(self, key: str) -> bytes:
        """All bytes under `key`. Raises NotFound."""
        try:
            answer = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise _missing(key) from error
        return bytes(await answer.bytes_async())

    async def get_range(self, key: str, start: int, length: int) -> bytes:
        """`length` bytes under `key` from offset `start`; fewer at its end. Raises NotFound."""
        if self.folder is not None:
            return await asyncio.to_thread(_read, self.folder / key, start, length)
        try:
            return bytes(
                await obstore.get_range_async(self._store, key, start=start, length=length)
            )
        except FileNotFoundError as error:
            raise _missing(key) from error

    async def get_ranges(self, key: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        """Several (start, length) of one object, in one go. Raises NotFound."""
        if self.folder is not None:
            return await asyncio.to_thread(_read_many, self.folder / key, ranges)
        try:
            found = await obstore.get_ranges_async(
                self._store,
                key,
                starts=[start for start, _ in ranges],
                lengths=[length for _, length in ranges],
            )
        except FileNotFoundError as error:
            raise _missing(key) from error
        return [bytes(one) for one in found]

    async def read_into(self, key: str, start: int, places: Sequence[memoryview]) -> None:
        """Bytes under `key` from offset `start`, into these places, one after the other.

        Raises NotFound, also where the object ends before all are filled.
        """
        if self.folder is not None:
            await asyncio.to_thread(_read_into, self.folder / key, start, places)
            return
        content = await self.get_range(key, start, sum(map(len, places)))
        if len(content) != sum(map(len, places)):
            raise _missing(key)
        at = 0
        for place in places:
            place[:] = content[at : at + len(place)]
            at += len(place)

    async def stream(self, key: str) -> AsyncIterator[bytes]:
        """The bytes under `key` in pieces of about a megabyte. Raises NotFound."""
        try:
            answer = await obstore.get_async(self._store, key)
        except FileNotFoundError as error:
            raise _missing(key) from error
        async for piece in answer.stream(min_chunk_size=1 << 20):
            yield bytes(piece)

    async def size(self, key: str) -> int | None:
        """How many bytes are under `key`; None when there is nothing."""
        try:
            return int((await obstore.head_async(self._store, key))["size"])
        except FileNotFoundError:
            return None

    async def list(self, prefix: str) -> AsyncIterator[Listed]:
        """Every object whose key begins with the path `prefix`."""
        async for page in obstore.list(self._store, prefix, chunk_size=500):
            for one in page:
                modified = one["last_modified"].astimezone(UTC)
                yield Listed(str(one["path"]), int(one["size"]), modified)

    async def delete(self, key: str) -> None:
        """Forget what is under `key`; nothing happens if there is nothing."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return

    def path(self, key: str) -> Path | None:
        """The file behind `key` where the store is a folder, else None."""
        return self.folder / key if self.folder is not None else None


def sync(root: Path, path: Path) -> None:
    """Force a file, and the folders that name it, onto the disk."""
    _sync_all(path, *_folders(root, path))


def sync_folders(root: Path, path: Path) -> None:
    """Force the folders that name a new file onto the disk."""
    _sync_all(*_folders(root, path))


def _sync_all(*places: Path) -> None:
    for place in places:
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _folders(root: Path, path: Path) -> list[Path]:
    return [folder for folder in path.parents if folder == root or root in folder.parents]


def _read(path: Path, start: int, length: int) -> bytes:
    return _read_many(path, [(start, length)])[0]


def _read_many(path: Path, ranges: list[tuple[int, int]]) -> list[bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise _missing(path.name) from error
    try:
        return [os.pread(descriptor, length, start) for start, length in ranges]
    finally:
        os.close(descriptor)


def _read_into(path: Path, start: int, places: Sequence[memoryview]) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError as error:
        raise _missing(path.name) from error
    try:
        for first in range(0, len(places), _PLACES_AT_ONCE):
            some = places[first : first + _PLACES_AT_ONCE]
            length = sum(map(len, some))
            if os.preadv(descriptor, some, start) != length:
                raise _missing(path.name)
            start += length
    finally:
        os.close(descriptor)


def _missing(key: str) -> NotFound:
    return NotFound("This object is not in the store.", cause=key)
