"""Orders (FHIR ServiceRequest; ORM^O01, OMI^O23) and how studies are matched to them."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.hospitals.model import Urgency


class OrderState(StrEnum):
    """Where an order stands, as far as we are concerned."""

    PLACED = "placed"  # asked, no images matched yet
    ANSWERED = "answered"  # a study was matched to it
    CANCELLED = "cancelled"


class OrderEvent(StrEnum):
    """What this room announces; the subject is the order's id."""

    PLACED = "order.placed"
    CHANGED = "order.changed"
    CANCELLED = "order.cancelled"
    MATCHED = "order.matched"  # facts: study_id, rule


class MatchRule(StrEnum):
    """How we know that a study answers an order, surest first."""

    STUDY_INSTANCE_UID = "study_instance_uid"
    ACCESSION_NUMBER = "accession_number"


class Control(StrEnum):
    """What an order message wants done (HL7 table 0119)."""

    PLACE = "place"  # NW, SN
    CHANGE = "change"  # XO, SC
    CANCEL = "cancel"  # CA, DC, OC


@dataclass(frozen=True, slots=True)
class OrderedPatient:
    """The patient as the order names her."""

    number: str
    issuer: str  # namespace; empty: the hospital's own
    bsn: str | None
    name: str  # DICOM PN form
    birth_date: date | None
    sex: str


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """One order as one message tells it; what a gateway makes of ORM or OMI."""

    hospital_id: str
    control_id: str  # MSH-10
    control: Control
    patient: OrderedPatient
    accession_number: str
    placer_number: str
    filler_number: str
    study_instance_uid: str
    procedure_code: str
    procedure_text: str
    procedure_system: str
    modality: str
    urgency: Urgency | None  # None: the message does not say
    question: str
    referrer: str
    requested_at: datetime | None
    scheduled_at: datetime | None = None
    station: str = ""
    requested_procedure_id: str = ""
    scheduled_step_id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it stands now."""

    id: UUID
    hospital_id: str
    accession_number: str
    placer_number: str
    filler_number: str
    patient_id: UUID
    study_instance_uid: str
    procedure_code: str
    procedure_text: str
    procedure_system: str
    modality: str
    urgency: Urgency
    question: str
    referrer: str
    state: OrderState
    requested_at: datetime | None
    received_at: datetime
    revision: int
    scheduled_at: datetime | None = None  # when it is to be done; None: nobody said
    station: str = ""  # AE title of the machine; empty: any
    requested_procedure_id: str = ""
    scheduled_step_id: str = ""

    @property
    def study_uid(self) -> str:
        """The UID that the study is to have: as ordered, else one that is always the same."""
        return self.study_instance_uid or f"2.25.{self.id.int}"


def order_id(hospital_id: str, accession_number: str) -> UUID:
    """The same accession number of the same hospital is the same order."""
    return uuid5(NAMESPACE_OID, f"crossread/order/{hospital_id}/{accession_number}")
