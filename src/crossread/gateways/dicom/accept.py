"""Take connections on a port, each served in a thread of its own, none of which can harm another.

Whoever has not said who it is when its time is up is cut off by the accepting thread, whatever it
keeps its own thread busy with: a TLS handshake of one byte a minute, too.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.rules import Limits

BACKLOG = 128
GOODBYE = 2.0  # seconds
_TICK = 0.25  # seconds between looks at who is late, and whether to stop

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Connection:
    """A connected peer, and until when it must have said who it is."""

    link: socket.socket  # an SSLSocket once its handshake has begun
    address: str
    port: int
    secure: bool
    late_at: float | None  # None: it has


class Acceptor:
    """One listening port, plain or TLS."""

    def __init__(
        self,
        address: tuple[str, int],
        serve: Callable[[Connection], None],
        *,
        patience: float,
        limits: Limits,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._serve, self._patience, self._context = serve, patience, context
        self._limits = limits
        self._open: set[Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        host, port = address
        both = host == "::" and socket.has_dualstack_ipv6()
        self._listening = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=BACKLOG,
            dualstack_ipv6=both,
        )
        self._listening.settimeout(_TICK)
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, name="dicom-accept", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop_accepting(self) -> None:
        """Take no more connections; those that have not said who they are go."""
        self._stopping.set()
        self._thread.join()

    def close(self, grace: float) -> None:
        """Wait for those that are open; then hear no more of them, and let them say goodbye."""
        for how, patience in ((socket.SHUT_RD, grace), (socket.SHUT_RDWR, GOODBYE)):
            self._wait(patience)
            with self._lock:
                for one in self._open:
                    _shut(one.link, how)
        self._wait(GOODBYE)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                link, address = self._listening.accept()
            except TimeoutError:
                self._cut_off(time.monotonic())
                continue
            except OSError as error:  # out of descriptors, or the peer was gone already
                log.error("connection.not_accepted", **fault(error))
                time.sleep(_TICK)
                continue
            self._cut_off(time.monotonic())
            self._begin(link, str(address[0]), int(address[1]))
        self._listening.close()
        self._cut_off(float("inf"))

    def _begin(self, link: socket.socket, address: str, port: int) -> None:
        late_at = time.monotonic() + self._patience
        connection = Connection(link, address, port, self._context is not None, late_at)
        thread = threading.Thread(target=self._run, args=(connection,), name="dicom-association")
        thread.daemon = True
        with self._lock:
            unknown = [one.address for one in self._open if one.late_at is not None]
            full = len(unknown) >= self._limits.unknown
            full = full or unknown.count(address) >= self._limits.unknown_of_an_address
            if not full:
                self._open.add(connection)
                self._threads.add(thread)
        if full:
            log.warning("connection.no_place", address=address)
            link.close()
            return
        try:
            thread.start()
        except RuntimeError as error:  # no more threads
            log.error("connection.not_served", **fault(error))
            self._end(connection, thread)

    def _run(self, connection: Connection) -> None:
        try:
            link = connection.link
            link.settimeout(self._patience)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection.link = self._context.wrap_socket(
                    link, server_side=True, do_handshake_on_connect=False
                )
                connection.link.do_handshake()
            self._serve(connection)
        except (ssl.SSLError, TimeoutError, ConnectionError) as error:
            log.warning("connection.lost", address=connection.address, **fault(error))
        except Exception as error:  # one connection's fault is not the others'
            log.error("connection.failed", address=connection.address, **fault(error))
        finally:
            self._end(connection, threading.current_thread())

    def _end(self, connection: Connection, thread: threading.Thread) -> None:
        with self._lock:
            self._open.discard(connection)
            self._threads.discard(thread)
        with contextlib.suppress(OSError):
            connection.link.close()

    def _cut_off(self, now: float) -> None:
        with self._lock:
            late = [one for one in self._open if one.late_at is not None and one.late_at < now]
        for one in late:
            _shut(one.link, socket.SHUT_RDWR)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(until - time.monotonic(), 0))


def _shut(link: socket.socket, how: int) -> None:
    """Shut a socket under the thread that uses it, which finds its end."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(link, how)  # SSLSocket's own would drop the state of TLS
