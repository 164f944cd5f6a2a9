"""Modality Worklist: what a hospital's machines are to make (PS3.4 Annex K), from its orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import structlog
from pydicom import Dataset
from pynetdicom import evt

from crossread.archive.read import day
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.matching import as_asked, fits, name_characters, texts, within
from crossread.hospitals.model import Endpoint, Urgency
from crossread.orders import store
from crossread.orders.model import Order
from crossread.patients.model import Patient
from crossread.platform.clock import LOCAL

if TYPE_CHECKING:
    from crossread.gateways.dicom.listener import Desk

PENDING, CANCELLED, UNABLE, WRONG_IDENTIFIER = 0xFF00, 0xFE00, 0xC000, 0xA900
LOOKED_AT_MOST = 5000  # orders
MEANINGS: dict[int, str] = {
    PENDING: "one scheduled procedure step; keys that we do not know are empty",
    0x0000: "no more",
    CANCELLED: "cancelled by C-CANCEL",
    WRONG_IDENTIFIER: "Scheduled Procedure Step Sequence has more than one item",
    UNABLE: "the worklist cannot be answered now",
}
PRIORITY = {  # Requested Procedure Priority (PS3.3 C.4.11)
    Urgency.STROKE: "STAT",
    Urgency.ACUTE: "STAT",
    Urgency.URGENT: "HIGH",
    Urgency.ROUTINE: "ROUTINE",
}
_UNKNOWN_MODALITY = "OT"

log = structlog.get_logger(__name__)


def handler(desk: Desk) -> Callable[[evt.Event], Iterator[tuple[int, Dataset | None]]]:
    """The answers to each C-FIND-RQ of the Modality Worklist SOP class."""

    def find(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        try:
            caller = desk.caller(event)
            asked = event.identifier
            if len(asked.get("ScheduledProcedureStepSequence") or ()) > 1:
                yield WRONG_IDENTIFIER, None
                return
            entries = desk.ask(worklist(desk, caller, asked))
        except Exception as error:
            log.error("worklist.failed", **fault(error))
            yield UNABLE, None
            return
        for entry in entries:
            if event.is_cancelled:
                yield CANCELLED, None
                return
            yield PENDING, name_characters(as_asked(asked, entry), asked)

    return find


async def worklist(desk: Desk, caller: Endpoint, asked: Dataset) -> list[Dataset]:
    """The caller's own scheduled steps that fit, soonest first; that it asked is written down."""
    step = _step(asked)
    window = Window.of(step)
    async with desk.database.transaction() as db:
        orders = await store.to_do(
            db, caller.hospital_id, since=window.since, until=window.until, limit=LOOKED_AT_MOST
        )
        made = [scheduled(order, patient, step, caller) for order, patient in orders]
        found = [entry for entry in made if fits_worklist(asked, entry)]
        await record(
            db,
            Entry(
                action="query",
                purpose="own_file",
                subject_kind="worklist",
                subject_id=caller.hospital_id,
                allowed=True,
                reader_hospital_id=caller.hospital_id,
                hospital_id=caller.hospital_id,
                facts={"rows": len(found), "calling": caller.application},
            ),
        )
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when, as far as the start dates that are asked for say it."""

    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def of(cls, step: Dataset) -> Window:
        """The whole days that the range of start dates spans, in the hospital's time."""
        key = "".join(texts(step.get("ScheduledProcedureStepStartDate"))[:1])
        first, dash, last = key.partition("-")
        start = day(first)
        end = day(last) if dash else start
        return cls(_midnight(start), _midnight(end, after=timedelta(days=1)))


def _midnight(on: date | None, after: timedelta = timedelta(0)) -> datetime | None:
    if on is None:
        return None
    try:
        return datetime.combine(on + after, time(), tzinfo=LOCAL).astimezone(UTC)
    except OverflowError:  # the year 9999 has no next
        return None


def fits_worklist(asked: Dataset, entry: Dataset) -> bool:
    """Matching (K.2.2.2); a range of dates with a range of times is one range of moments."""
    step, found = _step(asked), entry.ScheduledProcedureStepSequence[0]
    on, at = (
        "".join(texts(step.get(f"ScheduledProcedureStepStart{part}"))[:1])
        for part in ("Date", "Time")
    )
    if "-" not in on or "-" not in at:
        return fits(asked, entry)
    rest = deepcopy(asked)
    for part in ("Date", "Time"):
        del rest.ScheduledProcedureStepSequence[0][f"ScheduledProcedureStepStart{part}"]
    return _in_range(on, at, found) and fits(rest, entry)


