"""What a hospital's machines ask and tell, from end to end."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, build_context, evt
from tests.gateways.dicom.test_commitment import asked, modality
from tests.images import ct_series
from tests.orders.test_perform import ended, started
from tests.region import Region, until

from crossread import journey
from crossread.archive.commitment import Reference
from crossread.archive.vouch import ask
from crossread.hospitals import store
from crossread.hospitals.model import Endpoint, EndpointKind, Wish
from crossread.platform import clock

NOTIFICATION = "1.2.840.10008.5.1.4.33"
WORKLIST = "1.2.840.10008.5.1.4.31"
MPPS = "1.2.840.10008.3.1.2.3.3"


async def rows(region: Region, query: str) -> list[dict[str, Any]]:
    async with region.database.transaction() as db:
        return await (await db.execute(query.encode())).fetchall()


@contextmanager
def ris() -> Iterator[tuple[int, list[Dataset]]]:
    """A system that hears which images are available; its port."""
    heard: list[Dataset] = []

    def create(event: evt.Event) -> tuple[int, None]:
        heard.append(event.attribute_list)
        return 0x0000, None

    ae = AE("NOORD_IM")
    ae.add_supported_context(NOTIFICATION)
    server: Any = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_N_CREATE, create)]
    )
    try:
        yield server.server_address[1], heard
    finally:
        ae.shutdown()


async def points_to(region: Region, endpoint: str, port: int, title: str) -> None:
    async with region.database.transaction() as db:
        hospital = endpoint.partition("/")[0]
        await store.save_endpoint(
            db, Endpoint(endpoint, hospital, EndpointKind.MACHINE, "127.0.0.1", port, title)
        )


async def test_who_asks_for_it_hears_when_a_study_can_be_retrieved(region: Region) -> None:
    images = ct_series(slices=2)
    with ris() as (port, heard):
        await points_to(region, "noord/im", port, "NOORD_IM")
        async with region.database.transaction() as db:
            await store.wish(db, "noord/im", Wish.AVAILABILITY)
            await store.wish(db, "midden/pacs", Wish.AVAILABILITY)
        assert await region.pacs["noord"].send(region.dicom.port, images) == [0, 0]

        async def told() -> list[Dataset]:
            return heard

        [notice] = await until(told, what="the notification")
    assert notice.StudyInstanceUID == images[0].StudyInstanceUID
    [series] = notice.ReferencedSeriesSequence
    assert {
        item.ReferencedSOPInstanceUID: (item.InstanceAvailability, item.RetrieveAETitle)
        for item in series.ReferencedSOPSequence
    } == {image.SOPInstanceUID: ("ONLINE", "CROSSREAD") for image in images}
    allowed = {
        "SpecificCharacterSet", "StudyInstanceUID", "ReferencedSeriesSequence",
        "ReferencedPerformedProcedureStepSequence",
    }  # fmt: skip
    assert {element.keyword for element in notice} <= allowed, "nothing that names a patient"
    told_of = await rows(
        region, "select distinct endpoint_id from delivery.delivery where kind = 'availability'"
    )
    assert told_of == [{"endpoint_id": "noord/im"}], "another hospital hears nothing of it"


async def test_a_request_that_its_listener_died_of_is_answered_all_the_same(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journey, "LISTENER_ANSWERS", timedelta(0))
    images = ct_series(slices=2)
    await region.pacs["noord"].send(region.dicom.port, images)
    request = asked(images)
    with modality("NOORD_CT") as (port, reported, _):
        await points_to(region, "noord/ct", port, "NOORD_CT")
        async with region.database.transaction() as db:
            await ask(
                db,
                hospital_id="noord",
                endpoint_id="noord/ct",
                transaction_uid=request.TransactionUID,
                asked=[
                    Reference(item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID)
                    for item in request.ReferencedSOPSequence
                ],
                now=clock.now(),
            )

        async def told() -> list[Any]:
            return reported

        [(event, content)] = await until(told, what="the answer")
    assert (event, content.TransactionUID) == (1, request.TransactionUID)


async def test_a_machine_takes_its_work_tells_of_it_and_the_study_rests_at_once(
    region: Region,
) -> None:
    await region.stop_worker()
    patient = region.settings.archive.model_copy(update={"quiet_seconds": 600})
    region.settings = region.settings.model_copy(update={"archive": patient})
    region.start_worker()
    order = region.ris["noord"].order(accession="N77", number="N100", bsn="999911120", control="C1")
    assert "MSA|AA" in await region.ris["noord"].say(region.hl7.port, order)
    await points_to(region, "noord/ct1", 104, "NOORD_CT1")
    query = Dataset()
    query.AccessionNumber, query.StudyInstanceUID = "N77", ""
    [entry] = await asyncio.to_thread(_finds, region.dicom.port, query)
    images = ct_series(study=entry.StudyInstanceUID, accession="N77", slices=2)
    begin, end = started(), ended(instances=tuple(one.SOPInstanceUID for one in images))
    begin.ScheduledStepAttributesSequence[0].StudyInstanceUID = entry.StudyInstanceUID
    await asyncio.to_thread(_tells, region.dicom.port, begin, end)
    await region.pacs["noord"].send(region.dicom.port, images)

    async def rested() -> list[dict[str, Any]]:
        return await rows(region, "select facts from platform.event where kind = 'study.rested'")

    [event] = await until(rested, what="the study at rest")
    assert event["facts"]["rule"] == "performed"

    async def matched() -> list[dict[str, Any]]:
        return await rows(region, "select rule from orders.match")

    assert await until(matched, what="the order answered")
    assert await asyncio.to_thread(_finds, region.dicom.port, query) == []


def _finds(port: int, query: Dataset) -> list[Dataset]:
    association = AE("NOORD_CT1").associate(
        "127.0.0.1", port, [build_context(WORKLIST)], ae_title="CROSSREAD"
    )
    found = [entry for _, entry in association.send_c_find(query, WORKLIST) if entry is not None]
    association.release()
    return found


def _tells(port: int, begin: Dataset, end: Dataset) -> None:
    association = AE("NOORD_CT1").associate(
        "127.0.0.1", port, [build_context(MPPS)], ae_title="CROSSREAD"
    )
    uid = generate_uid()
    assert association.send_n_create(begin, MPPS, uid)[0].Status == 0x0000
    assert association.send_n_set(end, MPPS, uid)[0].Status == 0x0000
    association.release()
