"""Who may call: known by its names, and by its address or its certificate."""

import asyncio

import pytest
from structlog.testing import capture_logs
from tests.gateways.dicom.listening import Listening, save_pacs, secure_pacs
from tests.gateways.dicom.speaking import FIND, Speaker, context, request

from crossread.hospitals.model import Certificate, Endpoint, EndpointKind, Peer, Stranger

ACCEPTED, REJECTED = 2, 3
CALLING_UNKNOWN, CALLED_UNKNOWN = bytes((0, 1, 1, 3)), bytes((0, 1, 1, 7))
SHOWN = Certificate("ab" * 32, "CN=pacs,O=Noord")


def pacs(host: str = "10.1.2.3", **more: object) -> Endpoint:
    return Endpoint("noord/pacs", "noord", EndpointKind.PACS, host, 104, "NOORD", **more)  # type: ignore[arg-type]


async def answered(listening: Listening, **more: object) -> tuple[int, bytes]:
    """What an A-ASSOCIATE-RQ is answered with."""

    def ask() -> tuple[int, bytes]:
        speaker = Speaker.at(listening.port)
        kinds = more.pop("contexts", [context(1, "1.2.840.10008.1.1")])
        kind, said = speaker.says(request(kinds, **more)).hears()  # type: ignore[arg-type]
        speaker.close()
        return kind, said

    return await asyncio.to_thread(ask)


@pytest.mark.parametrize(
    ("named", "peer", "why"),
    [
        (pacs(), Peer("10.1.2.3"), None),
        (pacs(), Peer("::ffff:10.1.2.3"), None),
        (pacs(), Peer("10.1.2.4"), Stranger.ADDRESS),
        (pacs(), Peer("10.1.2.4", SHOWN), Stranger.ADDRESS),
        (pacs(networks=("10.1.0.0/16", "fd00::/8")), Peer("10.1.2.4"), None),
        (pacs(networks=("10.1.0.0/16", "fd00::/8")), Peer("fd00::7"), None),
        (pacs(networks=("10.1.0.0/16",)), Peer("10.2.2.4"), Stranger.ADDRESS),
        (pacs(networks=("10.9.0.0/16",)), Peer("10.1.2.3"), Stranger.ADDRESS),
        (pacs(certificates=(SHOWN.fingerprint,)), Peer("10.9.9.9", SHOWN), None),
        (pacs(certificates=(SHOWN.subject,)), Peer("10.9.9.9", SHOWN), None),
        (pacs(certificates=("cd" * 32,)), Peer("10.1.2.3", SHOWN), Stranger.CERTIFICATE),
        (pacs(certificates=(SHOWN.fingerprint,)), Peer("10.1.2.3"), Stranger.CERTIFICATE),
        (
            pacs(certificates=(SHOWN.subject,), networks=("10.1.0.0/16",)),
            Peer("10.9.9.9", SHOWN),
            Stranger.ADDRESS,
        ),
        (pacs("127.0.0.1"), Peer("127.0.0.2"), None),
        (pacs("127.0.0.1"), Peer("10.1.2.3"), Stranger.ADDRESS),
        (pacs(), Peer("not an address"), Stranger.ADDRESS),
    ],
)
def test_a_peer_is_known_by_address_or_certificate(
    named: Endpoint, peer: Peer, why: Stranger | None
) -> None:
    assert named.refuses(peer, {named.host}) is why


async def test_a_stranger_hears_that_its_name_is_not_known(listening: Listening) -> None:
    assert await answered(listening, calling="STRANGER") == (REJECTED, CALLING_UNKNOWN)


async def test_who_asks_for_somebody_else_hears_so(listening: Listening) -> None:
    assert await answered(listening, called="OTHER") == (REJECTED, CALLED_UNKNOWN)


@pytest.mark.parametrize("contexts", [None, [context(1, FIND)]])
async def test_a_known_name_from_elsewhere_is_a_stranger(
    listening: Listening, contexts: list[bytes] | None
) -> None:
    more = {"contexts": contexts} if contexts else {}
    assert (await answered(listening, **more))[0] == ACCEPTED
    await secure_pacs(listening.database, "noord", networks=("10.1.0.0/16",))
    assert await answered(listening, **more) == (REJECTED, CALLING_UNKNOWN)
    await secure_pacs(listening.database, "noord", networks=("10.1.0.0/16", "127.0.0.0/8"))
    assert (await answered(listening, **more))[0] == ACCEPTED


async def test_a_certificate_that_is_asked_for_cannot_be_left_out(listening: Listening) -> None:
    await secure_pacs(listening.database, "noord", certificates=("ab" * 32,))
    assert await answered(listening) == (REJECTED, CALLING_UNKNOWN)


async def test_a_host_is_known_by_its_name(listening: Listening) -> None:
    async with listening.database.transaction() as db:
        await db.execute("update hospitals.endpoint set host = 'localhost'")
    assert (await answered(listening))[0] == ACCEPTED
    async with listening.database.transaction() as db:
        await db.execute("update hospitals.endpoint set host = 'nowhere.invalid'")
    assert await answered(listening) == (REJECTED, CALLING_UNKNOWN)


async def test_two_hospitals_with_one_title_are_told_apart(listening: Listening) -> None:
    async with listening.database.transaction() as db:
        await db.execute("update hospitals.endpoint set application = 'PACS'")
    await secure_pacs(listening.database, "midden", networks=("10.1.0.0/16",))
    assert (await answered(listening, calling="PACS"))[0] == ACCEPTED
    await secure_pacs(listening.database, "noord", networks=("10.2.0.0/16",))
    assert (await answered(listening, calling="PACS"))[0] == REJECTED


async def test_a_new_address_leaves_how_a_pacs_is_known(listening: Listening) -> None:
    await secure_pacs(listening.database, "noord", tls=True, networks=("10.1.0.0/16",))
    await save_pacs(listening.database, "noord", 4242)
    assert await listening.rows(
        "select port, tls, networks::text[] from hospitals.endpoint where id = 'noord/pacs'"
    ) == [{"port": 4242, "tls": True, "networks": ["10.1.0.0/16"]}]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"version": 2}, bytes((0, 1, 2, 2))),
        ({"application_context": b"1.2.3"}, bytes((0, 1, 1, 2))),
    ],
)
async def test_another_protocol_is_rejected(
    listening: Listening, more: dict[str, object], reason: bytes
) -> None:
    assert await answered(listening, **more) == (REJECTED, reason)


async def test_what_strangers_say_is_logged_without_patients(listening: Listening) -> None:
    with capture_logs() as logged:  # wherever an earlier test may have sent them
        await answered(listening, calling="STRANGER")
    [said] = [one for one in logged if one["event"] == "association.rejected"]
    assert (said["why"], said["calling"]) == ("calling_title", "STRANGER")
    assert said.keys() <= {"event", "log_level", "why", "calling", "address"}
