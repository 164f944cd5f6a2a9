"""What an operator does with the archive, in real processes."""

import asyncio
import json
import re
from pathlib import Path

from tests.archive.arrivals import arrival
from tests.archive.conftest import Archive, archive
from tests.commands.test_cli import crossread
from tests.images import ct_series
from tests.peers import Ris

from crossread.gateways.hl7v2.listener import Hl7Listener
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind

RIS = Ris("NOORD_RIS", "NOORD")
__all__ = ["archive"]


async def run(made: Archive, folder: Path, *words: str) -> str:
    """What a command says, which must succeed."""
    code, says, complaint = await asyncio.to_thread(
        lambda: crossread(
            folder,
            "archive",
            *words,
            CROSSREAD_DATABASE_URL=made.database.url,
            CROSSREAD_OBJECTS=str(made.objects.folder),
        )
    )
    assert code == 0, complaint
    return says


async def test_what_was_refused_is_mended_and_let_in(archive: Archive, tmp_path: Path) -> None:
    [image] = ct_series(slices=1)
    series = str(image.SeriesInstanceUID)
    del image.SeriesInstanceUID
    await archive.refuses(arrival(image))
    [held] = await archive.rows("select id from archive.quarantine")
    says = await run(archive, tmp_path, "quarantine", "list")
    assert "missing_uid" in says
    says = await run(
        archive, tmp_path, "quarantine", "readmit", str(held["id"]), "--reason", "Nagevraagd",
        "--set", f"SeriesInstanceUID={series}",
    )  # fmt: skip
    assert "let in" in says
    assert (await archive.study(image)).instance_count == 1


async def test_a_message_that_was_refused_is_heard_again_when_its_sender_is_known(
    archive: Archive, tmp_path: Path
) -> None:
    message = RIS.order(accession="A1", number="N1", bsn="999911120", control="C1").encode()
    broken = message.replace(b"|P|2.5.1", b"|P|3.0")
    listener = Hl7Listener(
        archive.database, archive.objects, host="127.0.0.1", port=0, clock=lambda: archive.now
    )
    async with archive.database.transaction() as db:
        await hospitals.save_endpoint(
            db,
            Endpoint("noord/ris", "noord", EndpointKind.RIS, "127.0.0.1", 1, "NOORD_RIS", "NOORD"),
        )
    assert b"MSA|AR|C1" in await listener.answer(broken)
    [held] = await archive.rows("select id, object_key from archive.quarantine")
    again = ("quarantine", "readmit", str(held["id"]), "--reason", "Versie hersteld")
    code, _, complaint = await asyncio.to_thread(
        lambda: crossread(
            tmp_path, "archive", *again, CROSSREAD_DATABASE_URL=archive.database.url,
            CROSSREAD_OBJECTS=str(archive.objects.folder),
        )
    )  # fmt: skip
    assert (code, "version 2" in complaint) == (1, True)
    await archive.objects.put(held["object_key"], message)  # as if we had learnt to read it
    assert "let in" in await run(archive, tmp_path, *again)
    [order] = await archive.rows("select accession_number from orders.order")
    assert order["accession_number"] == "A1"
    [row] = await archive.rows("select state from archive.quarantine")
    assert row["state"] == "readmitted"


async def test_a_patient_is_held_and_then_erased_with_proof(
    archive: Archive, tmp_path: Path
) -> None:
    await archive.takes_all(ct_series(slices=2))
    words = ("noord", "--patient", "N100", "--reason", "Zaak 12")
    held = re.search(r"[0-9a-f-]{36}", await run(archive, tmp_path, "hold", "place", *words))
    assert held is not None
    assert "patient N100" in await run(archive, tmp_path, "hold", "list", "noord")
    code, _, complaint = await asyncio.to_thread(
        lambda: crossread(
            tmp_path, "archive", "erase", *words, "--yes",
            CROSSREAD_DATABASE_URL=archive.database.url,
        )
    )  # fmt: skip
    assert (code, "legal hold" in complaint) == (1, True)
    await run(archive, tmp_path, "hold", "lift", "noord", held[0])
    await run(archive, tmp_path, "erase", *words, "--yes", "--certificate", "proof.json")
    proof = json.loads((tmp_path / "proof.json").read_text())
    assert len(proof["certificate"]["studies"][0]["instances"]) == 2
    assert not await archive.rows("select 1 from archive.study")


async def test_the_scrub_is_seen_and_paused_and_limits_are_set(
    archive: Archive, tmp_path: Path
) -> None:
    assert "paused" in await run(archive, tmp_path, "scrub", "--pause")
    assert "paused" not in await run(archive, tmp_path, "scrub", "--resume")
    await run(archive, tmp_path, "quota", "noord", "--warn", "1", "--limit", "2")
    await run(archive, tmp_path, "retention", "noord", "--years", "20")
    says = await run(archive, tmp_path, "usage")
    assert re.search(r"noord .* 1\.0 .* 2\.0 .* 20 ", says)
    await run(archive, tmp_path, "expired", "noord")
