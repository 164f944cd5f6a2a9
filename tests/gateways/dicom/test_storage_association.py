"""Associations that only store, byte by byte: how fragments come, and what is no C-STORE."""

import asyncio
import struct
from collections.abc import Callable
from typing import TypeVar

from structlog.testing import capture_logs
from tests.gateways.dicom import speaking
from tests.gateways.dicom.listening import Listening, sendable
from tests.gateways.dicom.speaking import (
    ABORT,
    COMMAND,
    CT,
    LAST,
    VERIFICATION,
    Speaker,
    command,
    context,
    item,
    pdu,
    value,
)
from tests.images import ct_series

_Answer = TypeVar("_Answer")
UNEXPECTED_PDU, UNRECOGNIZED_PDU, INVALID_PARAMETER = 2, 1, 6


async def says(listening: Listening, script: Callable[[Speaker], _Answer]) -> _Answer:
    """What a peer hears that follows a script."""

    def follow() -> _Answer:
        speaker = Speaker.at(listening.port)
        try:
            return script(speaker)
        finally:
            speaker.close()

    return await asyncio.to_thread(follow)


def image() -> tuple[str, bytes]:
    """SOP Instance UID and encoded data set of a slice, longer than a PDU (PS3.10 7.2)."""
    [one] = ct_series(slices=1)
    _, uid, _, content = sendable(one)
    padding = bytes(range(256)) * 1200
    return uid, content + b"\xfc\xff\xfc\xffOB\0\0" + struct.pack("<L", len(padding)) + padding


async def test_fragments_of_any_size_are_put_together(listening: Listening) -> None:
    uid, content = image()
    sizes = (1, 2, 3, 5, 127, 4096, 100_000)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(content[at : at + size])
        at += size
    pieces += [content[at:], b""]

    def script(speaker: Speaker) -> tuple[int, bool]:
        return speaker.associates().stores(uid, pieces), speaker.releases()

    assert await says(listening, script) == (0, True)
    assert await listening.dataset(uid) == content


async def test_many_fragments_may_come_in_one_pdu(listening: Listening) -> None:
    uid, content = image()

    def script(speaker: Speaker) -> int:
        rq = command(0x0001, data_set=True, sop_instance=uid)
        values = value(1, COMMAND, rq[:31]) + value(1, COMMAND | LAST, rq[31:])
        values += value(1, 0, content[:999]) + value(1, LAST, content[999:])
        return speaker.associates().says(pdu(4, values)).hears_status()

    assert await says(listening, script) == 0
    assert await listening.dataset(uid) == content


async def test_a_pdu_longer_than_what_we_asked_for_is_taken_all_the_same(
    listening: Listening,
) -> None:
    uid, content = image()
    assert len(content) > 131_072
    assert await says(listening, lambda one: one.associates().stores(uid, [content])) == 0
    assert await listening.dataset(uid) == content


async def test_an_image_may_be_followed_by_another_and_an_echo(listening: Listening) -> None:
    images = [sendable(one) for one in ct_series(slices=3)]

    def script(speaker: Speaker) -> list[int]:
        speaker.associates(context(1, CT), context(3, VERIFICATION))
        statuses = [speaker.stores(uid, [content]) for _, uid, _, content in images]
        return [*statuses, speaker.echoes(3)]

    assert await says(listening, script) == [0, 0, 0, 0]
    assert await listening.rows("select instance_count from archive.study") == [
        {"instance_count": 3}
    ]


async def test_a_response_names_what_it_answers(listening: Listening) -> None:
    uid, content = image()

    def script(speaker: Speaker) -> dict[int, bytes]:
        speaker.associates().announces(uid).says(pdu(4, value(1, LAST, content)))
        return speaker.hears_response()

    heard = await says(listening, script)
    assert heard[0x0002].rstrip(b"\0") == CT.encode()
    assert heard[0x0100] == struct.pack("<H", 0x8001)
    assert heard[0x0120] == struct.pack("<H", 7)
    assert heard[0x1000].rstrip(b"\0") == uid.encode()


