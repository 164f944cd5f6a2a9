"""Nonsense, a lot of it: a real listener on a real socket, and the reader of data sets.

Bounded here; `make fuzz` sends more. Nothing may fall over, nothing may stay behind, and others go
on undisturbed.
"""

import asyncio
import contextlib
import gc
import os
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from hypothesis.strategies import SearchStrategy
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)
from tests.archive.arrivals import encoded
from tests.gateways.dicom.listening import Listening, another, sendable
from tests.gateways.dicom.speaking import (
    ABORT,
    COMMAND,
    CT,
    FIND,
    LAST,
    RELEASE,
    VERIFICATION,
    Speaker,
    command,
    context,
    item,
    pdu,
    request,
    value,
)
from tests.images import ct_series

from crossread.archive.model import Announced, NotArchived
from crossread.archive.read import read
from crossread.gateways.dicom.listener import DicomListener
from crossread.gateways.dicom.rules import Limits, Patience, Rules

EXAMPLES = int(os.environ.get("CROSSREAD_FUZZ_EXAMPLES", "400"))
ROUND = 500
SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
)
RULES = Rules(
    patience=Patience(request=20, idle=20, stall=20),
    limits=Limits(associations=200, of_a_hospital=100),
)


def tried(examples: int, strategy: SearchStrategy[Any], run: Callable[[Any], None]) -> None:
    """Run so many examples, a round at a time: hypothesis remembers each of a round."""
    for _ in range(-(-examples // ROUND)):
        rounds = settings(
            max_examples=min(examples, ROUND),
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        rounds(given(strategy)(run))()


LENGTHS = [b"\0\0", b"\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1"]


@some.composite
def spoilt(draw: Callable[[SearchStrategy[Any]], Any], wholes: Sequence[bytes]) -> bytes:
    """Something right, with a few things wrong: bytes, lengths, what is left out or put in."""
    content = bytearray(draw(some.sampled_from(wholes)))
    for _ in range(draw(some.integers(0, 4))):
        at = draw(some.integers(0, max(len(content) - 1, 0)))
        match draw(some.sampled_from(("change", "length", "cut", "add", "leave out", "again"))):
            case "change" if content:
                content[at] = draw(some.integers(0, 255))
            case "length":
                wrong = draw(some.sampled_from(LENGTHS))
                content[at : at + len(wrong)] = wrong
            case "cut":
                del content[at:]
            case "add":
                content[at:at] = draw(some.binary(max_size=20))
            case "leave out":
                del content[at : at + draw(some.integers(1, 50))]
            case "again":
                content[at:at] = content[at : at + draw(some.integers(1, 300))]
    return bytes(content)


def requests() -> list[bytes]:
    """A-ASSOCIATE-RQ PDUs of every kind that there is."""
    role = item(0x54, b"\0\x09" + b"1.2.840.1" + b"\1\1")
    extended = item(0x56, b"\0\x09" + b"1.2.840.1" + b"\2\0\0\0\0\0")
    identity = item(0x58, b"\1\1\0\4john\0\0")
    window = item(0x53, b"\0\5\0\5")
    return [
        request([context(1, CT)]),
        request([context(1, CT), context(3, VERIFICATION), context(5, "1.2.3")]),
        request([context(1, CT, *SYNTAXES)], user=role + extended + identity + window),
        request([context(1, FIND)], user=role + extended + identity + window),
        request([context(number, CT) for number in range(1, 256, 2)]),
    ]


def messages() -> list[bytes]:
    """P-DATA-TF PDUs, and others, as they come on an association."""
    [image] = ct_series(slices=1)
    _, uid, _, content = sendable(image)
    store = command(0x0001, data_set=True, sop_instance=uid)
    echo = command(0x0030, data_set=False, sop_class=VERIFICATION)
    find = command(0x0020, data_set=True, sop_class=FIND)
    keys = Dataset()
    keys.QueryRetrieveLevel, keys.PatientName, keys.StudyDate = "STUDY", "A*", "20200101-20300101"
    asked = encoded(keys)
    return [
        pdu(4, value(1, COMMAND | LAST, store)),
        pdu(4, value(1, COMMAND | LAST, store)) + pdu(4, value(1, LAST, content)),
        pdu(4, value(1, COMMAND, store[:40]) + value(1, COMMAND | LAST, store[40:])),
        pdu(4, value(1, 0, content[:500])),
        pdu(4, value(1, LAST, content[500:])),
        pdu(4, value(3, COMMAND | LAST, echo)),
        pdu(4, value(1, COMMAND | LAST, find)) + pdu(4, value(1, LAST, b"")),
        pdu(4, value(1, COMMAND | LAST, find)) + pdu(4, value(1, LAST, asked)),
        RELEASE,
        ABORT,
    ]


REQUESTS, MESSAGES = requests(), messages()


def send(port: int, *content: bytes, once_accepted: Sequence[bytes] = ()) -> None:
    """Say it, and listen until the other end closes, which it must."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=60)) as link:
        with contextlib.suppress(OSError):  # it need not listen to the end
            for one in content:
                link.sendall(one)
            if once_accepted:
                link.recv(1 << 16)
            for one in once_accepted:
                link.sendall(one)
            link.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):  # but a time-out would be one of its own
            while link.recv(1 << 16):
                pass


def others_go_on(port: int, stop: threading.Event, statuses: list[int]) -> None:
    """Another hospital stores and asks all the while, on one association."""
    images = [sendable(one) for one in ct_series(slices=5)]
    speaker = Speaker.at(port).associates(
        context(1, CT), context(3, VERIFICATION), calling="MIDDEN_PACS"
    )
    while not stop.wait(0.05):
        for _, uid, _, content in images:
            statuses.append(speaker.stores(uid, [content[:1000], content[1000:]]))
        statuses.append(speaker.echoes(3))
    assert speaker.releases()


async def survives(listener: DicomListener, nonsense: Callable[[int], None]) -> None:
    """See that nonsense harms nobody and leaves nothing behind."""
    port, stop, statuses = listener.port, threading.Event(), list[int]()
    await asyncio.to_thread(send, port, REQUESTS[3])  # what is made once, is made now
    gc.collect()
    before = open_links(port)
    others = asyncio.create_task(asyncio.to_thread(others_go_on, port, stop, statuses))
    try:
        await asyncio.to_thread(nonsense, port)
    finally:
        stop.set()
        await others
    assert statuses
    assert set(statuses) == {0}
    await asyncio.to_thread(until_quiet)
    assert serving() == 0
    assert open_links(port) <= before


def serving() -> int:
    names = ("dicom-association", "AcceptorThread")
    return sum(one.name.startswith(names) for one in threading.enumerate())


def open_links(port: int) -> int:
    """Connections that the listener holds; those to a database over TCP are none of it."""
    return sum(
        one.status != psutil.CONN_NONE and one.laddr.port == port
        for one in psutil.Process().net_connections("tcp")
    )


def until_quiet() -> None:
    ends = threading.Event()
    for _ in range(200):
        if not serving():
            break
        ends.wait(0.05)


@pytest.mark.parametrize(
    "what", ["bytes", "requests", "messages", "questions", "messages to pynetdicom"]
)
async def test_nonsense_harms_nobody(listening: Listening, what: str) -> None:
    def raw(port: int) -> None:
        kinds = some.tuples(some.integers(1, 9), some.binary(max_size=300))
        tried(EXAMPLES, kinds, lambda one: send(port, pdu(*one)))

    def first(port: int) -> None:
        contents = some.one_of(some.binary(max_size=200), spoilt(REQUESTS))
        tried(EXAMPLES, contents, lambda content: send(port, content))

    def whole(port: int, asked: bytes, examples: int) -> None:
        contents = some.lists(spoilt(MESSAGES), min_size=1, max_size=6)
        tried(examples, contents, lambda content: send(port, asked, once_accepted=content))

    async with another(listening, rules=RULES) as listener:
        match what:
            case "bytes":
                await survives(listener, raw)
            case "requests":
                await survives(listener, first)
            case "messages":
                await survives(listener, lambda port: whole(port, REQUESTS[1], EXAMPLES))
            case "questions":
                await survives(listener, lambda port: whole(port, REQUESTS[3], EXAMPLES))
            case _:
                asked = request([context(1, FIND), context(3, VERIFICATION), context(5, CT)])
                await survives(listener, lambda port: whole(port, asked, EXAMPLES // 4))


IMAGES = {syntax: encoded(ct_series(slices=1)[0], syntax) for syntax in SYNTAXES[:4]}
IMAGES[JPEG2000Lossless] = IMAGES[ExplicitVRLittleEndian]


def test_a_spoilt_data_set_is_read_or_refused() -> None:
    def look(one: tuple[str, bytes]) -> None:
        syntax, content = one
        try:
            contents = read(memoryview(content), Announced("noord", "PACS", syntax))
        except NotArchived as refusal:
            assert refusal.sentence
        else:
            assert contents.study_instance_uid
            assert contents.header_bytes <= len(content)
            for keyword in ("PatientName", "StudyDate", "Rows", "NumberOfFrames"):
                contents.header.text(keyword)

    syntaxes = some.sampled_from(SYNTAXES)
    tried(
        EXAMPLES,
        syntaxes.flatmap(lambda one: some.tuples(some.just(one), spoilt([IMAGES[one]]))),
        look,
    )
