"""Identifiers of queries are read as pydicom writes them; nonsense is refused."""

import asyncio
import contextlib
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from pydicom import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from tests.archive.arrivals import encoded
from tests.gateways.dicom.listening import Listening
from tests.gateways.dicom.speaking import COMMAND, FIND, LAST, Speaker, command, context, pdu, value

from crossread.gateways.dicom.asked import read
from crossread.platform.errors import Unreadable

SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
SETS = ("", "ISO_IR 100", "ISO_IR 192", "\\ISO 2022 IR 87")
KEYS = {
    "PatientName": some.sampled_from(["", "Jansen*", "Müller^Jürgen", "Yamada=山田"]),
    "PatientID": some.sampled_from(["", "N?00", "1\\2"]),
    "StudyDate": some.sampled_from(["", "20260101-", "20260101-20261231"]),
    "StudyInstanceUID": some.sampled_from(["", "1.2.3", "\\".join(["1.2.840.113"] * 60)]),
    "Rows": some.sampled_from([None, 512]),
    "InstanceNumber": some.sampled_from(["", "3"]),
    "RequestAttributesSequence": some.sampled_from([[], [{}], [{"RequestedProcedureID": "R*"}]]),
}


def identifier(keys: dict[str, Any], named: str) -> Dataset:
    made = Dataset()
    made.QueryRetrieveLevel = "STUDY"
    if named:
        made.SpecificCharacterSet = named.split("\\")
    for keyword, said in keys.items():
        setattr(made, keyword, _settable(keyword, said))
    return made


def _settable(keyword: str, said: Any) -> Any:
    if isinstance(said, list):
        return [item_of(one) for one in said]
    several = isinstance(said, str) and "\\" in said and keyword != "PatientName"
    return said.split("\\") if several else said


def item_of(keys: dict[str, str]) -> Dataset:
    item = Dataset()
    for keyword, said in keys.items():
        setattr(item, keyword, said)
    return item


@settings(deadline=None)
@given(
    keys=some.fixed_dictionaries({}, optional=KEYS),
    named=some.sampled_from(SETS),
    syntax=some.sampled_from(SYNTAXES),
)
def test_an_identifier_is_read_as_it_was_written(
    keys: dict[str, Any], named: str, syntax: str
) -> None:
    name = keys.get("PatientName", "")
    if ("山" in name and "87" not in named and "192" not in named) or (
        "ü" in name and named not in {"ISO_IR 100", "ISO_IR 192"}
    ):
        named = "ISO_IR 192"
    asked = read(encoded(identifier(keys, named), syntax), syntax)
    assert (asked.level, asked.character_set) == ("STUDY", named)
    expected = {
        keyword: "" if said is None else str(said) if isinstance(said, int) else said
        for keyword, said in keys.items()
    }
    assert asked.keys == expected


@settings(deadline=None, max_examples=400)
@given(
    content=some.binary(max_size=200),
    syntax=some.sampled_from(SYNTAXES),
    at=some.integers(0, 100),
)
def test_nonsense_is_refused_or_read_and_nothing_else(content: bytes, syntax: str, at: int) -> None:
    whole = encoded(
        identifier(
            {"PatientName": "山田*", "RequestAttributesSequence": [{"RequestedProcedureID": "1"}]},
            "ISO_IR 192",
        ),
        syntax,
    )
    spoilt = whole[:at] + content + whole[at + len(content) // 2 :]
    for bad in (content, spoilt, whole[:at]):
        with contextlib.suppress(Unreadable):
            read(bad, syntax)


def test_a_letter_that_nobody_can_read_may_be_any() -> None:
    made = identifier({"PatientName": "Müller^J"}, "ISO_IR 100")
    content = encoded(made).replace(b"ISO_IR 100", b"ISO_IR 999")
    asked = read(content, ExplicitVRLittleEndian)
    assert (asked.character_set, asked.keys["PatientName"]) == ("", "M?ller^J")


def find_rq(number: int = 7) -> bytes:
    return pdu(
        4, value(1, COMMAND | LAST, command(0x20, data_set=True, sop_class=FIND, number=number))
    )


def keys_of(level: str = "STUDY") -> bytes:
    content = level.encode().ljust(len(level) + len(level) % 2)
    said = struct.pack("<HHL", 8, 0x52, len(content)) + content
    return pdu(4, value(1, LAST, said + struct.pack("<HHL", 0x10, 0x20, 0)))


OUT_OF_TURN: dict[str, Callable[[Speaker], object]] = {
    "an identifier that no command announced": lambda peer: peer.says(keys_of()),
    "a command before the identifier of the last": lambda peer: peer.says(find_rq(), find_rq()),
    "a context that was not accepted": lambda peer: peer.says(
        pdu(4, value(3, COMMAND | LAST, command(0x20, data_set=True, sop_class=FIND)))
    ),
    "an identifier in another context": lambda peer: peer.says(
        find_rq(), pdu(4, value(5, LAST, b""))
    ),
    "a release in the middle of a request": lambda peer: peer.says(
        find_rq(), b"\x05\0\0\0\0\4\0\0\0\0"
    ),
    "an identifier without end": lambda peer: peer.says(
        find_rq(), *[pdu(4, value(1, 0, bytes(100_000)))] * 12
    ),
    "a PDU of no kind": lambda peer: peer.says(pdu(9, b"")),
}


@pytest.mark.parametrize("speaks", OUT_OF_TURN.values(), ids=OUT_OF_TURN)
async def test_who_does_not_speak_the_protocol_is_cut_off(
    listening: Listening, speaks: Callable[[Speaker], object]
) -> None:
    def script() -> int:
        peer = Speaker.at(listening.port)
        peer.associates(context(1, FIND, ImplicitVRLittleEndian))
        with contextlib.suppress(OSError):  # we may have closed before all was said
            speaks(peer)
        kind, _ = peer.hears()
        assert peer.hears_nothing_more()
        return kind

    assert await asyncio.to_thread(script) in {0, 7}
    # others are served as before
    found = await asyncio.to_thread(_ask, listening.port)
    assert found == 0x0000


def _ask(port: int) -> int:
    peer = Speaker.at(port).associates(context(1, FIND, ImplicitVRLittleEndian))
    peer.says(find_rq(), keys_of())
    status = peer.hears_status()
    assert peer.echoes() == 0x0000
    peer.says(b"\x05\0\0\0\0\4\0\0\0\0")
    assert peer.hears()[0] == 6
    return status


async def test_what_is_no_find_is_not_recognised(listening: Listening) -> None:
    def script() -> int:
        peer = Speaker.at(listening.port).associates(context(1, FIND, ImplicitVRLittleEndian))
        peer.says(
            pdu(4, value(1, COMMAND | LAST, command(0x21, data_set=True, sop_class=FIND))),
            keys_of(),
        )
        return peer.hears_status()

    assert await asyncio.to_thread(script) == 0x0211
