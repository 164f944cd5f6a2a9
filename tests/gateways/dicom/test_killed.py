"""A listener that is killed in the middle of a study has lost nothing that it acknowledged."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pynetdicom import build_context
from tests.gateways.dicom.listening import (
    Listening,
    Sent,
    associated,
    sendable,
    status_of,
    store_all,
)
from tests.images import ct_series

from crossread.archive import retrieve, store

ROOT = Path(__file__).resolve().parents[3]


@contextmanager
def listener_alone(url: str, folder: Path) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """A listener of its own process, and its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.gateways.dicom.listener_alone", url, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def until_killed(port: int, sent: list[Sent], victim: "subprocess.Popen[str]") -> list[str]:
    """Send until the listener dies; what it acknowledged by then."""
    acknowledged: list[str] = []

    def strike() -> None:
        end = time.monotonic() + 20
        while len(acknowledged) < 5 and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.05))  # noqa: S311 - anywhere between two steps
        victim.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=strike)
    killer.start()
    with associated(port, [build_context(sent[0][0], sent[0][2])]) as association:
        for one in sent:
            if not association.is_established:
                break
            if status_of(association, *one) != 0x0000:
                break
            acknowledged.append(one[1])
    killer.join()
    return acknowledged


async def test_what_was_acknowledged_is_there_and_the_rest_can_be_sent_again(
    listening: Listening, database_url: str, tmp_path: Path
) -> None:
    images = ct_series(slices=60)
    sent = [sendable(image) for image in images]
    folder = tmp_path / "objects"
    with listener_alone(database_url, folder) as (process, port):
        acknowledged = await asyncio.to_thread(until_killed, port, sent, process)
    assert 5 <= len(acknowledged) < len(sent)
    rows = await listening.rows("select sop_instance_uid from archive.instance")
    assert {row["sop_instance_uid"] for row in rows} >= set(acknowledged)

    with listener_alone(database_url, folder) as (_, port):
        statuses = await asyncio.to_thread(store_all, port, sent)
    assert statuses == [0x0000] * len(sent)
    async with listening.database.transaction() as db:
        [study] = await store.studies(db, "noord", 10)
        kept = await store.instances_of(db, study.id)
    assert study.instance_count == len(kept) == len(sent)
    for instance, (_, uid, _, content) in zip(kept, sent, strict=True):
        assert instance.sop_instance_uid == uid
        file = await retrieve.file(listening.objects, instance)
        assert file[instance.dataset_offset :] == content