def _in_range(on: str, at: str, found: Dataset) -> bool:
    """Whether a step starts within `19950705-19950707` `1000-1800`: three days, not thrice 8 h."""
    first, _, last = on.partition("-")
    begin, _, end = at.partition("-")
    day_of, time_of = found.ScheduledProcedureStepStartDate, found.ScheduledProcedureStepStartTime
    if not within("DA", on, day_of):
        return False
    early = day_of == first.strip() and not within("TM", f"{begin}-", time_of)
    late = day_of == last.strip() and not within("TM", f"-{end}", time_of)
    return not early and not late


def scheduled(order: Order, patient: Patient, step: Dataset, caller: Endpoint) -> Dataset:
    """An order as an entry of the worklist (K.6.1.2.2).

    What nobody said of the machine is as the asker has it: an order without a station is for any
    machine, and the one that asks takes it.
    """
    at = (order.scheduled_at or order.requested_at or order.received_at).astimezone(LOCAL)
    entry = Dataset()
    entry.ScheduledProcedureStepSequence = [_scheduled_step(order, at, step, caller)]
    entry.RequestedProcedureID = order.requested_procedure_id or order.accession_number[:16]
    entry.RequestedProcedureDescription = order.procedure_text[:64]
    entry.RequestedProcedureCodeSequence = _code(order)
    entry.StudyInstanceUID = order.study_uid
    entry.ReferencedStudySequence = []
    entry.RequestedProcedurePriority = PRIORITY[order.urgency]
    entry.PatientTransportArrangements = ""
    entry.ReasonForTheRequestedProcedure = " ".join(order.question.split())[:64]
    entry.RequestedProcedureComments = order.question
    entry.AccessionNumber = order.accession_number
    entry.RequestingPhysician = order.referrer
    entry.ReferringPhysicianName = order.referrer
    entry.PlacerOrderNumberImagingServiceRequest = order.placer_number
    entry.FillerOrderNumberImagingServiceRequest = order.filler_number
    entry.AdmissionID = entry.CurrentPatientLocation = ""
    entry.ReferencedPatientSequence = []
    _identify(entry, patient)
    return entry


def _scheduled_step(order: Order, at: datetime, asked: Dataset, caller: Endpoint) -> Dataset:
    station = _plain(asked, "ScheduledStationAETitle")
    step = Dataset()
    step.ScheduledStationAETitle = order.station or station or caller.application
    step.ScheduledProcedureStepStartDate = f"{at:%Y%m%d}"
    step.ScheduledProcedureStepStartTime = f"{at:%H%M%S}"
    step.Modality = order.modality or _plain(asked, "Modality") or _UNKNOWN_MODALITY
    step.ScheduledPerformingPhysicianName = ""
    step.ScheduledProcedureStepDescription = order.procedure_text[:64]
    step.ScheduledStationName = step.ScheduledProcedureStepLocation = ""
    step.ScheduledProtocolCodeSequence = _code(order)
    step.PreMedication = step.RequestedContrastAgent = ""
    step.ScheduledProcedureStepID = order.scheduled_step_id or order.accession_number[:16]
    step.ScheduledProcedureStepStatus = "SCHEDULED"
    return step


def _identify(entry: Dataset, patient: Patient) -> None:
    entry.PatientName, entry.PatientID = patient.name, patient.number
    entry.IssuerOfPatientID = patient.issuer
    entry.PatientBirthDate = f"{patient.birth_date:%Y%m%d}" if patient.birth_date else ""
    entry.PatientSex = patient.sex
    entry.PatientWeight = entry.PregnancyStatus = None
    entry.ConfidentialityConstraintOnPatientDataDescription = entry.PatientState = ""
    entry.MedicalAlerts = entry.Allergies = entry.SpecialNeeds = ""


def _code(order: Order) -> list[Dataset]:
    """The procedure as a code, where it has one that a data set can hold (PS3.3 8.8)."""
    if not 0 < len(order.procedure_code) <= 16:
        return []
    code = Dataset()
    code.CodeValue = order.procedure_code
    code.CodingSchemeDesignator = (order.procedure_system or "L")[:16]
    code.CodeMeaning = (order.procedure_text or order.procedure_code)[:64]
    return [code]


def _step(asked: Dataset) -> Dataset:
    """The one item of Scheduled Procedure Step Sequence; without, one that asks for nothing."""
    items = asked.get("ScheduledProcedureStepSequence")
    return items[0] if items else Dataset()


def _plain(asked: Dataset, keyword: str) -> str:
    """The value that is asked for, where it is one value and no pattern."""
    found = texts(asked.get(keyword))
    return found[0] if len(found) == 1 and not set("*?") & set(found[0]) else ""
