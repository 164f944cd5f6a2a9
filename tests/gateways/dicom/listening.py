"""A listener that two hospitals know, and SCUs that call it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom import AE, build_context
from pynetdicom.association import Association
from tests.archive.arrivals import encoded

from crossread.archive import retrieve, store
from crossread.archive.model import Instance
from crossread.gateways.dicom.kept import KeptDataset
from crossread.gateways.dicom.listener import DicomListener
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind, Hospital
from crossread.platform import clock
from crossread.platform.database import Database
from crossread.platform.objects import Objects

Sent = tuple[str, str, str, bytes]  # SOP class, SOP instance, transfer syntax, data set


@dataclass
class Listening:
    """A listener, and what it stands on."""

    database: Database
    objects: Objects
    listener: DicomListener

    @property
    def port(self) -> int:
        return self.listener.port

    async def stores(self, sent: Iterable[Sent], calling: str = "NOORD_PACS") -> list[int]:
        """Send these as they are, in one association; the status of each."""
        return await asyncio.to_thread(store_all, self.port, list(sent), calling)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        async with self.database.transaction() as db:
            return await (await db.execute(query.encode())).fetchall()

    async def kept(self, uid: str, hospital: str = "noord") -> Instance:
        """The instance of this UID, as the archive knows it."""
        async with self.database.transaction() as db:
            found = await store.instance(db, hospital, uid)
        assert found is not None
        return found

    async def dataset(self, uid: str) -> bytes:
        """The data set of this UID, as the archive keeps it."""
        instance = await self.kept(uid)
        return (await retrieve.file(self.objects, instance))[instance.dataset_offset :]

    async def pacs_listens_at(self, port: int, hospital: str = "noord") -> None:
        """Where the PACS of a hospital is to be found."""
        await save_pacs(self.database, hospital, port)


def sendable(image: Dataset, syntax: str = ExplicitVRLittleEndian) -> Sent:
    """An image of a test, encoded."""
    return image.SOPClassUID, image.SOPInstanceUID, syntax, encoded(image, syntax)


@contextmanager
def associated(
    port: int, contexts: list[Any], calling: str = "NOORD_PACS", **more: Any
) -> Iterator[Association]:
    """An association with the listener, as a hospital's PACS opens it."""
    ae = AE(calling)
    ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = 20
    association = ae.associate("127.0.0.1", port, contexts, ae_title="CROSSREAD", **more)
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def store_all(port: int, sent: list[Sent], calling: str = "NOORD_PACS") -> list[int]:
    """C-STORE bytes as they are, each in its own transfer syntax; -1 where no answer came."""
    kinds = sorted({(one[0], one[2]) for one in sent})
    with associated(port, [build_context(*kind) for kind in kinds], calling) as association:
        return [status_of(association, *one) for one in sent if association.is_established]


def status_of(
    association: Association, sop_class: str, sop_instance: str, syntax: str, content: bytes
) -> int:
    """The status of one C-STORE of bytes as they are."""
    answer = association.send_c_store(raw(sop_class, sop_instance, syntax, content))
    return int(answer.get("Status", -1))


def raw(sop_class: str, sop_instance: str, syntax: str, content: bytes) -> Dataset:
    """Bytes that pynetdicom sends without a look at them."""
    fields: Any = dict.fromkeys(Instance.__dataclass_fields__)
    fields |= {"sop_class_uid": sop_class, "sop_instance_uid": sop_instance}
    fields |= {"transfer_syntax_uid": UID(syntax)}
    return KeptDataset(Instance(**fields), content)


async def save_pacs(database: Database, hospital: str, port: int) -> None:
    async with database.transaction() as db:
        await hospitals.save_endpoint(
            db,
            Endpoint(
                f"{hospital}/pacs",
                hospital,
                EndpointKind.PACS,
                "127.0.0.1",
                port,
                f"{hospital.upper()}_PACS",
            ),
        )


@pytest.fixture
async def listening(database: Database, objects: Objects) -> AsyncIterator[Listening]:
    """A listener that the PACS of Noord and of Midden may call."""
    async with database.transaction() as db:
        for name in ("noord", "midden"):
            await hospitals.save_hospital(
                db, Hospital(name, name.title(), patient_issuers=(name.upper(),))
            )
    for name in ("noord", "midden"):
        await save_pacs(database, name, 104)
    listener = DicomListener(
        database, objects, ae_title="CROSSREAD", host="127.0.0.1", port=0, clock=clock.now
    )
    await listener.start()
    yield Listening(database, objects, listener)
    await listener.stop()


@asynccontextmanager
async def another(listening: Listening, **more: Any) -> AsyncIterator[DicomListener]:
    """Another listener on the same ground, made otherwise."""
    listener = DicomListener(
        listening.database,
        listening.objects,
        ae_title="CROSSREAD",
        host="127.0.0.1",
        port=0,
        clock=clock.now,
        **more,
    )
    await listener.start()
    try:
        yield listener
    finally:
        await listener.stop()


async def secure_pacs(database: Database, hospital: str, **changes: Any) -> Endpoint:
    """Change over what a hospital's PACS is reached, and how it is known."""
    async with database.transaction() as db:
        changed = replace(await hospitals.endpoint(db, f"{hospital}/pacs"), **changes)
        await hospitals.secure_endpoint(db, changed)
    return changed
