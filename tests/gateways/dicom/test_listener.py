"""Who may call, what is stored, and what a sender hears of what is not."""

import asyncio
from pathlib import Path

import pytest
from pydicom.uid import (
    MPEG2MPML,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    RLELossless,
    generate_uid,
)
from pynetdicom import build_context
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from structlog.testing import capture_logs
from tests.gateways.dicom.listening import Listening, associated, raw, sendable, store_all
from tests.images import ct_series

from crossread.archive import store
from crossread.archive.erase import Ground, erase

MR = "1.2.840.10008.5.1.4.1.1.4"
CT = "1.2.840.10008.5.1.4.1.1.2"
SYNTAXES = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEG2000Lossless,
    HTJ2KLossless,
    MPEG2MPML,
]


def echo(port: int, calling: str) -> tuple[bool, int | None]:
    """Whether the association was rejected, and the status of a C-ECHO if it was not."""
    with associated(port, [build_context(Verification)], calling) as association:
        if not association.is_established:
            return association.is_rejected, None
        return False, association.send_c_echo().Status


async def test_a_known_pacs_is_answered(listening: Listening) -> None:
    assert await asyncio.to_thread(echo, listening.port, "NOORD_PACS") == (False, 0x0000)


async def test_a_stranger_is_rejected(listening: Listening) -> None:
    assert await asyncio.to_thread(echo, listening.port, "STRANGER") == (True, None)


async def test_a_pacs_that_no_longer_takes_part_is_rejected(listening: Listening) -> None:
    assert await asyncio.to_thread(echo, listening.port, "MIDDEN_PACS") == (False, 0x0000)
    async with listening.database.transaction() as db:
        await db.execute("update hospitals.endpoint set active = false where id = 'midden/pacs'")
    assert await asyncio.to_thread(echo, listening.port, "MIDDEN_PACS") == (True, None)


async def test_an_endpoint_with_a_title_that_is_none_locks_nobody_else_out(
    listening: Listening,
) -> None:
    async with listening.database.transaction() as db:
        await db.execute(
            "update hospitals.endpoint set application = 'A_TITLE_MUCH_TOO_LONG_FOR_DICOM'"
            " where id = 'midden/pacs'"
        )
    assert await asyncio.to_thread(echo, listening.port, "NOORD_PACS") == (False, 0x0000)


async def test_what_is_sent_is_kept_for_the_hospital_that_sent_it(listening: Listening) -> None:
    images = ct_series(slices=3)
    assert await listening.stores(map(sendable, images), "MIDDEN_PACS") == [0, 0, 0]
    assert await listening.rows("select hospital_id, instance_count from archive.study") == [
        {"hospital_id": "midden", "instance_count": 3}
    ]


@pytest.mark.parametrize("syntax", SYNTAXES)
async def test_every_transfer_syntax_is_kept_as_sent(listening: Listening, syntax: str) -> None:
    [image] = ct_series(slices=1)
    if syntax.startswith("1.2.840.10008.1.2.4") or syntax == RLELossless:
        del image.PixelData
        content = sendable(image)[3] + (
            b"\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\0\0\0\0"
            b"\xfe\xff\0\xe0\4\0\0\0\1\2\3\4\xfe\xff\xdd\xe0\0\0\0\0"
        )
    else:
        content = sendable(image, syntax)[3]
    assert await listening.stores([(CT, image.SOPInstanceUID, syntax, content)]) == [0]
    assert (await listening.kept(image.SOPInstanceUID)).transfer_syntax_uid == syntax
    assert await listening.dataset(image.SOPInstanceUID) == content


async def test_a_class_that_the_standard_does_not_have_is_kept(listening: Listening) -> None:
    [image] = ct_series(slices=1)
    image.SOPClassUID = "1.2.840.113619.4.26"
    assert await listening.stores([sendable(image)]) == [0]


async def test_what_was_erased_is_refused_and_kept_nowhere(listening: Listening) -> None:
    images = ct_series(slices=2)
    assert await listening.stores(map(sendable, images)) == [0, 0]
    async with listening.database.transaction() as db:
        study = await store.study_by_uid(db, "noord", images[0].StudyInstanceUID)
        assert study is not None
        await erase(
            db,
            [study],
            ground=Ground.REQUEST,
            reason="Verzoek",
            by=None,
            now=study.first_received_at,
        )
    assert await listening.stores(map(sendable, images)) == [0x0124, 0x0124]
    assert not await listening.rows("select 1 from archive.quarantine")


