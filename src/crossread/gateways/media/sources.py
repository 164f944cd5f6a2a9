"""What lies in a folder, in a ZIP or in one file, a file at a time; nothing is unpacked on disk.

A CD comes from anywhere. Names that lead out of it, links, bombs and archives in archives are
refused, each with its reason; a ZIP of which the whole cannot be trusted is not read at all.
"""

import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from crossread.platform.errors import Unreadable

ENTRIES_AT_MOST = 1_000_000
ENTRY_AT_MOST = 16 << 30  # bytes of one file
GROWTH_AT_MOST = 200  # how many times larger a ZIP may become, beyond `ANYWAY`
ANYWAY = 4 << 30  # bytes
_LOCAL_HEADER = 30  # bytes before the name
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}


class Unfit(Exception):
    """This file is not read; says why."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence


@dataclass(frozen=True, slots=True)
class Found:
    """A file on the medium."""

    name: str  # as it is called there, for the one who brought it
    open: Callable[[], BinaryIO]  # raises Unfit, OSError


def files_in(path: Path) -> Iterator[Found]:
    """Every file of a folder, of a ZIP, or the one file that it is, always in the same order.

    Raises Unreadable where there is nothing, or a ZIP that is broken or a trick.
    """
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise Unreadable("There is no folder or file of this name.")
    if zipfile.is_zipfile(path):
        return _in_zip(path)
    return iter([Found(path.name, lambda: path.open("rb"))])


def _in_folder(root: Path) -> Iterator[Found]:
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            yield Found(str(path.relative_to(root)), lambda path=path: _opened(path))  # type: ignore[misc]


def _opened(path: Path) -> BinaryIO:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        raise Unfit("link", "This is a link; only files are read.")
    if not stat.S_ISREG(mode):
        raise Unfit("no_file", "This is no file.")
    return path.open("rb")


def _in_zip(path: Path) -> Iterator[Found]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise Unreadable("This ZIP is broken; copy or send it again.") from error
    with archive:
        entries = [one for one in archive.infolist() if not one.is_dir()]
        _see_that_it_is_no_trick(archive, entries, path.stat().st_size)
        for one in entries:
            yield Found(one.filename, lambda one=one: _entry(archive, one))  # type: ignore[misc]


def _see_that_it_is_no_trick(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], whole: int
) -> None:
    """Nothing, or Unreadable for a ZIP that is made to fill a disk."""
    if len(entries) > ENTRIES_AT_MOST:
        raise Unreadable("This ZIP holds more files than any study; it is not read.")
    if sum(one.file_size for one in entries) > ANYWAY + GROWTH_AT_MOST * whole:
        raise Unreadable("This ZIP would become far too large; it is not read.")
    places = sorted((one.header_offset, one.compress_size, len(one.filename)) for one in entries)
    for (start, size, name), (following, _, _) in pairwise(places):
        if start + _LOCAL_HEADER + name + size > following:
            raise Unreadable("The files of this ZIP lie over each other; it is not read.")
    if places and sum(places[-1]) + _LOCAL_HEADER > archive.start_dir:
        raise Unreadable("This ZIP is broken; copy or send it again.")


def _entry(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> BinaryIO:
    """An entry, open for reading. Raises Unfit."""
    if _leads_out(one.orig_filename) or _leads_out(one.filename):
        raise Unfit("path", "The name of this file leads out of the ZIP.")
    if stat.S_ISLNK(one.external_attr >> 16):
        raise Unfit("link", "This is a link; only files are read.")
    if one.flag_bits & _ENCRYPTED:
        raise Unfit("encrypted", "This file is encrypted; unpack the ZIP with its password first.")
    if one.compress_type not in _METHODS:
        raise Unfit("method", "This file is compressed in a way that is not known here.")
    if one.file_size > ENTRY_AT_MOST:
        raise Unfit("too_large", "This file is larger than 16 GB.")
    if one.filename.lower().endswith(".zip"):
        raise Unfit("nested", "A ZIP in a ZIP is not opened; unpack it first.")
    try:
        return archive.open(one)  # type: ignore[return-value]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError) as error:
        raise Unfit("broken", "This part of the ZIP is broken.") from error


def _leads_out(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return (
        posix.is_absolute()
        or bool(windows.drive or windows.root)
        or ".." in posix.parts
        or ".." in windows.parts
        or "\0" in name
    )
