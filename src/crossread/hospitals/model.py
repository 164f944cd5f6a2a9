"""Hospitals, endpoints, readers and agreements."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from uuid import UUID

from crossread.platform.errors import Refused


class Purpose(StrEnum):
    """Why a study is read (IHE XRR-WD; UPS Scheduled Workitem Code)."""

    PRIMARY_READ = "primary_read"
    SECOND_OPINION = "second_opinion"
    ACUTE_CO_READ = "acute_co_read"
    SUPERVISION = "supervision"
    MDO_REVIEW = "mdo_review"


class Form(StrEnum):
    """In which form a study may be seen (PS3.15 Annex E for the latter two)."""

    IDENTIFIED = "identified"
    PSEUDONYMISED = "pseudonymised"
    ANONYMOUS = "anonymous"


class Urgency(StrEnum):
    """How long reading may wait, most urgent first."""

    STROKE = "stroke"
    ACUTE = "acute"
    URGENT = "urgent"
    ROUTINE = "routine"

    @property
    def rank(self) -> int:
        """0 is read first."""
        return list(Urgency).index(self)


class Role(StrEnum):
    """What somebody does at her hospital; one person may have several roles."""

    RADIOLOGIST = "radiologist"
    RESIDENT = "resident"
    PACS_ADMINISTRATOR = "pacs_administrator"
    PRIVACY_OFFICER = "privacy_officer"
    PLANNER = "planner"


class Keeping(StrEnum):
    """How images are kept under an agreement."""

    ARCHIVE = "archive"  # for good, or for the years of their hospital
    CACHE = "cache"  # until the report is home and some days more; their hospital keeps them


class AgreementEvent(StrEnum):
    """What is announced of agreements; the subject is the source hospital's id."""

    SIGNED = "agreement.signed"  # facts: agreement_id, version


class EndpointKind(StrEnum):
    """What stands at an address."""

    PACS = "pacs"  # DICOM: host, port, AE title
    RIS = "ris"  # HL7 v2 over MLLP: host, port, receiving application and facility
    WEB = "web"  # DICOMweb: the URL of its root, and perhaps a key
    MACHINE = "machine"  # DICOM: a scanner or workstation, which is sent only what it asks for


# what may call our DICOM listener, and be sent images by C-MOVE
DICOM_KINDS = (EndpointKind.PACS, EndpointKind.MACHINE)


class Wish(StrEnum):
    """What an endpoint asks to be told of, beside what it is owed anyway."""

    AVAILABILITY = "availability"  # that images can be retrieved (PS3.4 Annex R)


class Stranger(StrEnum):
    """Why a system that calls is not taken for the one it says it is."""

    TITLE = "title"  # nobody has this name
    ADDRESS = "address"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Certificate:
    """By what a certificate is known."""

    fingerprint: str  # SHA-256 of its DER form, lower case hexadecimal
    subject: str  # RFC 4514


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of a connection, as far as nobody can make it up."""

    address: str
    certificate: Certificate | None = None  # verified; None: no TLS, or none was asked for


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address of a hospital at which something can be delivered or asked."""

    id: str  # "noord/pacs"
    hospital_id: str
    kind: EndpointKind
    host: str
    port: int
    application: str  # AE title, or HL7 application
    facility: str = ""
    active: bool = True
    tls: bool = False  # it is reached over TLS
    networks: tuple[str, ...] = ()  # whence it may call (CIDR); none: from its own host
    certificates: tuple[str, ...] = ()  # with which it may call: fingerprints or subjects
    url: str = ""  # of a DICOMweb root
    key: str = field(default="", repr=False)  # that it gave us, sent as a bearer token

    def refuses(self, peer: Peer, own_addresses: Set[str]) -> Stranger | None:
        """Why this peer is not this endpoint; None when it may be.

        With certificates named, one of them is needed, and suffices where no networks are named.
        """
        if self.certificates:
            shown = peer.certificate
            if shown is None or not {shown.fingerprint, shown.subject} & set(self.certificates):
                return Stranger.CERTIFICATE
            if not self.networks:
                return None
        return None if self._is_near(peer.address, own_addresses) else Stranger.ADDRESS

    def _is_near(self, text: str, own_addresses: Set[str]) -> bool:
        calls_from = address(text)
        if calls_from is None:
            return False
        if self.networks:
            return any(calls_from in ip_network(one, strict=False) for one in self.networks)
        own = {address(one) for one in own_addresses}
        ours = calls_from.is_loopback and any(one and one.is_loopback for one in own)
        return ours or calls_from in own


def address(text: str) -> IPv4Address | IPv6Address | None:
    """An IP address, an IPv4 one that came over IPv6 as what it is; None for a name."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


class Right(StrEnum):
    """What a key lets a hospital's own system do with the hospital's own file."""

    READ = "read"
    STORE = "store"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; the key itself is only with the hospital's system."""

    id: str  # what it is called when it is listed or revoked
    hospital_id: str
    label: str  # what it is for
    rights: frozenset[Right]
    made_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hospital:
    """An organisation that takes part (FHIR Organization)."""

    id: str  # short name, used as key everywhere: "noord"
    name: str
    ura: str = ""
    agb: str = ""
    oid_root: str = ""
    patient_issuers: tuple[str, ...] = ()  # namespaces; the first is used when none was sent


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody with a sign-in (FHIR PractitionerRole): most are radiologists, not all."""

    id: UUID
    hospital_id: str
    username: str
    name: str
    roles: frozenset[Role]
    subspecialties: frozenset[str] = frozenset()

    @property
    def may_report(self) -> bool:
        """Whether she may claim and write."""
        return bool(self.roles & {Role.RADIOLOGIST, Role.RESIDENT})

    @property
    def may_sign_final(self) -> bool:
        """A resident's report stays preliminary until a radiologist signs."""
        return Role.RADIOLOGIST in self.roles


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a source hospital and those that read for it agreed, one version of it."""

    id: str
    version: int
    source_hospital_id: str
    reading_hospital_ids: tuple[str, ...]
    purposes: frozenset[Purpose]
    modalities: frozenset[str]  # empty: all
    form: Form
    minutes_by_urgency: Mapping[Urgency, int]
    tariff_cents: int
    starts_at: datetime
    ends_at: datetime | None = None
    needs_consent: bool = True
    keeping: Keeping = Keeping.ARCHIVE
    cache_days: int = 14  # that a cached study stays when its report is home

    def covers(self, *, purpose: Purpose, modality: str, at: datetime) -> bool:
        """Whether this kind of reading is agreed at that moment."""
        in_force = self.starts_at <= at and (self.ends_at is None or at < self.ends_at)
        named = not self.modalities or modality in self.modalities
        return in_force and named and purpose in self.purposes

    def due(self, urgency: Urgency, offered_at: datetime) -> datetime:
        """When a task of this urgency, offered then, is to be read."""
        return offered_at + timedelta(minutes=self.minutes_by_urgency[urgency])


@dataclass(frozen=True, slots=True)
class NewReader:
    """What must be known to add somebody."""

    hospital_id: str
    username: str
    name: str
    roles: frozenset[Role]
    subspecialties: frozenset[str] = field(default_factory=frozenset)
    password: str | None = None


class UnknownSender(Refused):
    """Nobody of the hospitals that take part calls from there."""
