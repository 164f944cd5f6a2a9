"""A made-up region: three hospitals, the people they know, and the studies of one day.

Nobody here exists. Citizen numbers (BSN) lie in the range that starts with 9999 and is never given
out; object identifiers lie under 2.999, which is for examples (ITU-T X.660).
"""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Urgency(StrEnum):
    """How soon an answer is needed, as the one who asks sees it."""

    STROKE = "stroke"
    ACUTE = "acute"
    URGENT = "urgent"
    ROUTINE = "routine"


@dataclass(frozen=True, slots=True)
class MadeUpHospital:
    """One hospital and how its systems name themselves."""

    id: str
    name: str
    oid: str  # root for all it names
    ura: str
    agb: str
    pacs_ae_title: str
    ris_application: str  # MSH-3 of what it sends
    ris_facility: str  # MSH-4
    patient_namespace: str  # who gives out its patient numbers
    accession_namespace: str
    procedure_system: str  # coding system of its local procedure codes
    order_message: str  # 'ORM^O01' or 'OMI^O23'
    announces_study_uid: bool  # whether an order already names the Study Instance UID
    hl7_characters: str  # MSH-18
    dicom_characters: str  # Specific Character Set
    accession_pattern: str  # with {number}, a number of six digits

    @property
    def patient_oid(self) -> str:
        """The universal id of its patient numbers."""
        return f"{self.oid}.1"

    @property
    def accession_oid(self) -> str:
        """The universal id of its accession numbers."""
        return f"{self.oid}.2"


@dataclass(frozen=True, slots=True)
class MadeUpPerson:
    """Somebody, with her number in each hospital that knows her."""

    key: str
    bsn: str
    family_name: str
    given_name: str
    initials: str
    birth_date: date
    sex: str  # M or F
    numbers: tuple[tuple[str, str], ...]  # hospital id, patient number
    anatomy: int  # seed: the same person has the same skull

    def number_at(self, hospital_id: str) -> str:
        """Her patient number there; KeyError where she is not known."""
        return dict(self.numbers)[hospital_id]


@dataclass(frozen=True, slots=True)
class PlannedStudy:
    """A study that a hospital will order, make and send."""

    key: str
    hospital_id: str
    person_key: str
    modality: str
    description: str  # as this hospital calls it
    code: str  # in its own system
    body_part: str  # Body Part Examined (PS3.16 Annex L)
    urgency: Urgency
    referrer: tuple[str, str, str]  # AGB code, family name, given name or initials
    department: str
    patient_class: str  # PV1-2: E emergency, I inpatient, O outpatient
    question: str
    acquired_before: timedelta  # how long before the demo starts
    lesion: bool = False


@dataclass(frozen=True, slots=True)
class DemoUser:
    """Somebody who can sign in to the demo; the password is hers for the demo only."""

    username: str
    name: str
    hospital_id: str
    roles: tuple[str, ...]
    subspecialties: tuple[str, ...] = ()


NOORD = MadeUpHospital(
    id="noord",
    name="Ziekenhuis Noord",
    oid="2.999.528.1",
    ura="90000101",
    agb="06990101",
    pacs_ae_title="NOORD_PACS",
    ris_application="NOORD_RIS",
    ris_facility="ZH_NOORD",
    patient_namespace="NOORD",
    accession_namespace="NOORD_ACC",
    procedure_system="99NOORD",
    order_message="ORM^O01",
    announces_study_uid=True,
    hl7_characters="8859/1",
    dicom_characters="ISO_IR 100",
    accession_pattern="N26-{number:06d}",
)
MIDDEN = MadeUpHospital(
    id="midden",
    name="Medisch Centrum Midden",
    oid="2.999.528.2",
    ura="90000102",
    agb="06990102",
    pacs_ae_title="MIDDEN_PACS",
    ris_application="MIDDEN_EPD",
    ris_facility="MC_MIDDEN",
    patient_namespace="MCM",
    accession_namespace="MCM_RAD",
    procedure_system="99MCM",
    order_message="ORM^O01",
    announces_study_uid=False,
    hl7_characters="UNICODE UTF-8",
    dicom_characters="ISO_IR 192",
    accession_pattern="26.{number:06d}.R",
)
ZUID = MadeUpHospital(
    id="zuid",
    name="Streekziekenhuis Zuid",
    oid="2.999.528.3",
    ura="90000103",
    agb="06990103",
    pacs_ae_title="ZUID_PACS",
    ris_application="ZUID_RIS",
    ris_facility="SZ_ZUID",
    patient_namespace="SZZ",
    accession_namespace="SZZ_ACC",
    procedure_system="99SZZ",
    order_message="OMI^O23",
    announces_study_uid=True,
    hl7_characters="8859/1",
    dicom_characters="ISO_IR 100",
    accession_pattern="ZUID{number:06d}",
)
HOSPITALS = (NOORD, MIDDEN, ZUID)

PEOPLE = (
    MadeUpPerson(
        key="joelle",
        bsn="999948490",
        family_name="Geërts-van den Bosch",
        given_name="Joëlle",
        initials="M",
        birth_date=date(1951, 3, 14),
        sex="F",
        numbers=(("noord", "0412873"), ("midden", "M-88310427"), ("zuid", "Z190274")),
        anatomy=7,
    ),
    MadeUpPerson(
        key="kerem",
        bsn="999983763",
        family_name="Özdemir",
        given_name="Kerem",
        initials="A",
        birth_date=date(1968, 11, 2),
        sex="M",
        numbers=(("midden", "M-90217745"),),
        anatomy=5,
    ),
    MadeUpPerson(
        key="saskia",
        bsn="999917821",
        family_name="Brouwer-de Hoog",
        given_name="Saskia",
        initials="T",
        birth_date=date(1984, 7, 23),
        sex="F",
        numbers=(("zuid", "Z204416"),),
        anatomy=11,
    ),
    MadeUpPerson(
        key="willem",
        bsn="999933814",
        family_name="van der Küijl",
        given_name="Willem",
        initials="J",
        birth_date=date(1946, 1, 30),
        sex="M",
        numbers=(("noord", "0398114"), ("midden", "M-87112093"), ("zuid", "Z177305")),
        anatomy=23,
    ),
)