async def test_what_we_agree_to_is_said(listening: Listening) -> None:
    role = item(0x54, struct.pack(">H", len(CT)) + CT.encode() + b"\1\1")
    support = item(0x56, struct.pack(">H", len(CT)) + CT.encode() + b"\3\0\0\0\0\0")

    def script(speaker: Speaker) -> tuple[int, bytes]:
        return speaker.says(
            speaking.request([context(1, CT), context(3, CT, "1.2.3")], user=role + support)
        ).hears()

    kind, said = await says(listening, script)
    assert kind == 2
    assert said[4:20] == b"CROSSREAD".ljust(16)
    assert b"\x21\0\0\x1b\1\0\0\0" in said  # accepted
    assert b"\x21\0\0\x0d\3\0\4\0" in said  # no transfer syntax that can be kept
    assert item(0x54, struct.pack(">H", len(CT)) + CT.encode() + b"\1\0") in said
    assert item(0x56, struct.pack(">H", len(CT)) + CT.encode() + b"\2\0\3\0\0\0") in said
    assert item(0x51, struct.pack(">L", 131_072)) in said


async def test_an_operation_that_is_not_of_storage_is_told_so(listening: Listening) -> None:
    def script(speaker: Speaker) -> list[int]:
        speaker.associates(context(1, CT), context(3, VERIFICATION))
        heard = []
        for number, field, data_set in ((1, 0x0020, True), (1, 0x0030, False), (3, 0x0001, True)):
            rq = command(field, data_set=data_set, sop_instance="1.2.3")
            speaker.says(pdu(4, value(number, COMMAND | LAST, rq)))
            if data_set:
                speaker.says(pdu(4, value(number, LAST, b"\0" * 1000)))
            heard.append(speaker.hears_status())
        speaker.says(pdu(4, value(1, COMMAND | LAST, command(0x0FFF, data_set=False))))
        return [*heard, speaker.echoes(3)]

    assert await says(listening, script) == [0x0211, 0x0122, 0x0122, 0]


async def test_who_leaves_in_the_middle_leaves_nothing(listening: Listening) -> None:
    uid, content = image()
    for farewell in (ABORT, b""):

        def script(speaker: Speaker, farewell: bytes = farewell) -> None:
            speaker.associates().announces(uid)
            speaker.says(pdu(4, value(1, 0, content[:-1000])), farewell)

        await says(listening, script)
    assert await says(listening, lambda one: one.associates().stores(uid, [content])) == 0
    assert await listening.dataset(uid) == content
    assert await listening.rows("select reason from archive.quarantine") == []


async def test_who_leaves_without_a_goodbye_is_no_news_unless_something_was_lost(
    listening: Listening,
) -> None:
    uid, content = image()
    with capture_logs() as logged:
        assert await says(listening, lambda one: one.associates().stores(uid, [content])) == 0
        await listening.listener.stop()
    assert "association.broken" not in [one["event"] for one in logged]
    with capture_logs() as logged:
        await listening.listener.start()
        await says(listening, lambda one: one.associates().announces(uid))
        await listening.listener.stop()
    assert "association.broken" in [one["event"] for one in logged]


async def test_what_is_out_of_turn_ends_the_association(listening: Listening) -> None:
    rq = command(0x0001, data_set=True, sop_instance="1.2.3")
    wrongs = {
        pdu(1, b""): UNEXPECTED_PDU,
        pdu(9, b""): UNRECOGNIZED_PDU,
        pdu(4, b""): INVALID_PARAMETER,
        pdu(4, b"\0\0\0"): INVALID_PARAMETER,
        pdu(4, value(1, LAST, b"data that nobody announced")): INVALID_PARAMETER,
        pdu(4, value(5, COMMAND | LAST, rq)): INVALID_PARAMETER,
        pdu(4, value(1, COMMAND | LAST, rq[:-1])): INVALID_PARAMETER,
        pdu(4, value(1, COMMAND | LAST, rq) + value(1, COMMAND, rq)): INVALID_PARAMETER,
        pdu(4, value(1, COMMAND | LAST, rq) + value(3, LAST, b"")): INVALID_PARAMETER,
        pdu(4, value(1, COMMAND, b"\0" * 70_000)): INVALID_PARAMETER,
        pdu(4, b"\xff\xff\xff\xff\1\1"): INVALID_PARAMETER,
        pdu(4, b"\0\0\0\1\1\1"): INVALID_PARAMETER,
        pdu(5, b"\0" * 99): INVALID_PARAMETER,
    }
    for wrong, reason in wrongs.items():

        def script(speaker: Speaker, wrong: bytes = wrong) -> tuple[tuple[int, bytes], bool]:
            heard = speaker.associates(context(1, CT), context(3, CT)).says(wrong).hears()
            return heard, speaker.hears_nothing_more()

        assert await says(listening, script) == ((7, bytes((0, 0, 2, reason))), True), wrong
