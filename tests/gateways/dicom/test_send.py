"""An object reaches a hospital's PACS, or it is known why not and whether to try again."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import pytest
from pydicom import Dataset, dcmwrite
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian, JPEGBaseline8Bit
from pynetdicom import AE, _config, evt
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from tests.archive.arrivals import encoded
from tests.images import ct_series

from crossread.gateways.dicom.send import echo, send
from crossread.hospitals.model import Endpoint, EndpointKind
from crossread.platform.errors import Refused, Unreachable

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture(autouse=True)
def the_pacs_takes_only_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own listener, in this process, takes every class; a PACS does not."""
    monkeypatch.setattr(_config, "UNRESTRICTED_STORAGE_SERVICE", False)


def part10(image: Dataset) -> bytes:
    """The image as a file."""
    file = BytesIO()
    dcmwrite(file, image, enforce_file_format=True)
    return file.getvalue()


def endpoint(port: int) -> Endpoint:
    return Endpoint("noord/pacs", "noord", EndpointKind.PACS, "127.0.0.1", port, "NOORD_PACS")


@contextmanager
def pacs(
    status: int = 0x0000, *, syntax: str = ExplicitVRLittleEndian, slow: float = 0, **more: Any
) -> Iterator[tuple[Endpoint, list[bytes]]]:
    """A PACS that answers every C-STORE with `status`."""
    got: list[bytes] = []

    def take(event: evt.Event) -> int:
        time.sleep(slow)
        got.append(event.request.DataSet.getvalue())  # type: ignore[union-attr]
        return status

    ae = AE("NOORD_PACS")
    ae.add_supported_context(Verification)
    ae.add_supported_context(more.get("sop_class", CT), syntax)
    if "only" in more:
        ae.require_calling_aet = [more["only"]]
    server: Any = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)]
    )
    try:
        yield endpoint(server.server_address[1]), got
    finally:
        ae.shutdown()


async def test_an_object_is_acknowledged_and_arrives_as_it_was() -> None:
    [image] = ct_series(slices=1)
    with pacs() as (noord, got):
        answer = await send(noord, part10(image), calling="CROSSREAD", timeout=10)
    assert answer == "C-STORE 0000H NOORD_PACS"
    assert got == [encoded(image)]


@pytest.mark.parametrize("status", [0xB000, 0xB006, 0xB007])
async def test_a_warning_is_an_acknowledgement(status: int) -> None:
    [image] = ct_series(slices=1)
    with pacs(status) as (noord, _):
        answer = await send(noord, part10(image), calling="CROSSREAD", timeout=10)
    assert answer == f"C-STORE {status:04X}H NOORD_PACS"


@pytest.mark.parametrize("status", [0xA700, 0xA7FF, 0x0110])
async def test_a_pacs_that_is_full_is_tried_again_later(status: int) -> None:
    [image] = ct_series(slices=1)
    with pacs(status) as (noord, _), pytest.raises(Unreachable):
        await send(noord, part10(image), calling="CROSSREAD", timeout=10)


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0x0122])
async def test_a_refusal_is_final(status: int) -> None:
    [image] = ct_series(slices=1)
    with pacs(status) as (noord, _), pytest.raises(Refused) as refusal:
        await send(noord, part10(image), calling="CROSSREAD", timeout=10)
    assert f"{status:04X}H" in refusal.value.sentence


async def test_a_pacs_that_does_not_take_the_class_refuses() -> None:
    [image] = ct_series(slices=1)
    with (
        pacs(sop_class="1.2.840.10008.5.1.4.1.1.4") as (noord, _),
        pytest.raises(Refused),
    ):
        await send(noord, part10(image), calling="CROSSREAD", timeout=10)


async def test_a_pacs_that_knows_only_implicit_vr_is_served() -> None:
    [image] = ct_series(slices=1)
    with pacs(syntax=ImplicitVRLittleEndian) as (noord, got):
        await send(noord, part10(image), calling="CROSSREAD", timeout=10)
    assert got == [encoded(image, ImplicitVRLittleEndian)]


async def test_a_compressed_object_is_not_sent_as_something_else() -> None:
    [image] = ct_series(slices=1)
    image.PixelData = encapsulate([b"\1\2\3\4"])
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    image.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    with pacs() as (noord, _), pytest.raises(Refused):
        await send(noord, part10(image), calling="CROSSREAD", timeout=10)


async def test_a_pacs_that_is_down_is_unreachable() -> None:
    [image] = ct_series(slices=1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        noord = endpoint(free.getsockname()[1])
    with pytest.raises(Unreachable):
        await send(noord, part10(image), calling="CROSSREAD", timeout=5)
    with pytest.raises(Unreachable):
        await echo(noord, calling="CROSSREAD", timeout=5)


async def test_a_pacs_that_does_not_know_us_is_unreachable_and_told_why() -> None:
    [image] = ct_series(slices=1)
    with pacs(only="SOMEBODY_ELSE") as (noord, _), pytest.raises(Unreachable) as refusal:
        await send(noord, part10(image), calling="CROSSREAD", timeout=5)
    assert "CROSSREAD" in refusal.value.sentence


async def test_a_pacs_that_never_answers_is_given_up() -> None:
    [image] = ct_series(slices=1)
    with pacs(slow=3) as (noord, _), pytest.raises(Unreachable):
        await send(noord, part10(image), calling="CROSSREAD", timeout=1)


async def test_a_server_that_is_no_pacs_is_unreachable() -> None:
    [image] = ct_series(slices=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        noord = endpoint(silent.getsockname()[1])
        with pytest.raises(Unreachable):
            await send(noord, part10(image), calling="CROSSREAD", timeout=1)


async def test_echo_finds_a_pacs() -> None:
    with pacs() as (noord, _):
        await echo(noord, calling="CROSSREAD")
