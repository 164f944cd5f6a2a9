"""A plain copy: bytes over a loopback socket into files, synced before each is acknowledged.

What no archive can beat on this machine: it knows nothing of DICOM and indexes nothing.

    python -m bench.plain_copy each FOLDER      a file for each instance, each synced by itself
    python -m bench.plain_copy group FOLDER     one file, one sync for all who wait for it
    python -m bench.plain_copy send PORT FILE...
"""

import os
import socket
import struct
import sys
import threading
from pathlib import Path

PIECE = 1 << 20
_LENGTH = struct.Struct(">Q")
_STORED = b"\x01"


class GroupCommit:
    """One file for all connections; a sync ends the wait of everybody who wrote before it began."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._end = 0
        self._lock = threading.Condition()
        self._waiting: list[threading.Event] = []
        threading.Thread(target=self._sync, daemon=True).start()

    def place_for(self, length: int) -> int:
        """Where in the file so many bytes may be written."""
        with self._lock:
            start, self._end = self._end, self._end + length
            return start

    def durable(self) -> None:
        """Wait until what was written is on disk."""
        done = threading.Event()
        with self._lock:
            self._waiting.append(done)
            self._lock.notify()
        done.wait()

    def _sync(self) -> None:
        while True:
            with self._lock:
                while not self._waiting:
                    self._lock.wait()
                waiting, self._waiting = self._waiting, []
            os.fdatasync(self.file)
            for one in waiting:
                one.set()


def serve(folder: Path, *, grouped: bool) -> None:
    """Receive until killed; the port is printed."""
    group = GroupCommit(folder / "all") if grouped else None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        number = 0
        while True:
            connection, _ = listener.accept()
            number += 1
            threading.Thread(
                target=_receive, args=(connection, folder, number, group), daemon=True
            ).start()


def _receive(
    connection: socket.socket, folder: Path, number: int, group: GroupCommit | None
) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = memoryview(bytearray(PIECE))
    count = 0
    with connection:
        while head := connection.recv(_LENGTH.size, socket.MSG_WAITALL):
            (length,) = _LENGTH.unpack(head)
            count += 1
            if group is None:
                file = os.open(folder / f"{number}-{count}", os.O_WRONLY | os.O_CREAT, 0o600)
                _write(connection, file, 0, length, buffer)
                os.fsync(file)
                os.close(file)
            else:
                _write(connection, group.file, group.place_for(length), length, buffer)
                group.durable()
            connection.sendall(_STORED)


def _write(
    connection: socket.socket, file: int, start: int, length: int, buffer: memoryview
) -> None:
    while length:
        got = connection.recv_into(buffer, min(length, PIECE))
        if not got:
            raise ConnectionError("The sender went away.")
        os.pwrite(file, buffer[:got], start)
        start, length = start + got, length - got


def send(port: int, paths: list[Path]) -> None:
    """Send each file, and wait for its acknowledgement before the next."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for path in paths:
            with path.open("rb") as file:
                connection.sendall(_LENGTH.pack(os.fstat(file.fileno()).st_size))
                connection.sendfile(file)
            if connection.recv(1) != _STORED:
                raise ConnectionError("It was not acknowledged.")


def main() -> None:
    """As the page's head says."""
    what, where, *rest = sys.argv[1:]
    if what == "send":
        send(int(where), [Path(one) for one in rest])
    else:
        serve(Path(where), grouped=what == "group")


if __name__ == "__main__":
    main()
