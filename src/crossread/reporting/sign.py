"""Sign a report: one version, final or preliminary, under the live lease, once."""

from dataclasses import replace
from datetime import datetime

from crossread.archive import store as archive
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Reader
from crossread.orders import store as orders
from crossread.orders.model import Order
from crossread.patients import store as patients
from crossread.platform import events
from crossread.platform.database import Connection, Database
from crossread.platform.errors import NotFound, Refused
from crossread.platform.objects import Objects
from crossread.reporting import store
from crossread.reporting.draft import Written, keep, measure
from crossread.reporting.model import (
    Author,
    ReportBundle,
    ReportedPatient,
    ReportedStudy,
    ReportEvent,
    ReportStatus,
    Section,
    report_id,
)
from crossread.worklist import lease, transition
from crossread.worklist.model import LeaseLost, Move, Task


class NotSignable(Refused):
    """Something is missing, or she may not sign this."""


async def sign(
    database: Database,
    objects: Objects,
    written: Written,
    *,
    status: ReportStatus,
    language: str,
    now: datetime,
) -> ReportBundle:
    """Sign what is written as the next version of the task's report, and end the lease.

    A repeat under the same lease, as after a lost answer, gives the version that was signed.

    Raises:
        NotSignable: nothing is written, or a resident signs a final report.
        LeaseLost: the lease is no longer hers; the text is kept as an orphan and named.
    """
    _check(written, status)
    measured = replace(written, annotations=await measure(database, objects, written))
    try:
        async with database.transaction() as db:
            signed = await store.signed_under(db, written.task_id, written.reader.id, written.fence)
            if signed is not None:
                return signed
            task, _ = await lease.require(db, written.task_id, written.token, written.fence, now)
            bundle = await _bundle(db, task, measured, status, language, now)
            await _settle(db, task, bundle, measured, now)
            return bundle
    except LeaseLost as lost:
        raise await keep(database, measured, now) from lost


def _check(written: Written, status: ReportStatus) -> None:
    texts = dict(written.sections)
    if not (texts.get(Section.FINDINGS, "").strip() or texts.get(Section.IMPRESSION, "").strip()):
        raise NotSignable(
            "There are no findings and no impression yet; write at least one of them.",
            reasons=("empty",),
        )
    if status is ReportStatus.FINAL and not written.reader.may_sign_final:
        raise NotSignable(
            "A resident signs preliminary; a radiologist makes it final.", reasons=("role",)
        )


async def _settle(
    db: Connection, task: Task, bundle: ReportBundle, written: Written, now: datetime
) -> None:
    """The report, the state of its task, the end of the lease and the event, all or nothing."""
    final = bundle.status is ReportStatus.FINAL
    move = Move.SIGN_FINAL if final else Move.SIGN_PRELIMINARY
    await store.insert_report(db, bundle, written.fence)
    await store.save_draft(db, written.draft(bundle.version, now))
    await transition.move(db, task, move, now, actor=written.reader.id)
    await lease.end(db, task.id)
    await events.append(
        db,
        ReportEvent.SIGNED,
        bundle.report_id,
        hospital_id=bundle.hospital_id,
        facts={
            "task_id": str(task.id),
            "version": bundle.version,
            "status": bundle.status,
        },
    )


async def _bundle(
    db: Connection,
    task: Task,
    written: Written,
    status: ReportStatus,
    language: str,
    now: datetime,
) -> ReportBundle:
    if task.study_id is None or task.patient_id is None:
        raise NotFound("This task has no images yet.", cause=str(task.id))
    earlier = await store.reports_of_task(db, task.id)
    version = len(earlier) + 1
    order = await orders.order(db, task.order_id) if task.order_id else None
    return ReportBundle(
        report_id=report_id(task.id, version),
        task_id=task.id,
        study_id=task.study_id,
        hospital_id=task.hospital_id,
        version=version,
        status=status,
        language=language,
        patient=await _patient(db, task),
        study=await _study(db, task, order),
        author=await _author(db, written.reader),
        # whole seconds, as every form that goes out can tell
        signed_at=now.replace(microsecond=0),
        sections=tuple((section, text.strip()) for section, text in written.sections),
        annotations=written.annotations,
        previous_report_id=earlier[-1].report_id if earlier else None,
    )


async def _patient(db: Connection, task: Task) -> ReportedPatient:
    assert task.patient_id is not None  # noqa: S101 - by its caller
    patient = await patients.patient(db, task.patient_id)
    return ReportedPatient(
        number=patient.number,
        issuer=patient.issuer,
        bsn=patient.bsn,
        name=patient.name,
        birth_date=patient.birth_date,
        sex=patient.sex,
    )


async def _study(db: Connection, task: Task, order: Order | None) -> ReportedStudy:
    assert task.study_id is not None  # noqa: S101 - by its caller
    study = await archive.study(db, task.study_id)
    return ReportedStudy(
        study_instance_uid=study.study_instance_uid,
        accession_number=order.accession_number if order else study.accession_number,
        placer_number=order.placer_number if order else "",
        filler_number=order.filler_number if order else "",
        procedure_code=order.procedure_code if order else "",
        procedure_text=order.procedure_text if order else study.description,
        procedure_system=order.procedure_system if order else "",
        modality=task.modality,
        description=study.description,
        study_at=study.study_at,
        referrer=order.referrer if order else "",
    )


async def _author(db: Connection, reader: Reader) -> Author:
    hospital = await hospitals.hospital(db, reader.hospital_id)
    return Author(
        reader_id=reader.id,
        name=reader.name,
        username=reader.username,
        hospital_id=hospital.id,
        hospital_name=hospital.name,
    )
