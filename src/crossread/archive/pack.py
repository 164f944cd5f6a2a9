"""A pack: one object that holds the files of many instances of one study, one after the other.

It grows at its end while its receiver lives, and is sealed when that has gone. In a folder it is
the object itself, written in place; a store elsewhere gets each file from a spool, in one piece.
"""

import fcntl
import os
import time
from contextlib import suppress
from mmap import ACCESS_READ, ALLOCATIONGRANULARITY, mmap
from pathlib import Path
from uuid import UUID

from crossread.archive.model import Content
from crossread.platform.disk import begin_writing
from crossread.platform.objects import sync_folders

UPLOAD_AT_MOST = 86_400.0  # seconds that nothing was written to it
AHEAD = 1 << 18  # bytes after which the disk is set to work, while more is on its way


class Pack:
    """An open pack in a folder; nobody else writes to it while its lock is held."""

    def __init__(self, pack_id: UUID, key: str, path: Path, root: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.id, self.key, self.path = pack_id, key, path
        self.end = 0  # what lies before this is, or is about to be, acknowledged
        self.kept = 0  # what lies before this is acknowledged
        self.gone = False  # closed: its descriptor may be another file's by now
        self._at = 0
        self._hastened = 0  # the disk has been set to work on what lies before this
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            sync_folders(root, path)
        except OSError:
            os.close(self._descriptor)  # else it stays locked for as long as this process lives
            raise

    def write(self, piece: Content) -> None:
        """Add bytes behind the last. Raises OSError when there is no room."""
        left = memoryview(piece)
        while left:
            written = os.pwrite(self._descriptor, left, self._at)
            self._at += written
            left = left[written:]
        if self._at - self._hastened >= AHEAD:
            self.hasten()

    def hasten(self) -> None:
        """Set the disk to work on what was written, so that the sync has less to wait for."""
        begin_writing(self._descriptor, self._hastened, self._at - self._hastened)
        self._hastened = self._at

    @property
    def pending(self) -> int:
        """How many bytes were written that are not kept yet."""
        return self._at - self.end

    def mapped(self, start: int, length: int) -> memoryview:
        """Bytes from `start`, looked at where they lie rather than read."""
        if length == 0:
            return memoryview(b"")
        skip = start % ALLOCATIONGRANULARITY
        whole = mmap(self._descriptor, skip + length, access=ACCESS_READ, offset=start - skip)
        return memoryview(whole)[skip:]

    def sync(self) -> None:
        """Force what was written onto the disk."""
        os.fdatasync(self._descriptor)

    def keep(self) -> None:
        """What was written is acknowledged."""
        self.end = self.kept = self._at

    def hold(self) -> None:
        """What was written will be acknowledged together with what follows."""
        self.end = self._at

    def settle(self, kept: int) -> None:
        """What lies before `kept` is acknowledged, and what was held behind it is taken back."""
        self.end = self.kept = kept
        self.drop()

    def drop(self) -> None:
        """Take back what was written and not kept."""
        if self._at > self.end:
            os.ftruncate(self._descriptor, self.end)
            self._at = self._hastened = self.end

    def close(self, *, unlink: bool = False) -> None:
        """Write no more; a pack with nothing in it, or sent elsewhere, leaves no file."""
        try:
            with suppress(OSError):
                self.drop()
            if self.end == 0 or unlink:
                self.path.unlink(missing_ok=True)
        finally:
            self._let_go()

    def leave(self, *, unlink: bool = False) -> None:
        """Let go of the file as it is; of a spooled one nothing stays."""
        if unlink:
            with suppress(OSError):
                self.path.unlink()
        self._let_go()

    def _let_go(self) -> None:
        # what is still mapped holds a copy of the descriptor, and with it the lock
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)
        self.gone = True


def cut(path: Path, length: int) -> bool:
    """Cut what nobody acknowledged off a pack whose receiver is gone; False while it lives."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        if not length:
            path.unlink(missing_ok=True)
        elif os.fstat(descriptor).st_size > length:  # never longer: a hole would look like pixels
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)  # the pack is sealed next, and then nobody looks again
        return True
    finally:
        os.close(descriptor)


def clear_spool(folder: Path) -> None:
    """Remove what receivers and uploads that died left of files on their way elsewhere."""
    for path in folder.glob("images/*/*/*/*"):
        cut(path, 0)
    for path in folder.glob("imports/*"):
        with suppress(OSError):  # another process may have finished with it just now
            if path.stat().st_mtime < time.time() - UPLOAD_AT_MOST:
                path.unlink()
