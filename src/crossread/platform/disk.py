"""What the disk can be asked for and Python has no word for."""

import ctypes
import sys

_WRITE = 2  # SYNC_FILE_RANGE_WRITE, of <fcntl.h>


def begin_writing(descriptor: int, start: int, length: int) -> None:
    """Have the system bring these bytes of a file to the disk, without waiting for it.

    A later `fdatasync` then has less to wait for. It promises nothing, so that where it is not to
    be had nothing is lost but time.
    """
    if _sync_file_range is not None:
        _sync_file_range(descriptor, start, length, _WRITE)


def _found() -> "ctypes._NamedFuncPointer | None":
    if sys.platform != "linux":
        return None
    try:
        function = ctypes.CDLL(None).sync_file_range
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint]
    function.restype = ctypes.c_int
    return function


_sync_file_range = _found()
