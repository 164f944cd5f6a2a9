"""Made-up hospitals do over their protocols what real ones do."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hl7.mllp import open_hl7_connection
from pydicom import Dataset, dcmread
from pydicom.uid import CTImageStorage
from pynetdicom import AE, build_context, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind as Find,
)
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelMove as Move,
)

from crossread.simulation import region, studies
from crossread.simulation.console import HospitalGone, HospitalProcess, HospitalRefused
from crossread.simulation.pacs import get_contexts

REPORT = (
    "MSH|^~\\&|CROSSREAD|CROSSREAD|NOORD_RIS|ZH_NOORD|20261124120000+0100||ORU^R01^ORU_R01|{id}|P"
    "|2.5.1||||||UNICODE UTF-8\rPID|1||0412873^^^NOORD^PI||Geërts\r"
    "OBR|1|||CTSCH01^CT schedel blanco\rOBX|1|TX|19005-8^Conclusie||Geen bloeding.||||||F\r"
)


async def told(port: int, content: str | bytes) -> str:
    """What a RIS answers to a message."""
    raw = content.encode() if isinstance(content, str) else content
    reader, writer = await open_hl7_connection("127.0.0.1", port)
    writer.writeblock(raw)
    answer: bytes = await asyncio.wait_for(reader.readblock(), 10)
    writer.close()
    return answer.decode("latin-1")


async def test_an_order_is_sent_and_its_acknowledgement_seen(
    open_hospital: Any, archive: Any
) -> None:
    noord = await open_hospital("noord")
    sent = await noord.order("ct-head")
    assert sent["code"] == "AA"
    assert sent["kind"] == "ORM^O01^ORM_O01"
    (message,) = archive.messages
    assert "0412873^^^NOORD&2.999.528.1.1&ISO^PI~999948490^^^NLMINBIZA^NNNLD" in message
    assert "CTSCH01^CT schedel blanco^99NOORD" in message
    assert f"ZDS|{sent['study_instance_uid']}^" in message
    assert "Geërts-van den Bosch^Joëlle^M" in message


async def test_one_hospital_orders_by_omi_with_the_imaging_procedure(
    open_hospital: Any, archive: Any
) -> None:
    zuid = await open_hospital("zuid")
    sent = await zuid.order("mr-brain")
    (message,) = archive.messages
    assert sent["kind"] == "OMI^O23^OMI_O23"
    procedure = next(line for line in message.split("\r") if line.startswith("IPC"))
    assert procedure.split("|")[3] == sent["study_instance_uid"]
    assert procedure.split("|")[5] == "MR"


async def test_an_order_that_is_refused_says_so(open_hospital: Any, archive: Any) -> None:
    midden = await open_hospital("midden")
    archive.answer = "AE"
    with pytest.raises(HospitalRefused, match="AE"):
        await midden.order("chest")


async def test_a_study_is_sent_whole_and_progress_is_told(open_hospital: Any, archive: Any) -> None:
    noord = await open_hospital("noord")
    progress: list[tuple[int, int]] = []
    sent = await noord.send("ct-head", told=lambda n, of: progress.append((n, of)))
    assert sent["accepted"] == len(set(archive.instances)) == 3
    assert progress[-1] == (3, 3)
    again = await noord.send("ct-head", only=[0, 1])
    assert again["accepted"] == 1
    assert archive.instances[3] == archive.instances[0]


async def test_an_archive_that_is_not_there_is_named(open_hospital: Any) -> None:
    nowhere = {"ae_title": "CROSSREAD", "host": "127.0.0.1", "port": 1}
    noord = await open_hospital(
        "noord", crossread={"dicom": nowhere, "hl7": {"host": "127.0.0.1", "port": 1}}
    )
    with pytest.raises(HospitalRefused, match="did not accept"):
        await noord.send("ct-head")
    with pytest.raises(HospitalRefused, match="could not be reached"):
        await noord.order("ct-head")


async def test_a_killed_hospital_still_has_its_inbox(open_hospital: Any) -> None:
    noord: HospitalProcess = await open_hospital("noord")
    answer = await told(noord.ris_port, REPORT.format(id="CR1"))
    assert "MSA|AA|CR1" in answer
    port = noord.ris_port
    await noord.kill()
    with pytest.raises(HospitalGone):
        await noord.inbox()
    await noord.restart()
    assert noord.ris_port == port
    (message,) = await noord.inbox()
    assert message["kind"] == "ORU^R01"
    assert "Geërts" in message["text"]


async def test_a_message_that_comes_twice_is_filed_once(open_hospital: Any) -> None:
    noord = await open_hospital("noord")
    for _ in range(2):
        assert "MSA|AA|CR7" in await told(noord.ris_port, REPORT.format(id="CR7"))
    (message,) = await noord.inbox()
    assert message["repeats"] == 1


async def test_what_cannot_be_understood_is_refused_and_not_filed(open_hospital: Any) -> None:
    noord = await open_hospital("noord")
    for broken, answered in (
        ("PID|1||x\r", "MSA|AR"),
        (REPORT.format(id=""), "MSA|AR"),
        (REPORT.format(id="A").replace("ORU^R01^ORU_R01", "XYZ^Z01"), "MSA|AR|A"),
        (REPORT.format(id="B").split("OBR")[0], "MSA|AE|B"),
        (REPORT.format(id="C").replace("UNICODE UTF-8", "KLINGON"), "MSA|AE|C"),
        (REPORT.format(id="D").encode("latin-1"), "MSA|AE|D"),
    ):
        assert answered in await told(noord.ris_port, broken)
    assert await noord.inbox() == []


async def test_systems_go_down_and_come_back_on_the_same_port(open_hospital: Any) -> None:
    noord = await open_hospital("noord")
    await noord.ask("ris", state="down")
    with pytest.raises(OSError):
        await told(noord.ris_port, REPORT.format(id="E"))
    await noord.ask("ris", state="up")
    assert "MSA|AA|E" in await told(noord.ris_port, REPORT.format(id="E"))
    await noord.ask("pacs", state="down")
    assert not _associated(noord)
    await noord.ask("pacs", state="up")
    assert _associated(noord)


async def test_what_was_stored_is_listed_found_and_given_back(
    open_hospital: Any, small_ct: list[Dataset]
) -> None:
    noord = await open_hospital("noord")
    assert await asyncio.to_thread(_store, noord.pacs_port, small_ct) == [0, 0]
    assert await asyncio.to_thread(_store, noord.pacs_port, small_ct[:1]) == [0]
    objects = await noord.objects()
    assert [o["times"] for o in objects] == [2, 1]
    assert not any(o["differs"] for o in objects)
    assert dcmread(objects[0]["path"]).PixelData == small_ct[0].PixelData
    await noord.restart()
    uid = small_ct[0].StudyInstanceUID
    found = await asyncio.to_thread(_find, noord.pacs_port, uid)
    assert [(f.StudyInstanceUID, f.NumberOfStudyRelatedInstances) for f in found] == [(uid, 2)]
    fetched = await asyncio.to_thread(_get, noord.pacs_port, uid)
    assert sorted(fetched) == sorted(str(ds.SOPInstanceUID) for ds in small_ct)


async def test_images_move_to_a_known_destination(open_hospital: Any, archive: Any) -> None:
    noord = await open_hospital("noord")
    made = await noord.ask("prepare", study="ct-head")
    statuses = await asyncio.to_thread(_move, noord.pacs_port, made["study_instance_uid"])
    assert statuses[-1] == 0x0000
    assert len(archive.instances) == made["instances"]


async def test_a_study_may_come_altered_under_the_same_uids(
    open_hospital: Any, archive: Any
) -> None:
    noord = await open_hospital("noord")
    await noord.send("ct-head")
    altered = await noord.send("ct-head", altered=True)
    assert altered["accepted"] == 3
    assert archive.instances[:3] == archive.instances[3:]


async def test_a_users_own_files_are_sent_under_a_made_up_name(
    open_hospital: Any, folder: Path, small_ct: list[Dataset], archive: Any
) -> None:
    for number, ds in enumerate(small_ct):
        ds.save_as(folder / f"{number}.bin", enforce_file_format=True)
    (folder / "note.txt").write_text("not DICOM")
    zuid = await open_hospital("zuid", data_folder=str(folder))
    offered = (await zuid.ask("studies"))["studies"]
    own = next(study for study in offered if study["study"] == "own-1")
    assert own["study_instance_uid"] == small_ct[0].StudyInstanceUID
    sent = await zuid.send("own-1")
    assert sent["accepted"] == 2
    ordered = await zuid.order("own-1")
    assert ordered["accession_number"] == own["accession_number"]
    assert sorted(archive.instances) == sorted(str(ds.SOPInstanceUID) for ds in small_ct)


async def test_an_unknown_wish_is_refused_in_words(open_hospital: Any) -> None:
    noord = await open_hospital("noord")
    with pytest.raises(HospitalRefused, match="no such verb"):
        await noord.ask("dance")
    with pytest.raises(HospitalRefused, match="it has: ct-head"):
        await noord.send("chest")


@pytest.fixture
def small_ct(occasion: Any) -> list[Dataset]:
    return list(studies.build(occasion("ct-head-prior"), slices=2, size=32))


def _associated(hospital: HospitalProcess) -> bool:
    association = AE("PEER").associate(
        "127.0.0.1",
        hospital.pacs_port,
        contexts=[build_context("1.2.840.10008.1.1")],
        ae_title=region.hospital(hospital.id).pacs_ae_title,
    )
    established = association.is_established
    association.release()
    return bool(established)


def _store(port: int, instances: list[Dataset]) -> list[int]:
    association = AE("PEER").associate(
        "127.0.0.1", port, contexts=[build_context(CTImageStorage, "1.2.840.10008.1.2.1")]
    )
    statuses = [int(association.send_c_store(ds).Status) for ds in instances]
    association.release()
    return statuses


def _asking(level: str, uid: str) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    asked.StudyInstanceUID = uid
    asked.NumberOfStudyRelatedInstances = None
    asked.PatientName = "*"
    return asked


def _find(port: int, uid: str) -> list[Dataset]:
    association = AE("PEER").associate("127.0.0.1", port, contexts=[build_context(Find)])
    answers = [
        identifier
        for _, identifier in association.send_c_find(_asking("STUDY", uid), Find)
        if identifier is not None
    ]
    association.release()
    return answers


def _get(port: int, uid: str) -> list[str]:
    fetched: list[str] = []

    def keep(event: evt.Event) -> int:
        fetched.append(str(event.dataset.SOPInstanceUID))
        return 0x0000

    contexts, roles = get_contexts([CTImageStorage])
    association = AE("PEER").associate(
        "127.0.0.1",
        port,
        contexts=contexts,
        ext_neg=roles,
        evt_handlers=[(evt.EVT_C_STORE, keep)],
    )
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = uid
    list(association.send_c_get(asked, str(contexts[0].abstract_syntax)))
    association.release()
    return fetched


def _move(port: int, uid: str) -> list[int]:
    association = AE("PEER").associate("127.0.0.1", port, contexts=[build_context(Move)])
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = uid
    statuses = [
        int(status.Status) for status, _ in association.send_c_move(asked, "CROSSREAD", Move)
    ]
    association.release()
    return statuses


async def test_a_study_that_meets_a_closed_archive_is_sent_when_it_opens(
    open_hospital: Any,
) -> None:
    zuid = await open_hospital("zuid")
    to = {"ae_title": "ZUID_PACS", "host": "127.0.0.1", "port": zuid.pacs_port}
    interface = {"host": "127.0.0.1", "port": zuid.ris_port}
    noord = await open_hospital("noord", crossread={"dicom": to, "hl7": interface})
    await zuid.kill()
    sending = asyncio.create_task(noord.send("ct-head", retry_seconds=30))
    ordering = asyncio.create_task(noord.order("ct-head", retry_seconds=30))
    await asyncio.sleep(1.0)
    await zuid.restart()
    assert (await sending)["accepted"] == len(await zuid.objects()) == 3
    assert (await ordering)["control_id"] == (await zuid.inbox())[0]["control_id"]