async def test_a_refusal_says_why_in_the_protocols_own_words(listening: Listening) -> None:
    image, other = ct_series(slices=2)
    assert await listening.stores([sendable(image)]) == [0]
    sop_class, uid, syntax, content = sendable(other)
    changed = content.replace(other.SOPInstanceUID.encode(), image.SOPInstanceUID.encode())
    del other.StudyInstanceUID
    refusals = {
        0xC000: (sop_class, uid, syntax, content[:-100]),
        0x0111: (sop_class, image.SOPInstanceUID, syntax, changed),
        0x0117: (sop_class, generate_uid(), syntax, content),
        0x0119: (MR, uid, syntax, content),
        0xA900: sendable(other),
    }
    if len(image.SOPInstanceUID) != len(other.SOPInstanceUID):
        del refusals[0x0111]  # the length would be wrong too
    assert await listening.stores(refusals.values()) == list(refusals)
    held = await listening.rows("select reason from archive.quarantine")
    assert len(held) == len(refusals)


async def test_a_comment_goes_with_a_refusal(listening: Listening) -> None:
    def comment() -> str:
        with associated(listening.port, [build_context(CT)]) as association:
            answer = association.send_c_store(raw(CT, "1.2.3", ImplicitVRLittleEndian, b"no DICOM"))
            return str(answer.ErrorComment)

    said = await asyncio.to_thread(comment)
    assert "DICOM" in said
    assert len(said) <= 64


async def test_a_full_object_store_is_told_as_out_of_resources(
    listening: Listening, tmp_path: Path
) -> None:
    (tmp_path / "objects" / "images").write_text("a file where the folder should be")
    [image] = ct_series(slices=1)
    assert await listening.stores([sendable(image)]) == [0xA700]


async def test_a_database_that_is_away_makes_the_sender_try_again(listening: Listening) -> None:
    [image] = ct_series(slices=1)
    async with listening.database.transaction() as db:
        await db.execute("alter table archive.study rename to away")
    assert await listening.stores([sendable(image)]) == [0x0110]
    async with listening.database.transaction() as db:
        await db.execute("alter table archive.away rename to study")
    assert await listening.stores([sendable(image)]) == [0x0000]


async def test_many_associations_at_once_lose_nothing(listening: Listening) -> None:
    images = ct_series(slices=16)
    parts = [list(map(sendable, images[start::4])) for start in range(4)]
    statuses = await asyncio.gather(
        *(asyncio.to_thread(store_all, listening.port, part) for part in parts)
    )
    assert statuses == [[0] * 4] * 4
    assert await listening.rows("select instance_count from archive.study") == [
        {"instance_count": 16}
    ]


async def test_stopping_lets_an_open_association_finish(listening: Listening) -> None:
    images = ct_series(slices=8)

    async def stop() -> None:
        await asyncio.sleep(0.2)
        await listening.listener.stop()

    def slowly() -> list[int]:
        import time

        with associated(listening.port, [build_context(CT, ExplicitVRLittleEndian)]) as association:
            statuses = []
            for image in images:
                time.sleep(0.1)
                answer = association.send_c_store(raw(*sendable(image)))
                statuses.append(int(answer.get("Status", -1)))
            return statuses

    statuses, _ = await asyncio.gather(asyncio.to_thread(slowly), stop())
    assert statuses == [0] * 8


async def test_no_patient_data_reaches_the_log(
    listening: Listening, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    [image] = ct_series(slices=1)
    sop_class, uid, syntax, content = sendable(image)
    broken = content.replace(b"19500101", b"Jansen^A")
    await listening.stores(
        [(sop_class, uid, syntax, broken), (sop_class, uid, syntax, content[:-9])]
    )
    async with listening.database.transaction() as db:
        await db.execute("alter table archive.study add check (patient_number <> 'N100') not valid")
    [other] = ct_series(slices=1)
    with capture_logs() as logged:
        assert await listening.stores([sendable(other)]) == [0x0110]
    assert "instance.failed" in [one["event"] for one in logged]
    printed = capfd.readouterr()
    for private in ("Jansen", "N100", "19500101"):
        assert private not in printed.out + printed.err + caplog.text + str(logged)
