"""What goes out: each status and report, in the form that each endpoint of a hospital takes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydicom import Dataset

from crossread.archive import retrieve
from crossread.archive import store as archive
from crossread.archive.model import Study
from crossread.delivery.model import DeliveryKind
from crossread.gateways.dicom.availability import notice
from crossread.gateways.dicom.measurement_report import measurement_report
from crossread.gateways.dicom.presentation_state import presentation_state
from crossread.gateways.hl7v2.compose import (
    Names,
    Status,
    control_id,
    report_message,
    status_message,
)
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Endpoint, EndpointKind, Wish
from crossread.orders import store as orders
from crossread.patients import store as patients
from crossread.platform.database import Connection, Database
from crossread.platform.objects import Objects
from crossread.reporting import store as reports
from crossread.reporting.model import ReportBundle, object_uid
from crossread.worklist.model import Task


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing for one endpoint."""

    endpoint: Endpoint
    kind: DeliveryKind
    message_id: str  # MSH-10 or SOP Instance UID
    label: str
    content: bytes
    task_id: UUID | None
    report_id: UUID | None = None


async def of_status(
    db: Connection, task: Task, status: Status, cause: str, names: Names, now: datetime
) -> list[Parcel]:
    """A status message for each RIS of the hospital that made the images.

    `cause` is what brought the status about: the same cause gives the same control id.
    """
    assert task.order_id is not None  # noqa: S101 - by its caller
    order = await orders.order(db, task.order_id)
    patient = await patients.patient(db, order.patient_id)
    parcels = []
    for endpoint in await hospitals.endpoints(db, task.hospital_id, EndpointKind.RIS):
        control = control_id(endpoint.id, task.id, status, cause)
        content = status_message(
            order,
            patient,
            status,
            task_id=task.id,
            receiver=endpoint,
            names=names,
            control=control,
            at=now,
        )
        parcels.append(
            Parcel(endpoint, DeliveryKind.STATUS, control, status.label, content, task.id)
        )
    return parcels


async def of_availability(db: Connection, study: Study, ours: str, cause: str) -> list[Parcel]:
    """What can be retrieved of a study, for each endpoint of its hospital that asks to hear it."""
    wishing = await hospitals.who_wish(db, study.hospital_id, Wish.AVAILABILITY)
    if not wishing:
        return []
    steps = await orders.steps_of_study(db, study.id)
    instances = await archive.instances_of(db, study.id)
    told = notice(study, instances, ours=ours, steps=steps, cause=cause)
    if told is None:
        return []
    label, uid = study.availability, told.sop_instance_uid
    return [
        Parcel(one, DeliveryKind.AVAILABILITY, uid, label, told.kept(), None) for one in wishing
    ]


async def of_report(
    db: Connection, bundle: ReportBundle, images: list[Dataset], names: Names
) -> list[Parcel]:
    """The text for each RIS, and measurements and annotations for each PACS.

    `images` are the headers of what the annotations lie on: see `source_images`.
    """
    parcels = []
    for endpoint in await hospitals.endpoints(db, bundle.hospital_id):
        match endpoint.kind:
            case EndpointKind.RIS:
                parcels.append(_text(bundle, endpoint, names))
            case EndpointKind.PACS:
                parcels += await _objects(db, bundle, images, endpoint)
    return parcels


def _text(bundle: ReportBundle, endpoint: Endpoint, names: Names) -> Parcel:
    control = control_id(endpoint.id, bundle.report_id)
    content = report_message(bundle, receiver=endpoint, names=names, control=control)
    return _parcel(bundle, endpoint, DeliveryKind.REPORT, control, content)


async def _objects(
    db: Connection, bundle: ReportBundle, images: list[Dataset], endpoint: Endpoint
) -> list[Parcel]:
    found = []
    earlier = bundle.previous_report_id
    previous = await reports.report(db, earlier) if earlier else None
    sr = measurement_report(bundle, images, previous)
    if sr is not None:
        uid = object_uid(bundle.report_id, "sr")
        found.append(_parcel(bundle, endpoint, DeliveryKind.MEASUREMENTS, uid, sr))
    for number, state in enumerate(presentation_state(bundle, images)):
        uid = object_uid(bundle.report_id, f"pr/{number}")
        found.append(_parcel(bundle, endpoint, DeliveryKind.ANNOTATIONS, uid, state))
    return found


async def source_images(
    database: Database, objects: Objects, bundle: ReportBundle
) -> list[Dataset]:
    """The headers of the images that the report's annotations lie on, each once."""
    named = {annotation.sop_instance_uid for annotation in bundle.annotations}
    async with database.transaction() as db:
        found = [
            await archive.instance(db, bundle.hospital_id, uid, hidden=True)
            for uid in sorted(named)
        ]
    return await retrieve.headers(objects, [one for one in found if one is not None])


def _parcel(
    bundle: ReportBundle, endpoint: Endpoint, kind: DeliveryKind, message_id: str, content: bytes
) -> Parcel:
    label = f"{bundle.status} v{bundle.version}"
    return Parcel(endpoint, kind, message_id, label, content, bundle.task_id, bundle.report_id)
