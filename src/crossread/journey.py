"""The journey of a study, in order. Read this file first.

    arrive → archive → recognise (person, order, procedure) → permit (agreement, consent, form)
           → offer (ReadingTask) → claim → read (timeline, viewer) → sign
           → deliver (to the hospital that made the images) → settle

Hospitals and readers do the first and the middle part: a C-STORE archives an image, an HL7 message
places an order, a reader claims, reads and signs. Each of these leaves an event, a row written with
the change it tells of. What follows from an event stands in `ROUTES`; each step is a verb of one
room, leaves an event of its own, and can be repeated without harm, since a worker may die in the
middle of it and another will do it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypedDict
from uuid import UUID

from crossread import parcels
from crossread.archive import rest
from crossread.archive import store as archive
from crossread.archive.commitment import CommitmentEvent, Told
from crossread.archive.correct import adopt
from crossread.archive.expectation import ExpectationEvent
from crossread.archive.intake import Intake
from crossread.archive.model import ArchiveEvent, Study
from crossread.archive.prepare import prepare
from crossread.archive.store import commitments, expectations, removal
from crossread.archive.vouch import vouch
from crossread.assistance.naming import name_procedure
from crossread.consent import store as consents
from crossread.consent.model import ConsentEvent
from crossread.delivery import store as deliveries
from crossread.delivery.model import DeliveryEvent
from crossread.delivery.owe import owe
from crossread.gateways.dicom.commitment import owe_answer
from crossread.gateways.hl7v2.compose import Names, Status
from crossread.gateways.media.run import run_import
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import AgreementEvent, Purpose
from crossread.keeping import Keeping
from crossread.orders import match
from crossread.orders import store as orders
from crossread.orders.model import Order, OrderEvent
from crossread.parcels import Parcel
from crossread.patients import store as patients
from crossread.patients.model import PatientEvent, patient_id
from crossread.patients.recognise import recognise as recognise_patient
from crossread.platform import events
from crossread.platform.clock import Clock
from crossread.platform.database import Connection, Database
from crossread.platform.errors import NotFound
from crossread.platform.follow import Route, Routes
from crossread.platform.jobs import Jobs, Work
from crossread.platform.objects import Objects
from crossread.reporting import store as reports
from crossread.reporting.model import ReportBundle, ReportEvent, ReportStatus
from crossread.settlement.book import book
from crossread.worklist import offer, take_up, transition
from crossread.worklist import store as tasks
from crossread.worklist.model import Move, TaskEvent, TaskState
from crossread.worklist.take_up import Subject

LISTENER_ANSWERS = timedelta(seconds=60)  # its own answer needs at most, in the usual case
STUDY_RECOGNISED = "study.recognised"  # person, order and procedure are looked up

SLOW = frozenset({"copy"})  # steps that take long, and that nobody waits for
LATER = -10  # priority of what nobody has asked to see yet

ROUTES: Routes = {
    # what hospitals sent
    ArchiveEvent.STUDY_ARRIVING: [Route("await_rest")],
    ArchiveEvent.STUDY_RESTED: [
        Route("recognise"),
        Route("prepare"),
        Route("tell_available"),
        Route("repack_later"),
        Route("heed_late"),
        Route("copy", lock="copy", priority=LATER),
    ],
    ArchiveEvent.STUDY_ONLINE: [
        Route("tell_available"),
        Route("copy", lock="copy", priority=LATER),
    ],
    ArchiveEvent.NOTED: [Route("heed_note")],
    ArchiveEvent.EVICTED: [Route("tell_available")],
    ArchiveEvent.CHANGED: [Route("prepare_anew", of="study_id")],
    ArchiveEvent.REASSIGNED: [Route("recognise")],
    ArchiveEvent.ERASED: [Route("forget"), Route("withdraw")],
    ArchiveEvent.REJECTED: [Route("prepare_anew"), Route("permit")],
    ArchiveEvent.UNREJECTED: [Route("prepare_anew"), Route("permit")],
    ExpectationEvent.SAID: [Route("await_rest")],
    CommitmentEvent.ASKED: [Route("answer_commitment")],
    OrderEvent.PLACED: [Route("expect")],
    OrderEvent.CHANGED: [Route("expect")],
    OrderEvent.CANCELLED: [Route("expect")],
    # what people bring on media
    ArchiveEvent.IMPORT_ASKED: [Route("take_in_media", lock="media")],
    # what decides whether a study may be offered
    STUDY_RECOGNISED: [Route("permit")],
    PatientEvent.CHANGED: [Route("permit_patient")],
    PatientEvent.MERGED: [Route("unite")],
    ConsentEvent.RECORDED: [Route("permit_patient")],
    AgreementEvent.SIGNED: [Route("permit_hospital")],
    # what the hospital that made the images hears of it, each task's in order
    TaskEvent.OFFERED: [
        Route("tell_received", lock="tell"),
        Route("keep_on", lock="keep"),
        Route("copy_first"),
        Route("bring_back", lock="keep"),
    ],
    TaskEvent.CLAIMED: [Route("tell_in_progress", lock="tell"), Route("bring_back", lock="keep")],
    TaskEvent.RELEASED: [Route("tell_received", lock="tell")],
    TaskEvent.CANCELLED: [Route("tell_cancelled", lock="tell")],
    # the report goes home, and is paid for
    ReportEvent.SIGNED: [Route("deliver", of="task_id", lock="tell")],
    DeliveryEvent.ACKNOWLEDGED: [Route("close", of="task_id")],
    TaskEvent.DELIVERED: [Route("settle"), Route("let_go", lock="keep")],
}


class Identity(TypedDict):
    """Who a patient is, as `patients.recognise` takes it."""

    hospital_id: str
    issuer: str
    number: str
    bsn: str | None
    name: str
    birth_date: date | None
    sex: str


@dataclass(frozen=True, slots=True)
class Journey:
    """The steps, on a database and an object store."""

    database: Database
    objects: Objects
    jobs: Jobs
    clock: Clock
    quiet: timedelta  # how long nothing must come before a study is taken as complete
    intake: Intake  # where what people bring on media comes in
    names: Names  # what we call ourselves in the messages that we send
    ae_title: str = "CROSSREAD"  # and in DICOM

    def steps(self) -> Mapping[str, Work]:
        """Every step by the name that `ROUTES` gives it."""
        steps: dict[str, Work] = {
            "await_rest": self.await_rest,
            "answer_commitment": self.answer_commitment,
            "tell_available": self.tell_available,
            "forget": self.forget,
            "recognise": self.recognise,
            "prepare": self.prepare,
            "prepare_anew": self.prepare_anew,
            "take_in_media": self.take_in_media,
            "expect": self.expect,
            "permit": self.permit,
            "permit_patient": self.permit_patient,
            "permit_hospital": self.permit_hospital,
            "tell_received": self.tell_received,
            "tell_in_progress": self.tell_in_progress,
            "tell_cancelled": self.tell_cancelled,
            "deliver": self.deliver,
            "close": self.close,
            "settle": self.settle,
            **self._keeping().steps(),
        }
        return {name: self._unless_erased(step) for name, step in steps.items()}

    def _unless_erased(self, step: Work) -> Work:
        """A step about a study that was erased in the meantime has nothing to do any more."""

        async def run(subject: str, cause: str) -> None:
            try:
                await step(subject, cause)
            except NotFound:
                if not await self._is_erased(subject):
                    raise

        return run

    async def _is_erased(self, subject: str) -> bool:
        try:
            study_id = UUID(subject)
        except ValueError:  # a hospital's id
            return False
        async with self.database.transaction() as db:
            return await removal.is_erased(db, study_id)

    def _keeping(self) -> Keeping:
        return Keeping(self.database, self.objects, self.jobs, self.clock, self.intake.folder)

    async def await_rest(self, study_id: str, cause: str) -> None:
        """Take a study as complete when a rule says so; else look again."""
        async with self.database.transaction() as db:
            again = await rest.come_to_rest(db, UUID(study_id), self.quiet, self.clock())
            if again is not None:
                await self.jobs.defer(db, "await_rest", study_id, cause=cause, at=again)

    async def answer_commitment(self, commitment_id: str, cause: str) -> None:
        """Answer for images where the listener that was asked to has not: it may have died."""
        asked = UUID(commitment_id)
        async with self.database.transaction() as db:
            found = await commitments.commitment(db, asked)
            at = found.asked_at + LISTENER_ANSWERS
            if found.told is Told.OWED and self.clock() < at:
                await self.jobs.defer(db, "answer_commitment", commitment_id, cause=cause, at=at)
        if found.told is Told.OWED and self.clock() >= at:
            await vouch(self.database, self.objects, asked, self.clock)
            await owe_answer(self.database, self.objects, asked, self.clock)

    async def tell_available(self, study_id: str, cause: str) -> None:
        """Tell who asked for it which images of a study can be retrieved here, and how soon."""
        async with self.database.transaction() as db:
            study = await archive.study(db, UUID(study_id))
            for parcel in await parcels.of_availability(db, study, self.ae_title, cause):
                await self._owe(db, parcel)

    async def forget(self, study_id: str, cause: str) -> None:
        """Keep nothing of what machines said of a study that was erased."""
        async with self.database.transaction() as db:
            await orders.forget_steps(db, UUID(study_id))
            await expectations.forget_expectations(db, UUID(study_id))

    async def recognise(self, study_id: str, cause: str) -> None:
        """Whose study is it, which order does it answer, what was done?"""
        async with self.database.transaction() as db:
            study = await archive.study(db, UUID(study_id))
            await _in_turn(db, study.hospital_id)
            order = await match.match_study(db, study, self.clock())
            await self._take_up(db, study, order)

    async def prepare(self, study_id: str, cause: str) -> None:
        """Write the metadata of its series down, for whoever opens it."""
        await prepare(self.database, self.objects, UUID(study_id), self.clock())

    async def prepare_anew(self, study_id: str, cause: str) -> None:
        """An image came back otherwise than it was: write the metadata down again."""
        await prepare(self.database, self.objects, UUID(study_id), self.clock(), anew=True)

    async def take_in_media(self, import_id: str, cause: str) -> None:
        """Take in what was brought on a medium; from where it stopped, if it was begun."""
        await run_import(self.database, self.objects, self.intake, self.clock, UUID(import_id))

    async def expect(self, order_id: str, cause: str) -> None:
        """An order came or changed: find the study that waited for it, or wait for one."""
        async with self.database.transaction() as db:
            order = await orders.order(db, UUID(order_id))
            await _in_turn(db, order.hospital_id)
            now = self.clock()
            for study_id in await match.match_order(db, order, now):
                await self._take_up(db, await archive.study(db, study_id), order)
            name = await name_procedure(
                db,
                hospital_id=order.hospital_id,
                local_code=order.procedure_code,
                local_text=order.procedure_text,
                modality=order.modality,
                body_part="",
                now=now,
            )
            subject = Subject(order.hospital_id, order.patient_id, order, None, name)
            await take_up.expect(db, subject, now)

    async def permit(self, study_id: str, cause: str) -> None:
        """Order, identity, agreement, consent: on offer, and to whom, or held back and why."""
        async with self.database.transaction() as db:
            study = await archive.study(db, UUID(study_id))
            await _in_turn(db, study.hospital_id)
            task = await tasks.task_of_study(db, study.id, Purpose.PRIMARY_READ)
            if task is None or task.patient_id is None:
                return
            now = self.clock()
            situation = offer.Situation(
                study=study,
                order=await orders.order_of_study(db, study.id),
                patient=await patients.patient(db, task.patient_id),
                agreements=await hospitals.agreements_of(db, [study.hospital_id], now),
                consent=(await consents.in_force(db, [task.patient_id], now)).get(task.patient_id),
            )
            await offer.offer(db, task, situation, now)

    async def permit_patient(self, patient_id: str, cause: str) -> None:
        """Her consent changed, or what is known of her: look again at all of hers that is open."""
        async with self.database.transaction() as db:
            for study_id in await tasks.open_studies(db, patient_id=UUID(patient_id)):
                await self.jobs.defer(db, "permit", str(study_id), cause=cause)

    async def permit_hospital(self, hospital_id: str, cause: str) -> None:
        """A hospital signed an agreement: look again at everything of it that is open."""
        async with self.database.transaction() as db:
            for study_id in await tasks.open_studies(db, hospital_id=hospital_id):
                await self.jobs.defer(db, "permit", str(study_id), cause=cause)

    async def tell_received(self, task_id: str, cause: str) -> None:
        """Tell the hospital that its study is here and on the list."""
        await self._tell(task_id, Status.RECEIVED, cause)

    async def tell_in_progress(self, task_id: str, cause: str) -> None:
        """Tell the hospital that somebody is reading its study."""
        await self._tell(task_id, Status.IN_PROGRESS, cause)

    async def tell_cancelled(self, task_id: str, cause: str) -> None:
        """Tell the hospital that its study will not be read."""
        await self._tell(task_id, Status.CANCELLED, cause)

    async def deliver(self, task_id: str, cause: str) -> None:
        """Owe the hospital each version of the report: text, measurements, annotations, status."""
        for bundle in await self._signed(UUID(task_id)):
            images = await parcels.source_images(self.database, self.objects, bundle)
            async with self.database.transaction() as db:
                owed = await parcels.of_report(db, bundle, images, self.names)
                final = bundle.status is ReportStatus.FINAL
                status = Status.FINAL if final else Status.PRELIMINARY
                owed += await self._status_parcels(
                    db, bundle.task_id, status, str(bundle.report_id)
                )
                for parcel in owed:
                    await self._owe(db, parcel)

    async def close(self, task_id: str, cause: str) -> None:
        """When the hospital has acknowledged everything, the task is delivered."""
        async with self.database.transaction() as db:
            task = await tasks.lock(db, UUID(task_id))
            if task.state is not TaskState.FINAL:
                return
            latest = (await reports.reports_of_task(db, task.id))[-1]
            if await deliveries.all_acknowledged(db, task.id, latest.report_id):
                await transition.move(db, task, Move.DELIVER, self.clock(), actor=None)

    async def settle(self, task_id: str, cause: str) -> None:
        """Book what the hospital owes for the final report."""
        for bundle in await self._signed(UUID(task_id)):
            if bundle.status is ReportStatus.FINAL:
                async with self.database.transaction() as db:
                    task = await tasks.task(db, UUID(task_id))
                    await book(db, bundle, task, self.clock())

    async def _take_up(self, db: Connection, study: Study, order: Order | None) -> None:
        """Know the person and the procedure of a study, and have one task for it."""
        now = self.clock()
        patient = await recognise_patient(db, **await _identity(db, study), now=now)
        if study.patient_number not in {"", patient.number}:  # a number that was merged
            await adopt(db, study, patient, now)
            study = await archive.study(db, study.id)
        name = await name_procedure(
            db,
            hospital_id=study.hospital_id,
            local_code=order.procedure_code if order else "",
            local_text=order.procedure_text if order else study.description,
            modality=study.modalities[0] if study.modalities else "",
            body_part=study.body_part,
            now=now,
        )
        subject = Subject(study.hospital_id, patient.id, order, study, name)
        await take_up.take_up(db, subject, now)
        await events.append(
            db,
            STUDY_RECOGNISED,
            study.id,
            hospital_id=study.hospital_id,
            facts={"order_id": str(order.id) if order else None, "procedure": name.code},
        )

    async def _tell(self, task_id: str, status: Status, cause: str) -> None:
        async with self.database.transaction() as db:
            for parcel in await self._status_parcels(db, UUID(task_id), status, cause):
                await self._owe(db, parcel)

    async def _status_parcels(
        self, db: Connection, task_id: UUID, status: Status, cause: str
    ) -> list[Parcel]:
        task = await tasks.task(db, task_id)
        if task.order_id is None:
            return []  # nobody asked for this, so nobody's order changes
        return await parcels.of_status(db, task, status, cause, self.names, self.clock())

    async def _owe(self, db: Connection, parcel: Parcel) -> None:
        await owe(
            db,
            self.objects,
            endpoint=parcel.endpoint,
            kind=parcel.kind,
            message_id=parcel.message_id,
            label=parcel.label,
            content=parcel.content,
            task_id=parcel.task_id,
            report_id=parcel.report_id,
            now=self.clock(),
        )

    async def _signed(self, task_id: UUID) -> list[ReportBundle]:
        async with self.database.transaction() as db:
            return await reports.reports_of_task(db, task_id)


async def _in_turn(db: Connection, hospital_id: str) -> None:
    """One step at a time looks up what belongs together at one hospital.

    Order and images of one study may come in the same instant; two steps that each look for the
    other's would make two tasks.
    """
    await db.execute(
        "select pg_advisory_xact_lock(hashtextextended('journey/' || %s, 0))", (hospital_id,)
    )


async def _identity(db: Connection, study: Study) -> Identity:
    """Who the images say she is, where the hospital's own messages have not said it already.

    Messages of the registry (ORM, ADT) are nearer to the truth than what was typed at a scanner; a
    difference is not overwritten but shown, and holds the study back (`worklist.offer.mismatch`).
    """
    known = await patients.found(
        db, patient_id(study.hospital_id, study.issuer, study.patient_number)
    )
    return Identity(
        hospital_id=study.hospital_id,
        issuer=study.issuer,
        number=study.patient_number,
        bsn=None,
        name="" if known and known.name else study.patient_name,
        birth_date=None if known and known.birth_date else study.birth_date,
        sex="" if known and known.sex else study.sex,
    )