STUDIES = (
    PlannedStudy(
        key="ct-head",
        hospital_id="noord",
        person_key="joelle",
        modality="CT",
        description="CT schedel blanco",
        code="CTSCH01",
        body_part="HEAD",
        urgency=Urgency.STROKE,
        referrer=("01990117", "Hoekstra", "B."),
        department="SEH",
        patient_class="E",
        question=(
            "Sinds 45 minuten parese links en dysartrie, RR 198/104. Geen antistolling bekend. "
            "Bloeding? Ischemie?"
        ),
        acquired_before=timedelta(minutes=12),
        lesion=True,
    ),
    PlannedStudy(
        key="chest",
        hospital_id="midden",
        person_key="kerem",
        modality="DX",
        description="X-thorax PA en lateraal",
        code="RX-THX-2R",
        body_part="CHEST",
        urgency=Urgency.URGENT,
        referrer=("01990244", "Núñez", "C."),
        department="Longgeneeskunde",
        patient_class="O",
        question="Sinds twee weken hoesten en koorts. Infiltraat?",
        acquired_before=timedelta(minutes=55),
    ),
    PlannedStudy(
        key="mr-brain",
        hospital_id="zuid",
        person_key="saskia",
        modality="MR",
        description="MRI hersenen zonder contrast",
        code="M1204",
        body_part="BRAIN",
        urgency=Urgency.ROUTINE,
        referrer=("01990358", "Dijkman", "R."),
        department="Neurologie",
        patient_class="O",
        question="Toenemende hoofdpijn, normaal neurologisch onderzoek. Afwijkingen intracranieel?",
        acquired_before=timedelta(hours=3, minutes=20),
    ),
    PlannedStudy(
        key="ct-head-prior",
        hospital_id="midden",
        person_key="joelle",
        modality="CT",
        description="CT Hersenen z.c.",
        code="CT-CER-ZC",
        body_part="HEAD",
        urgency=Urgency.ROUTINE,
        referrer=("01990251", "van Aalst", "P."),
        department="Geriatrie",
        patient_class="O",
        question="Geheugenklachten. Atrofie? Vasculaire schade?",
        acquired_before=timedelta(days=425, hours=2),
    ),
)

STAFF = (
    DemoUser("anna", "dr. Anna Terpstra (demo)", "noord", ("radiologist",), ("neuro",)),
    DemoUser("bram", "dr. Bram Oosterhuis (demo)", "midden", ("radiologist",), ("neuro", "chest")),
    DemoUser("carlijn", "drs. Carlijn Smit (demo)", "midden", ("resident",)),
    DemoUser("dewi", "dr. Dewi Lesmana (demo)", "zuid", ("radiologist",), ("chest", "abdomen")),
    DemoUser("erik", "Erik Postma (demo)", "noord", ("pacs_administrator",)),
    DemoUser("fatima", "Fatima el Idrissi (demo)", "midden", ("pacs_administrator",)),
    DemoUser("hugo", "Hugo Wolters (demo)", "zuid", ("pacs_administrator",)),
    DemoUser("greet", "mr. Greet Vonk (demo)", "noord", ("privacy_officer",)),
    DemoUser("ilse", "mr. Ilse Brandt (demo)", "midden", ("privacy_officer",)),
    DemoUser("jan", "Jan Kooistra (demo)", "zuid", ("planner",)),
)

_MAKERS = {
    "CT": ("Voorbeeld Medical", "Demo CT 64", "CT1"),
    "DX": ("Voorbeeld Medical", "Demo DR Wand", "BUCKY2"),
    "MR": ("Voorbeeld Medical", "Demo MR 1.5T", "MR1"),
}


def hospital(hospital_id: str) -> MadeUpHospital:
    """The hospital of that id; KeyError when there is none."""
    return {one.id: one for one in HOSPITALS}[hospital_id]


def person(key: str) -> MadeUpPerson:
    """The person of that key; KeyError when there is none."""
    return {one.key: one for one in PEOPLE}[key]


def planned(key: str) -> PlannedStudy:
    """The planned study of that key; KeyError when there is none."""
    return {one.key: one for one in STUDIES}[key]


def machine(modality: str) -> tuple[str, str, str]:
    """Manufacturer, model and station name of the machine that makes such images."""
    return _MAKERS[modality]


def accession_number(hospital_id: str, key: str, salt: str = "") -> str:
    """The accession number of a study: the same for the same key and salt."""
    digest = hashlib.sha256(f"{hospital_id}/{key}/{salt}".encode()).digest()
    number = int.from_bytes(digest[:8]) % 1_000_000
    return hospital(hospital_id).accession_pattern.format(number=number)


def passes_eleven_test(bsn: str) -> bool:
    """Whether nine digits satisfy the eleven-test for citizen numbers."""
    if len(bsn) != 9 or not bsn.isdigit():
        return False
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * int(d) for w, d in zip(weights, bsn, strict=True)) % 11 == 0
