"""Real DICOM of many makers, through the listener: back bit for bit, or refused with a reason."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom import build_context, build_role, evt
from tests.conftest import SHARED
from tests.gateways.dicom.listening import (  # noqa: F401 - a fixture too
    Listening,
    Sent,
    associated,
    listening,
    status_of,
)

FOLDER = SHARED / "dicom"
GET = "1.2.840.10008.5.1.4.1.2.2.3"
DIRECTORY = "1.2.840.10008.1.3.10"  # an index of a disk, that no PACS stores
NO_CONTEXT = -2
REASONS = {0x0111, 0x0117, 0x0119, 0xA900, 0xC000}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/data/dicom is not here")


@dataclass
class File:
    """A file as its owner would send it: bytes that nobody decoded."""

    path: Path
    sent: Sent
    whole: bool  # pydicom reads all of it, and it has its UIDs
    status: int = -1


def read(path: Path) -> File | None:
    """A file with file meta, or None when there is nothing in it that can be sent."""
    content = path.read_bytes()
    if content[128:132] != b"DICM":
        return None
    stream = BytesIO(content)
    read_preamble(stream, False)
    meta = _read_file_meta_info(stream)
    found = _whole(content)
    sop_class = (found or meta).get("SOPClassUID") or meta.get("MediaStorageSOPClassUID") or "1.2"
    uid = (found or meta).get("SOPInstanceUID") or meta.get("MediaStorageSOPInstanceUID") or "1.2"
    syntax = str(meta.get("TransferSyntaxUID") or ImplicitVRLittleEndian)
    dataset = content[stream.tell() :]
    if not dataset:
        return None  # C-STORE has no way to send nothing (PS3.7 9.3.1)
    sent = (str(sop_class), str(uid), syntax, dataset)
    # pydicom also reads what its makers cut off on purpose, as far as it goes
    return File(path, sent, found is not None and "_truncated" not in path.name)


def _whole(content: bytes) -> Dataset | None:
    try:
        dataset = dcmread(BytesIO(content))
        uids = [dataset.get(f"{one}InstanceUID") for one in ("Study", "Series", "SOP")]
        return dataset if all(uids) and dataset.get("SOPClassUID") else None
    except Exception:
        return None


def send(port: int, files: list[File]) -> None:
    """Send every file, with no more contexts in an association than PS3.8 allows."""
    remaining = list(files)
    while remaining:
        kinds: list[tuple[str, str]] = []
        for one in remaining:
            kind = (one.sent[0], one.sent[2])
            if kind not in kinds and len(kinds) < 100:
                kinds.append(kind)
        now = [one for one in remaining if (one.sent[0], one.sent[2]) in kinds]
        remaining = [one for one in remaining if one not in now]
        contexts = [build_context(*kind) for kind in kinds]
        with associated(port, contexts) as association:
            taken = {
                (context.abstract_syntax, context.transfer_syntax[0])
                for context in association.accepted_contexts
            }
            for one in now:
                kind = (one.sent[0], one.sent[2])
                one.status = status_of(association, *one.sent) if kind in taken else NO_CONTEXT


def fetch(port: int, sent: Sent, study: str) -> bytes | None:
    """An instance by C-GET, in the transfer syntax it was sent in."""
    got: list[bytes] = []

    def take(event: evt.Event) -> int:
        got.append(event.request.DataSet.getvalue())  # type: ignore[union-attr]
        return 0x0000

    asked = Dataset()
    asked.QueryRetrieveLevel = "IMAGE"
    asked.StudyInstanceUID, asked.SOPInstanceUID = study, sent[1]
    with associated(
        port,
        [build_context(GET), build_context(sent[0], sent[2])],
        ext_neg=[build_role(UID(sent[0]), scp_role=True)],
        evt_handlers=[(evt.EVT_C_STORE, take)],
    ) as association:
        list(association.send_c_get(asked, GET))
    return got[0] if len(got) == 1 else None


async def test_every_file_comes_back_bit_for_bit_or_is_refused_with_a_reason(
    listening: Listening,  # noqa: F811
) -> None:
    files = [one for path in sorted(FOLDER.rglob("*")) if path.is_file() and (one := read(path))]
    assert len(files) > 500
    await asyncio.to_thread(send, listening.port, files)

    rows = await listening.rows(
        "select i.sop_instance_uid, s.study_instance_uid,"
        " i.transfer_syntax_uid from archive.instance i join archive.study s on s.id = i.study_id"
    )
    kept = {row["sop_instance_uid"]: row for row in rows}
    held = await listening.rows("select uid, reason, sentence from archive.quarantine")
    refused = {row["uid"] for row in held}
    assert all(row["reason"] and row["sentence"] for row in held)

    lost = [f"{one.path.name}: {one.status:04X}" for one in files if not _ends_well(one)]
    assert not lost, " ".join(lost)
    first: dict[str, File] = {}
    for one in files:
        if one.status == NO_CONTEXT:
            assert one.sent[0] == DIRECTORY
        elif one.status == 0x0000:
            first.setdefault(one.sent[1], one)
        else:
            assert one.sent[1] in refused
    assert kept.keys() == first.keys()
    for uid, one in first.items():
        assert await listening.dataset(uid) == one.sent[3], one.path.name

    # a data set in every transfer syntax that there is, once more over the wire
    each = {one.sent[2]: one for one in first.values()}
    for one in each.values():
        study = kept[one.sent[1]]["study_instance_uid"]
        back = await asyncio.to_thread(fetch, listening.port, one.sent, study)
        assert back == one.sent[3], one.path.name


def _ends_well(one: File) -> bool:
    """Archived, or refused for a reason; a whole file may only be refused as another's double."""
    if one.status == 0x0000 or (one.status == NO_CONTEXT and one.sent[0] == DIRECTORY):
        return True
    return one.status in ({0x0111, 0x0117} if one.whole else REASONS)
