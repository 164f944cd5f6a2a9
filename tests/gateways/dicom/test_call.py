"""Associations that we open: what is agreed on, and peers that do not speak the protocol."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom import AE, evt
from tests.archive.arrivals import encoded
from tests.gateways.dicom.certificates import Authority
from tests.images import ct_series

from crossread.archive.model import Instance
from crossread.gateways.dicom import command, pdu, speech
from crossread.gateways.dicom.call import Call, Caller
from crossread.gateways.dicom.pdu import Malformed
from crossread.gateways.dicom.propose import Wanted, compose_request, parse_accept
from crossread.gateways.dicom.store_out import StoreOutlet
from crossread.gateways.dicom.tls import Keys
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.errors import Unreachable

CT, GET = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.2.2.3"
EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
WANTED = [Wanted(GET, (EXPLICIT, IMPLICIT)), Wanted(CT, (EXPLICIT,), as_scp=True)]


def test_what_is_proposed_is_what_a_peer_reads() -> None:
    content = compose_request("NOORD_PACS", "CROSSREAD", WANTED)
    kind, length = pdu.header(content)
    assert (kind, length) == (pdu.Kind.ASSOCIATE_RQ, len(content) - 6)
    read = pdu.parse_request(content[6:])
    assert (read.called, read.calling) == ("NOORD_PACS", "CROSSREAD")
    assert [(one.id, one.abstract_syntax, one.transfer_syntaxes) for one in read.contexts] == [
        (1, GET, (EXPLICIT, IMPLICIT)),
        (3, CT, (EXPLICIT,)),
    ]
    assert read.roles == {CT: (True, True)}


def test_a_store_request_is_what_our_own_listener_reads() -> None:
    read = command.parse(speech.store(7, CT, "1.2.3"))
    assert (read.field, read.message_id) == (command.Field.STORE_RQ, 7)
    assert (read.sop_class_uid, read.sop_instance_uid, read.has_data_set) == (CT, "1.2.3", True)
    heard = speech.parse(command.respond(read, 0xA700))
    assert (heard.message_id, heard.status, heard.has_data_set) == (7, 0xA700, False)


@given(st.binary(max_size=400))
def test_an_acceptance_of_any_bytes_is_read_or_refused(content: bytes) -> None:
    with suppress(Malformed):
        parse_accept(bytes(68) + content, WANTED)
    with suppress(Malformed):
        parse_accept(content, WANTED)


@given(st.binary(max_size=400))
def test_a_command_set_of_any_bytes_is_read_or_refused(content: bytes) -> None:
    with suppress(Malformed):
        speech.parse(content)


@contextmanager
def peer(answer: Callable[[socket.socket], None]) -> Iterator[Endpoint]:
    """Somebody who answers every connection in this way."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                link, _ = server.accept()
                with link:
                    link.recv(65_536)
                    answer(link)

        threading.Thread(target=serve, daemon=True).start()
        port = server.getsockname()[1]
        yield Endpoint("noord/pacs", "noord", EndpointKind.PACS, "127.0.0.1", port, "NOORD_PACS")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x02",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x02\x00\x00\x00\x00\x04abcd",
        b"\x02\x00\xff\xff\xff\xff",
        b"\x07\x00\x00\x00\x00\x04\x00\x00\x02\x00",
        b"\x03\x00\x00\x00\x00\x00",
    ],
)
def test_a_peer_that_does_not_speak_dicom_is_unreachable(answer: bytes) -> None:
    with (
        peer(lambda link: link.sendall(answer)) as endpoint,
        pytest.raises(Unreachable) as refusal,
    ):
        Call.open(endpoint, WANTED, Caller("CROSSREAD", timeout=2))
    assert refusal.value.sentence.startswith("NOORD_PACS")


def test_a_peer_that_rejects_our_title_is_told_so() -> None:
    rejects = b"\x03\x00\x00\x00\x00\x04\x00\x01\x01\x03"
    with (
        peer(lambda link: link.sendall(rejects)) as endpoint,
        pytest.raises(Unreachable) as refusal,
    ):
        Call.open(endpoint, WANTED, Caller("CROSSREAD", timeout=2))
    assert "must know the AE title CROSSREAD" in refusal.value.sentence


def test_a_peer_that_falls_silent_is_given_up() -> None:
    done = threading.Event()

    def nothing(_: socket.socket) -> None:
        done.wait(5)

    with peer(nothing) as endpoint:
        with pytest.raises(Unreachable):
            Call.open(endpoint, WANTED, Caller("CROSSREAD", timeout=0.5))
        done.set()


@pytest.mark.parametrize("large", [False, True])
async def test_images_go_over_tls_and_to_nobody_whose_certificate_we_do_not_believe(
    tmp_path: Path, *, large: bool
) -> None:
    authority = Authority(tmp_path / "certificates")
    noord, us = authority.issues("noord"), authority.issues("crossread")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(noord.certificate, noord.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.certificate)
    got: list[bytes] = []
    ae = AE("NOORD_PACS")
    ae.add_supported_context(CT, EXPLICIT)

    def take(event: evt.Event) -> int:
        request: Any = event.request
        got.append(request.DataSet.getvalue())
        return 0x0000

    server: Any = ae.start_server(
        ("127.0.0.1", 0),
        block=False,
        ssl_context=context,
        evt_handlers=[(evt.EVT_C_STORE, take)],
    )
    [image] = ct_series(slices=1)
    if large:
        image.NumberOfFrames = 100
        image.PixelData = image.PixelData * 100
    content = encoded(image)
    kept: Any = dict.fromkeys(Instance.__dataclass_fields__)
    kept |= {"sop_class_uid": CT, "sop_instance_uid": image.SOPInstanceUID}
    instance = Instance(**kept | {"transfer_syntax_uid": EXPLICIT})
    port = server.server_address[1]
    endpoint = Endpoint(
        "noord/pacs", "noord", EndpointKind.PACS, "127.0.0.1", port, "NOORD_PACS", tls=True
    )
    stranger = Authority(tmp_path / "stranger", "stranger")
    try:
        keys = Keys(us.certificate, us.key, servers=authority.certificate)
        outlet = StoreOutlet(endpoint, Caller("CROSSREAD", keys, timeout=10))
        await outlet.prepare([instance])
        assert (await outlet.send(instance, memoryview(content))).kept
        await outlet.close()
        wary = Keys(us.certificate, us.key, servers=stranger.certificate)
        with pytest.raises(Unreachable):
            Call.open(endpoint, WANTED, Caller("CROSSREAD", wary, timeout=5))
    finally:
        server.shutdown()
    assert got == [content]
