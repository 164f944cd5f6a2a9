"""DICOM over TLS, both ways (PS3.15 B.12): what is spoken, and who is believed."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pynetdicom import AE, build_context
from tests.gateways.dicom.certificates import Authority, Identity
from tests.gateways.dicom.listening import (
    Listening,
    another,
    associated,
    secure_pacs,
    sendable,
    status_of,
)
from tests.gateways.dicom.speaking import CT, FIND, VERIFICATION
from tests.images import ct_series

from crossread.gateways.dicom import calling
from crossread.gateways.dicom.listener import DicomListener, Port
from crossread.gateways.dicom.send import echo
from crossread.gateways.dicom.tls import Keys
from crossread.platform.configuration import ConfigurationError
from crossread.platform.errors import Unreachable


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "certificates")


@pytest.fixture
def ours(authority: Authority) -> Keys:
    us = authority.issues("crossread")
    trusted = authority.certificate
    return Keys(us.certificate, us.key, clients=trusted, servers=trusted)


@pytest.fixture
async def secured(listening: Listening, ours: Keys) -> AsyncIterator[DicomListener]:
    async with another(listening, secure=Port(0, ours)) as listener:
        yield listener


def client(authority: Authority, identity: Identity | None) -> ssl.SSLContext:
    """How a PACS calls us."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if identity is not None:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def call(port: int, context: ssl.SSLContext, *kinds: str) -> bool:
    """Whether an association over TLS is established."""
    contexts = [build_context(kind) for kind in kinds or (VERIFICATION,)]
    with associated(port, contexts, tls_args=(context, "127.0.0.1")) as association:
        return bool(association.is_established)


async def test_images_are_stored_over_tls(
    listening: Listening, secured: DicomListener, authority: Authority
) -> None:
    sent = [sendable(one) for one in ct_series(slices=3)]
    context = client(authority, authority.issues("noord"))

    def store() -> list[int]:
        kinds = [build_context(CT, sent[0][2])]
        more: dict[str, Any] = {"tls_args": (context, "127.0.0.1")}
        with associated(secured.secure_port, kinds, **more) as association:
            return [status_of(association, *one) for one in sent]

    assert await asyncio.to_thread(store) == [0, 0, 0]
    assert await listening.dataset(sent[1][1]) == sent[1][3]


async def test_what_pynetdicom_serves_is_served_over_tls_too(
    secured: DicomListener, authority: Authority
) -> None:
    context = client(authority, authority.issues("noord"))
    assert await asyncio.to_thread(call, secured.secure_port, context, FIND, CT)


async def test_without_a_certificate_nobody_comes_in(
    secured: DicomListener, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other", "other")
    foreign = client(authority, other.issues("noord"))
    for context in (client(authority, None), foreign):
        assert not await asyncio.to_thread(call, secured.secure_port, context)


async def test_a_certificate_makes_a_pacs_known_wherever_it_is(
    listening: Listening, secured: DicomListener, authority: Authority
) -> None:
    noord, midden = authority.issues("noord"), authority.issues("midden")
    for named in (noord.fingerprint, noord.subject):
        await secure_pacs(listening.database, "noord", certificates=(named,))
        for identity, known in ((noord, True), (midden, False)):
            context = client(authority, identity)
            assert await asyncio.to_thread(call, secured.secure_port, context) is known
    assert not await asyncio.to_thread(plainly, secured.port)


def plainly(port: int) -> bool:
    with associated(port, [build_context(VERIFICATION)]) as association:
        return bool(association.is_established)


async def test_old_tls_is_not_spoken(secured: DicomListener, authority: Authority) -> None:
    context = client(authority, authority.issues("noord"))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert await asyncio.to_thread(call, secured.secure_port, context)
    context.set_ciphers("AES256-SHA256:AES128-GCM-SHA256:ECDHE-ECDSA-AES128-SHA256")
    assert not await asyncio.to_thread(call, secured.secure_port, context)


async def test_who_speaks_no_tls_on_the_port_of_tls_is_cut_off(secured: DicomListener) -> None:
    assert not await asyncio.to_thread(plainly, secured.secure_port)
    assert await asyncio.to_thread(plainly, secured.port)


def pacs_over_tls(identity: Identity, authority: Authority | None) -> Any:
    """A PACS that answers C-ECHO over TLS, and asks for a certificate if it has an authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    if authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.certificate)
    ae = AE("NOORD_PACS")
    ae.add_supported_context(VERIFICATION)
    return ae.start_server(("127.0.0.1", 0), block=False, ssl_context=context)


async def test_a_pacs_is_reached_over_tls_with_our_certificate(
    listening: Listening, authority: Authority, ours: Keys, tmp_path: Path
) -> None:
    server = pacs_over_tls(authority.issues("noord"), authority)
    await listening.pacs_listens_at(server.server_address[1])
    named = ("CN=noord,O=Test",)  # by which it is known when it calls; no matter here
    noord = await secure_pacs(listening.database, "noord", tls=True, certificates=named)
    try:
        calling.use(ours)
        await echo(noord, calling="CROSSREAD")
        other = Authority(tmp_path / "other", "other")
        calling.use(Keys(ours.certificate, ours.key, servers=other.certificate))
        with pytest.raises(Unreachable):
            await echo(noord, calling="CROSSREAD")
    finally:
        calling.use(Keys())
        server.shutdown()


async def test_a_pacs_that_shows_the_certificate_named_for_it_is_believed(
    listening: Listening, tmp_path: Path
) -> None:
    its_own = Authority(tmp_path / "its_own", "its-own").issues("noord")
    server = pacs_over_tls(its_own, None)
    await listening.pacs_listens_at(server.server_address[1])
    try:
        for named, believed in ((its_own.fingerprint, True), ("ab" * 32, False)):
            noord = await secure_pacs(listening.database, "noord", tls=True, certificates=(named,))
            if believed:
                await echo(noord, calling="CROSSREAD")
            else:
                with pytest.raises(Unreachable):
                    await echo(noord, calling="CROSSREAD")
    finally:
        server.shutdown()


def test_keys_that_are_none_are_told_of(tmp_path: Path, authority: Authority) -> None:
    us = authority.issues("crossread")
    (tmp_path / "wrong.pem").write_text("nothing")
    for keys in (
        Keys(tmp_path / "absent.pem", us.key),
        Keys(us.certificate, tmp_path / "wrong.pem"),
        Keys(us.certificate, us.key, clients=tmp_path / "wrong.pem"),
        Keys(),
    ):
        with pytest.raises(ConfigurationError):
            keys.for_callers()
