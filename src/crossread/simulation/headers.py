"""What every instance of a study says besides its image: whose, why, when and by what machine."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

from crossread.simulation import region
from crossread.simulation.region import MadeUpHospital, MadeUpPerson, PlannedStudy

IMPLEMENTATION_UID = "2.25.186293446218476023411950721184273340801"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One study as it takes place: what, when, and in which run of the demo."""

    plan: PlannedStudy
    acquired_at: datetime  # with the hospital's own zone
    salt: str = ""
    given_study_uid: str = ""  # where the study was not made here but brought along

    @property
    def hospital(self) -> MadeUpHospital:
        """Where."""
        return region.hospital(self.plan.hospital_id)

    @property
    def person(self) -> MadeUpPerson:
        """Of whom."""
        return region.person(self.plan.person_key)

    @property
    def accession_number(self) -> str:
        """The hospital's number for it."""
        return region.accession_number(self.plan.hospital_id, self.plan.key, self.salt)

    @property
    def study_instance_uid(self) -> str:
        """The study's UID; every other UID of it is derived alike."""
        return self.given_study_uid or self.uid("study")

    def uid(self, *parts: object) -> str:
        """A UID under 2.25 (PS3.5 B.2) that is the same for the same parts."""
        name = "/".join(map(str, ("crossread-demo", self.salt, self.plan.key, *parts)))
        return f"2.25.{uuid5(NAMESPACE_OID, name).int}"


@dataclass(frozen=True, slots=True)
class Series:
    """One series of a study while it is being made."""

    occasion: Occasion
    number: int
    description: str
    protocol: str
    plan: PlannedStudy

    def instance(self, sop_class: str, number: int, late: timedelta) -> FileDataset:
        """An instance without its image: patient, study, series and equipment."""
        occasion = self.occasion
        uid = occasion.uid("series", self.number, "instance", number)
        ds = _empty_file(sop_class, uid)
        _describe_patient(ds, occasion)
        _describe_study(ds, occasion)
        moment = occasion.acquired_at + late
        ds.SOPClassUID = sop_class
        ds.SOPInstanceUID = uid
        ds.Modality = self.plan.modality
        ds.SeriesInstanceUID = occasion.uid("series", self.number)
        ds.SeriesNumber = self.number
        ds.SeriesDescription = self.description
        ds.ProtocolName = self.protocol
        ds.BodyPartExamined = self.plan.body_part
        ds.SeriesDate = ds.StudyDate
        ds.SeriesTime = _tm(occasion.acquired_at + timedelta(seconds=20))
        ds.AcquisitionDate = ds.ContentDate = ds.InstanceCreationDate = _da(moment)
        ds.AcquisitionTime = ds.ContentTime = ds.InstanceCreationTime = _tm(moment)
        ds.InstanceNumber = number
        ds.RequestAttributesSequence = Sequence([_request(occasion)])
        _describe_equipment(ds, occasion)
        return ds


def _describe_patient(ds: Dataset, occasion: Occasion) -> None:
    readdress(ds, occasion)
    born = occasion.person.birth_date
    ds.PatientAge = f"{_age(born, occasion.acquired_at.date()):03d}Y"


def readdress(ds: Dataset, occasion: Occasion) -> None:
    """Write on a dataset whose it is and which order it answers; nothing else is touched."""
    hospital, person = occasion.hospital, occasion.person
    ds.PatientName = "^".join((person.family_name, person.given_name, person.initials))
    ds.PatientID = person.number_at(hospital.id)
    ds.IssuerOfPatientID = hospital.patient_namespace
    ds.IssuerOfPatientIDQualifiersSequence = Sequence([_universal(hospital.patient_oid)])
    ds.PatientBirthDate = person.birth_date.strftime("%Y%m%d")
    ds.PatientSex = person.sex
    ds.AccessionNumber = occasion.accession_number
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = hospital.accession_namespace
    issuer.UniversalEntityID = hospital.accession_oid
    issuer.UniversalEntityIDType = "ISO"
    ds.IssuerOfAccessionNumberSequence = Sequence([issuer])


def _describe_study(ds: Dataset, occasion: Occasion) -> None:
    plan, at = occasion.plan, occasion.acquired_at
    ds.SpecificCharacterSet = occasion.hospital.dicom_characters
    ds.TimezoneOffsetFromUTC = at.strftime("%z") or "+0000"
    ds.StudyInstanceUID = occasion.study_instance_uid
    ds.StudyID = occasion.accession_number[-6:]
    ds.StudyDate = _da(at)
    ds.StudyTime = _tm(at)
    ds.StudyDescription = plan.description
    ds.ProcedureCodeSequence = Sequence(
        [code(plan.code, occasion.hospital.procedure_system, plan.description)]
    )
    ds.ReferringPhysicianName = "^".join(plan.referrer[1:])


def _request(occasion: Occasion) -> Dataset:
    plan = occasion.plan
    item = Dataset()
    item.AccessionNumber = occasion.accession_number
    item.StudyInstanceUID = occasion.study_instance_uid
    item.RequestedProcedureID = occasion.accession_number
    item.RequestedProcedureDescription = plan.description
    item.RequestedProcedureCodeSequence = Sequence(
        [code(plan.code, occasion.hospital.procedure_system, plan.description)]
    )
    item.ScheduledProcedureStepID = f"{plan.code[:12]}-1"
    item.ScheduledProcedureStepDescription = plan.description
    item.ReasonForTheRequestedProcedure = plan.question[:64]
    return item


def _describe_equipment(ds: Dataset, occasion: Occasion) -> None:
    manufacturer, model, station = region.machine(occasion.plan.modality)
    ds.Manufacturer = manufacturer
    ds.ManufacturerModelName = model
    ds.StationName = f"{occasion.hospital.id.upper()}_{station}"
    ds.InstitutionName = occasion.hospital.name
    ds.InstitutionalDepartmentName = "Radiologie"
    ds.DeviceSerialNumber = f"{occasion.hospital.agb}-{station}"
    ds.SoftwareVersions = "demo 1"


def _empty_file(sop_class: str, uid: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = sop_class  # type: ignore[assignment]
    meta.MediaStorageSOPInstanceUID = uid  # type: ignore[assignment]
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_UID  # type: ignore[assignment]
    meta.ImplementationVersionName = "CROSSREAD_DEMO"
    return FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)


def put_pixels(ds: Dataset, picture: NDArray[np.uint16]) -> None:
    """Make a grey picture of 12 bits the image of this instance (PS3.3 C.7.6.3)."""
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = picture.shape
    ds.BitsAllocated = 16
    ds.BitsStored = 12
    ds.HighBit = 11
    ds.PixelRepresentation = 0
    ds.PixelData = np.ascontiguousarray(picture, "<u2").tobytes()
    ds["PixelData"].VR = "OW"


def _universal(oid: str) -> Dataset:
    item = Dataset()
    item.UniversalEntityID = oid
    item.UniversalEntityIDType = "ISO"
    return item


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A code sequence item (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def _age(born: date, then: date) -> int:
    return then.year - born.year - ((then.month, then.day) < (born.month, born.day))


def _da(at: datetime) -> str:
    return at.strftime("%Y%m%d")


def _tm(at: datetime) -> str:
    return at.strftime("%H%M%S.%f")


def decimal(value: float) -> str:
    """A number as a decimal string of at most 16 characters (PS3.5 6.2)."""
    return f"{value:.6f}".rstrip("0").rstrip(".")
