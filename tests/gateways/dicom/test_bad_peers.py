"""Peers that are slow, silent, too many, or that ask for more than storage in one association."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from pynetdicom import build_context
from tests.gateways.dicom.certificates import Authority
from tests.gateways.dicom.listening import Listening, another, associated, sendable, status_of
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
    pdu,
    request,
    value,
)
from tests.images import ct_series

from crossread.gateways.dicom.listener import DicomListener, Port
from crossread.gateways.dicom.rules import Limits, Patience, Rules
from crossread.gateways.dicom.tls import Keys

_Answer = TypeVar("_Answer")
HURRIED = Rules(patience=Patience(request=0.5, idle=0.8, stall=0.5))
LIMIT = bytes((0, 2, 3, 2))


def threads() -> int:
    """How many associations are being served, by pynetdicom or by us."""
    names = ("dicom-association", "AcceptorThread")
    return sum(one.name.startswith(names) for one in threading.enumerate())


async def until_nobody_is_served(at_most: float = 5.0) -> None:
    """Wait until every thread of a connection has ended."""

    def wait() -> None:
        end = time.monotonic() + at_most
        while threads() and time.monotonic() < end:
            time.sleep(0.05)

    await asyncio.to_thread(wait)
    assert threads() == 0


async def says(
    listener: DicomListener, script: Callable[[Speaker], _Answer], port: int | None = None
) -> _Answer:
    def follow() -> _Answer:
        speaker = Speaker.at(port or listener.port)
        try:
            return script(speaker)
        finally:
            speaker.close()

    return await asyncio.to_thread(follow)


def drip(speaker: Speaker, content: bytes) -> bool:
    """Send a byte every tenth of a second until cut off; whether it was."""
    for at in range(len(content)):
        try:
            speaker.link.sendall(content[at : at + 1])
        except OSError:
            return True
        time.sleep(0.1)
        speaker.link.setblocking(False)
        try:
            heard = speaker.link.recv(100)
        except BlockingIOError:
            heard = None
        except OSError:
            return True
        speaker.link.settimeout(20)
        if heard is not None:
            return True
    return False


RQ = command(0x0001, data_set=True, sop_instance="1.2.3")
SILENCES: dict[str, Callable[[Speaker], Any]] = {
    "says nothing": lambda one: one,
    "says half a request": lambda one: one.says(request([context(1, CT)])[:50]),
    "announces a request that does not come": lambda one: one.says(b"\1\0\0\0\xff\xff"),
    "is idle": lambda one: one.associates(),
    "is idle after a query's context": lambda one: one.associates(context(1, FIND)),
    "stops in a PDU": lambda one: one.associates().says(pdu(4, bytes(1000))[:3]),
    "stops in a value": lambda one: one.associates().says(
        pdu(4, value(1, COMMAND | LAST, RQ)), pdu(4, value(1, 0, bytes(1000)))[:500]
    ),
    "stops between the fragments of an image": lambda one: one.associates().says(
        pdu(4, value(1, COMMAND | LAST, RQ)), pdu(4, value(1, 0, bytes(1000)))
    ),
    "stops in a PDU of a query": lambda one: one.associates(context(1, FIND)).says(
        pdu(4, bytes(1000))[:500]
    ),
}


@pytest.mark.parametrize("silence", SILENCES.values(), ids=SILENCES)
async def test_who_falls_silent_is_let_go(
    listening: Listening, silence: Callable[[Speaker], Any]
) -> None:
    async with another(listening, rules=HURRIED) as listener:

        def script(speaker: Speaker) -> bool:
            silence(speaker)
            return speaker.hears_nothing_more()

        assert await says(listener, script)
        await until_nobody_is_served()


async def test_who_drips_is_let_go(listening: Listening, tmp_path: Any) -> None:
    authority = Authority(tmp_path / "certificates")
    us = authority.issues("crossread")
    secure = Port(0, Keys(us.certificate, us.key))
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
    async with another(listening, rules=HURRIED, secure=secure) as listener:
        for content, port, before in (
            (request([context(1, CT)]), listener.port, False),
            (hello, listener.secure_port, False),
            (pdu(4, bytes(1000)), listener.port, True),
        ):

            def script(speaker: Speaker, content: bytes = content, before: bool = before) -> bool:
                if before:
                    speaker.associates()
                return drip(speaker, content[:60])

            assert await says(listener, script, port)
        await until_nobody_is_served()


async def test_a_hospital_has_so_many_associations_and_no_more(listening: Listening) -> None:
    rules = Rules(limits=Limits(associations=3, of_a_hospital=2))
    async with another(listening, rules=rules) as listener:

        def script() -> tuple[list[tuple[int, bytes]], int]:
            kinds = ([context(1, CT)], [context(1, FIND)])
            held = [Speaker.at(listener.port).associates(*kind) for kind in kinds]
            midden = Speaker.at(listener.port).says(request(kinds[0], calling="MIDDEN_PACS"))
            assert midden.hears()[0] == 2
            refused = [
                Speaker.at(listener.port).says(request(kinds[0], calling=who)).hears()
                for who in ("NOORD_PACS", "MIDDEN_PACS")
            ]
            for one in (*held, midden):
                assert one.releases()
            again = Speaker.at(listener.port).associates()
            return refused, again.releases()

        assert await asyncio.to_thread(script) == ([(3, LIMIT), (3, LIMIT)], True)


async def test_those_who_say_nothing_leave_room_for_others(listening: Listening) -> None:
    rules = Rules(limits=Limits(unknown_of_an_address=5), patience=Patience(request=2.0))
    async with another(listening, rules=rules) as listener:

        def script() -> tuple[int, bool]:
            silent = [Speaker.at(listener.port) for _ in range(20)]
            time.sleep(0.5)
            for one in silent:
                one.link.setblocking(False)
            cut_off = sum(_is_closed(one.link) for one in silent)
            time.sleep(2.5)
            return cut_off, Speaker.at(listener.port).associates().releases()

        assert await asyncio.to_thread(script) == (15, True)


def _is_closed(link: socket.socket) -> bool:
    try:
        return link.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def test_an_association_may_store_and_do_other_things(listening: Listening) -> None:
    images = [sendable(one) for one in ct_series(slices=2)]

    def store() -> list[int]:
        kinds = [build_context(CT, images[0][2]), build_context(FIND), build_context(VERIFICATION)]
        with associated(listening.port, kinds) as association:
            statuses = [status_of(association, *one) for one in images]
            return [*statuses, association.send_c_echo().Status]

    assert await asyncio.to_thread(store) == [0, 0, 0]
    assert await listening.dataset(images[1][1]) == images[1][3]


async def test_nothing_stays_behind_when_all_have_gone(listening: Listening) -> None:
    for farewell in (b"", ABORT, RELEASE):
        for kind in (CT, FIND):

            def script(speaker: Speaker, farewell: bytes = farewell, kind: str = kind) -> None:
                speaker.associates(context(1, kind)).says(farewell)

            await says(listening.listener, script)
    await until_nobody_is_served()
