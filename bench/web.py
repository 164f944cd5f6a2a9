"""A small DICOMweb client that costs next to nothing: what it measures is the server."""

import http.client
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.launch import BenchError
from bench.peers import Web

BOUNDARY = "crossread-bench"
RELATED = 'multipart/related; type="application/dicom"'
JSON = "application/dicom+json"
_PIECE = 1 << 20
_PATIENCE = 300.0  # seconds


class Client:
    """One kept connection to a DICOMweb server."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=_PATIENCE)
        self._buffer = memoryview(bytearray(_PIECE))

    def read(self, path: str, accept: str) -> bytes:
        """The whole answer."""
        return self._ask(path, accept).read()

    def drain(self, path: str, accept: str) -> int:
        """How many bytes the answer has; they are read and forgotten."""
        answer, total = self._ask(path, accept), 0
        while got := answer.readinto(self._buffer):
            total += got
        return total

    def search(self, path: str) -> list[dict[str, Any]]:
        """What QIDO-RS finds (PS3.18 10.6)."""
        content = self.read(path, JSON)
        return list(json.loads(content)) if content else []

    def store(self, files: Sequence[Path | bytes]) -> int:
        """Store these in one request (PS3.18 10.5); how many were stored."""
        head = f"\r\n--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        tail = f"\r\n--{BOUNDARY}--\r\n".encode()
        length = sum(len(head) + _length(one) for one in files) + len(tail)
        connection = self._connection
        connection.putrequest("POST", f"{self._web.root}/studies")
        for name, value in {
            **self._web.headers,
            "Accept": JSON,
            "Content-Type": f"{RELATED}; boundary={BOUNDARY}",
            "Content-Length": str(length),
        }.items():
            connection.putheader(name, value)
        connection.endheaders()
        for one in files:
            if isinstance(one, bytes):
                connection.send(head + one)
                continue
            connection.send(head)
            with one.open("rb") as file:
                assert connection.sock is not None
                connection.sock.sendfile(file)
        connection.send(tail)
        answer = self._answer("POST", "/studies")
        return len(json.loads(answer.read())["00081199"]["Value"])

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _ask(self, path: str, accept: str) -> http.client.HTTPResponse:
        headers = {**self._web.headers, "Accept": accept}
        for last in (False, True):
            try:
                self._connection.request("GET", self._web.root + path, headers=headers)
                return self._answer("GET", path)
            except ConnectionError:  # a kept connection that the server ended while we were away
                self._connection.close()
                if last:
                    raise
        raise AssertionError

    def _answer(self, method: str, path: str) -> http.client.HTTPResponse:
        answer = self._connection.getresponse()
        if answer.status not in (200, 204):
            said = answer.read()[:300].decode(errors="replace")
            raise BenchError(
                f"{method} {path.split('?', maxsplit=1)[0]} is answered {answer.status}: {said}"
            )
        return answer


def _length(one: Path | bytes) -> int:
    return len(one) if isinstance(one, bytes) else one.stat().st_size


def parts(content: bytes, boundary: bytes) -> list[bytes]:
    """The bodies in a multipart answer (RFC 2046 5.1)."""
    bodies = []
    for piece in content.split(b"--" + boundary)[1:-1]:
        body = piece[piece.index(b"\r\n\r\n") + 4 :]
        bodies.append(body.removesuffix(b"\r\n"))
    return bodies


def boundary_of(content: bytes) -> bytes:
    """The boundary, as it stands at the head of the content."""
    return content.lstrip(b"\r\n").split(b"\r\n", 1)[0].removeprefix(b"--")
