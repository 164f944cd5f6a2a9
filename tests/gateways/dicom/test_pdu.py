"""PDUs and command sets as bytes and as values; what is malformed ends in one kind of error."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gateways.dicom import speaking
from tests.gateways.dicom.speaking import CT, context, item, request

from crossread.gateways.dicom import command, negotiate, pdu
from crossread.gateways.dicom.pdu import Malformed, Result

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
PRIVATE = "1.2.840.113619.4.26"


def parsed(content: bytes) -> pdu.Request:
    return pdu.parse_request(content[6:])


def role(uid: str, *, scu: bool, scp: bool) -> bytes:
    return item(0x54, struct.pack(">H", len(uid)) + uid.encode() + bytes((scu, scp)))


def test_a_request_is_read() -> None:
    support = item(0x56, struct.pack(">H", len(CT)) + CT.encode() + b"\3\0\0\0\0\0")
    asked = parsed(
        request(
            [context(1, CT, IMPLICIT, EXPLICIT), context(3, PRIVATE)],
            user=role(CT, scu=True, scp=True) + support + item(0x99, b"who knows"),
            maximum=131_072,
        )
    )
    assert (asked.calling, asked.called) == ("NOORD_PACS", "CROSSREAD")
    assert asked.contexts[0] == pdu.Proposal(1, CT, (IMPLICIT, EXPLICIT))
    assert asked.maximum_length == 131_072
    assert asked.roles == {CT: (True, True)}
    assert asked.extended == {CT: b"\3\0\0\0\0\0"}


def test_titles_are_read_without_their_padding() -> None:
    assert parsed(request([context(1, CT)], calling=" NOORD\0")).calling == "NOORD"


def test_a_uid_may_be_padded_as_in_a_data_set() -> None:
    assert parsed(request([context(1, CT + "\0")])).contexts[0].abstract_syntax == CT


@pytest.mark.parametrize(
    "wrong",
    [
        request([]),
        request([context(2, CT)]),
        request([context(1, CT), context(1, CT)]),
        request([context(1, "no uid")]),
        request([context(1, "1." * 40)]),
        request([item(0x20, b"\1\0\0\0" + item(0x30, CT.encode()))]),
        request([item(0x20, b"\1")]),
        request([context(1, CT)], user=item(0x51, b"\0")),
        request([context(1, CT)], user=item(0x54, b"\0\xff1.2")),
        request([context(1, CT)])[:-3],
        request([context(1, CT)]) + b"\x50",
        b"\1\0\0\0\0\2\0\1",
    ],
)
def test_a_malformed_request_is_told(wrong: bytes) -> None:
    with pytest.raises(Malformed):
        parsed(wrong)


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_make_anything_but_a_request_or_malformed(content: bytes, headed: bool) -> None:
    whole = request([context(1, CT)])[6:80] + content if headed else content
    for read in (pdu.parse_request, command.parse):
        with contextlib.suppress(Malformed):
            read(whole)


@given(st.data())
def test_a_request_with_a_byte_changed_is_read_or_malformed(data: st.DataObject) -> None:
    content = bytearray(request([context(1, CT), context(3, PRIVATE, IMPLICIT)])[6:])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        pdu.parse_request(bytes(content))


@given(
    content=st.binary(min_size=1, max_size=2000),
    limit=st.one_of(st.just(0), st.integers(1, 300)),
    number=st.sampled_from([1, 255]),
)
def test_a_command_is_cut_to_what_the_peer_takes(content: bytes, limit: int, number: int) -> None:
    said, found, lasts = pdu.compose_command(number, content, limit), b"", []
    while said:
        kind, length = pdu.header(said)
        assert kind == pdu.Kind.DATA
        assert not limit or length <= max(limit, 7)
        size, context_id, control = pdu.value_header(said[6:])
        assert (size, context_id) == (length - 4, number)
        assert pdu.is_command(control)
        lasts.append(pdu.is_last(control))
        found, said = found + said[12 : 6 + length], said[6 + length :]
    assert found == content
    assert not lasts or (lasts[-1] and not any(lasts[:-1]))


def test_a_command_is_read_and_answered() -> None:
    asked = command.parse(speaking.command(0x0001, data_set=True, sop_instance="1.2.3"))
    assert asked == command.Command(0x0001, 7, CT, "1.2.3", True)
    said = command.respond(asked, 0xA700, "No room. " * 10)
    assert len(said) % 2 == 0
    assert struct.unpack_from("<HHLL", said) == (0, 0, 4, len(said) - 12)
    assert b"1.2.3\0" in said
    assert struct.pack("<HHLH", 0, 0x0900, 2, 0xA700) in said
    assert struct.pack("<HHL", 0, 0x0902, 64) in said


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"\0",
        speaking.element(0x0100, b"\1\0"),
        speaking.element(0x0100, b"\1\0\0\0") + speaking.element(0x0800, b"\0\0"),
        speaking.command(0x0001, data_set=True)[:-1],
    ],
)
def test_a_malformed_command_is_told(wrong: bytes) -> None:
    with pytest.raises(Malformed):
        command.parse(wrong)


def test_storage_of_every_kind_and_verification_is_only_storage() -> None:
    asked = parsed(
        request([context(1, CT), context(3, PRIVATE), context(5, speaking.VERIFICATION)])
    )
    assert negotiate.only_stores(asked)
    assert not negotiate.only_stores(parsed(request([context(1, CT), context(3, speaking.FIND)])))


@pytest.mark.parametrize(
    "uid",
    ["1.2.840.10008.1.20.1", "1.2.840.10008.1.3.10", "1.2.840.10008.5.1.4.31", speaking.FIND],
)
def test_what_only_sounds_like_storage_is_none(uid: str) -> None:
    assert not negotiate.only_stores(parsed(request([context(1, uid)])))


def test_the_first_transfer_syntax_that_can_be_kept_is_taken() -> None:
    asked = parsed(
        request([context(1, CT, "1.2.3.4", EXPLICIT, IMPLICIT), context(3, CT, "1.2.3")])
    )
    answers = negotiate.contexts(asked, private_classes=True)
    assert [(one.result, one.transfer_syntax) for one in answers] == [
        (Result.ACCEPTED, EXPLICIT),
        (Result.TRANSFER_SYNTAXES_NOT_SUPPORTED, "1.2.3"),
    ]
    assert list(negotiate.accepted(asked, answers)) == [1]


def test_private_classes_are_taken_where_they_may_be() -> None:
    asked = parsed(request([context(1, PRIVATE)]))
    [yes] = negotiate.contexts(asked, private_classes=True)
    [no] = negotiate.contexts(asked, private_classes=False)
    assert (yes.result, no.result) == (Result.ACCEPTED, Result.ABSTRACT_SYNTAX_NOT_SUPPORTED)
