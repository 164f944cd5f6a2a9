"""Multipart bodies, cut anywhere, give the same parts."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crossread.gateways.dicomweb import multipart
from crossread.gateways.dicomweb.multipart import (
    NotMultipart,
    PartBegins,
    PartEnds,
    PartGoesOn,
    Reader,
)

BOUNDARY = b"--x"
Parts = list[tuple[dict[str, str], bytes]]


def read(content: bytes, cuts: list[int]) -> Parts:
    reader, found = Reader(BOUNDARY), []
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    body = bytearray()
    headers: dict[str, str] = {}
    for begin, end in pairwise(edges):
        for step in reader.feed(content[begin:end]):
            match step:
                case PartBegins(headers):
                    body = bytearray()
                case PartGoesOn(piece):
                    body += piece
                case PartEnds():
                    found.append((headers, bytes(body)))
    reader.close()
    return found


def written(parts: list[bytes], preamble: bytes = b"", epilogue: bytes = b"") -> bytes:
    head = b"--" + BOUNDARY + b"\r\nContent-Type: a/b\r\nX: y\r\n\r\n"
    lines = [head + part for part in parts] + [b"--" + BOUNDARY + b"--"]
    body = b"\r\n".join(lines)
    return (preamble + b"\r\n" + body if preamble else body) + epilogue


# what looks like the start of a delimiter is what a reader can get wrong
nearly = st.lists(
    st.sampled_from([b"\r", b"\n", b"-", b"--", b"\r\n", b"\r\n--", b"\r\n----", b"x", b"\0"]),
    max_size=12,
).map(b"".join)
bodies = st.one_of(nearly, st.binary(max_size=60)).filter(
    lambda body: b"\r\n--" + BOUNDARY not in b"\r\n" + body + b"\r\n"
)


@given(st.lists(bodies, min_size=1, max_size=4), st.lists(st.integers(0, 10_000), max_size=9))
@example([b"\r\n--"], list(range(200)))
def test_parts_are_as_they_were_written_however_the_body_is_cut(
    parts: list[bytes], cuts: list[int]
) -> None:
    found = read(written(parts), cuts)
    assert [body for _, body in found] == parts
    assert all(headers == {"content-type": "a/b", "x": "y"} for headers, _ in found)


@given(st.lists(bodies, min_size=1, max_size=3))
def test_cut_at_every_byte(parts: list[bytes]) -> None:
    content = written(parts, preamble=b"not for you", epilogue=b"\r\nnor this")
    assert [body for _, body in read(content, list(range(len(content))))] == parts


@given(st.lists(bodies, min_size=1, max_size=3), st.data())
def test_a_body_without_its_end_is_told_from_a_whole_one(
    parts: list[bytes], data: st.DataObject
) -> None:
    content = written(parts)
    cut = data.draw(st.integers(0, len(content) - 2))
    with pytest.raises(NotMultipart):
        read(content[:cut], [])


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000), max_size=5))
def test_anything_at_all_is_parts_or_refused(content: bytes, cuts: list[int]) -> None:
    with suppress(NotMultipart):
        read(b"--" + BOUNDARY + content, cuts)


def test_what_is_written_can_be_read() -> None:
    out = multipart.writer("a/b")
    body = out.head("a/b", 3, first=True) + b"one" + out.head("a/b", 3, first=False) + b"two"
    reader = Reader(multipart.boundary_of(out.content_type))
    pieces = [
        bytes(step.piece) for step in reader.feed(body + out.end) if isinstance(step, PartGoesOn)
    ]
    assert pieces == [b"one", b"two"]


def test_a_boundary_may_be_longer_than_the_standard_has_it() -> None:
    """As Orthanc's is, which is made of two UUIDs."""
    assert multipart.boundary_of(f"multipart/related; boundary={'x' * 73}") == b"x" * 73


@pytest.mark.parametrize("kind", ["multipart/related", 'multipart/related; boundary=""'])
def test_a_boundary_must_be_named(kind: str) -> None:
    with pytest.raises(NotMultipart):
        multipart.boundary_of(kind)
