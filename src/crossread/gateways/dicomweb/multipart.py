"""Multipart bodies (RFC 2046 5.1), read as their bytes come and written without copies."""

from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from uuid import uuid4

from crossread.platform.errors import Unreadable

HEAD_AT_MOST = 16_384  # bytes of the headers of one part
BOUNDARY_AT_MOST = 256
_CRLF = b"\r\n"
_END_OF_HEAD = b"\r\n\r\n"


class NotMultipart(Unreadable):
    """The body is not what its Content-Type says."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part, by its headers; names are in lower case."""

    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class PartGoesOn:
    """The next bytes of the part."""

    piece: memoryview


@dataclass(frozen=True, slots=True)
class PartEnds:
    """The part is whole."""


Step = PartBegins | PartGoesOn | PartEnds


class Reader:
    """Takes a body piece by piece, cut anywhere, and says what is in it.

    It holds back no more than a delimiter's length of a part, and at most the head of one.
    """

    def __init__(self, boundary: bytes) -> None:
        # the first delimiter may stand at the very start, without a line before it
        self._delimiter = _CRLF + b"--" + boundary
        self._rest = _CRLF
        self._within: bool | None = None  # None: before the first part
        self._ended = False

    def feed(self, chunk: bytes) -> Iterator[Step]:
        """What becomes known with `chunk`. Raises NotMultipart."""
        if self._ended:
            return  # an epilogue is to be ignored
        content = self._rest + chunk if self._rest else chunk
        self._rest = b""
        at = 0
        while not self._ended:
            if self._within:
                found = content.find(self._delimiter, at)
                if found < 0:
                    yield from self._keep_tail(content, at)
                    return
                if found > at:
                    yield PartGoesOn(memoryview(content)[at:found])
                yield PartEnds()
                self._within = False
                at = found
            else:
                begun = self._begin(content, at)
                if begun is None:
                    return
                at, headers = begun
                if headers is not None:
                    self._within = True
                    yield PartBegins(headers)

    def close(self) -> None:
        """Nothing, when the body was whole. Raises NotMultipart."""
        if not self._ended:
            raise NotMultipart("The multipart body is cut off before its last boundary.")

    def _keep_tail(self, content: bytes, at: int) -> Iterator[Step]:
        """Pass on all but what could be the start of a delimiter."""
        tail = content.rfind(b"\r", max(at, len(content) - len(self._delimiter) + 1))
        while tail >= 0 and not self._delimiter.startswith(content[tail:]):
            tail = content.rfind(b"\r", max(at, len(content) - len(self._delimiter) + 1), tail)
        safe = tail if tail >= 0 else len(content)
        self._rest = content[safe:]
        if safe > at:
            yield PartGoesOn(memoryview(content)[at:safe])

    def _begin(self, content: bytes, at: int) -> tuple[int, dict[str, str] | None] | None:
        """Behind the delimiter at or after `at`: where the part starts, and its headers.

        None while more is needed, which is then kept.
        """
        found = content.find(self._delimiter, at)
        if found < 0:
            if self._within is None:  # a preamble is to be ignored
                self._rest = content[max(at, len(content) - len(self._delimiter)) :]
            return None
        after = found + len(self._delimiter)
        if content[after : after + 2] == b"--":
            self._ended = True
            return after, None
        line = content.find(_CRLF, after)
        if line >= 0 and content[after:line].strip(b" \t"):
            raise NotMultipart("A boundary of the multipart body has something behind it.")
        # a part without headers has the empty line at once
        end = content.find(_END_OF_HEAD, line) if line >= 0 else -1
        if end < 0:
            if len(content) - found > HEAD_AT_MOST:
                raise NotMultipart("A part of the multipart body has no end to its headers.")
            self._rest = content[found:]
            return None
        return end + len(_END_OF_HEAD), _headers(content[line + 2 : end])


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises NotMultipart."""
    named = parameters(content_type)[1].get("boundary", "")
    # RFC 2046 has 70 characters at most; Orthanc's are 73
    if not 0 < len(named) <= BOUNDARY_AT_MOST or not named.isascii():
        raise NotMultipart("The Content-Type names no boundary.")
    return named.encode()


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A media type in lower case, and its parameters."""
    message = Message()
    message["content-type"] = value.replace("\r", " ").replace("\n", " ")
    found = message.get_params() or [("", "")]
    return found[0][0].strip().lower(), {
        name.lower(): text for name, text in found[1:] if isinstance(text, str)
    }


@dataclass(frozen=True, slots=True)
class Writer:
    """Heads and the end of a multipart body that is being written."""

    kind: str  # media type of the parts, without parameters
    boundary: str

    @property
    def content_type(self) -> str:
        """Of the whole body."""
        return f'multipart/related; type="{self.kind}"; boundary={self.boundary}'

    def head(self, content_type: str, length: int, *, first: bool, location: str = "") -> bytes:
        """What stands before a part; its own end of line belongs to the delimiter that follows."""
        lines = [f"--{self.boundary}", f"Content-Type: {content_type}", f"Content-Length: {length}"]
        if location:
            lines.append(f"Content-Location: {location}")
        text = "\r\n".join([*lines, "", ""])
        return (text if first else f"\r\n{text}").encode()

    @property
    def end(self) -> bytes:
        """What stands behind the last part."""
        return f"\r\n--{self.boundary}--\r\n".encode()


def writer(kind: str) -> Writer:
    """For parts of this media type."""
    return Writer(kind, uuid4().hex)


def _headers(head: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    for line in head.split(_CRLF):
        name, colon, value = line.partition(b":")
        if colon:
            headers[name.strip().lower().decode("latin-1")] = value.strip().decode("latin-1")
    return headers
