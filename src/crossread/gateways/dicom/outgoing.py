"""What the DICOM objects that we make have in common."""

from datetime import UTC
from io import BytesIO

from pydicom import Dataset, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from crossread.archive.receive import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.reporting.model import ReportBundle, ReportedPatient

MANUFACTURER = "crossread"
SERIES_OF_MEASUREMENTS, SERIES_OF_ANNOTATIONS = 9901, 9902


def stamp(made: Dataset, bundle: ReportBundle) -> None:
    """Give an object the report's own times and the patient's own identity.

    Nothing in it then depends on when it was made: made again, it is the same to the byte.
    """
    at = bundle.signed_at.astimezone(UTC)
    for kind in ("Content", "InstanceCreation", "Series", "PresentationCreation"):
        if f"{kind}Date" in made:
            setattr(made, f"{kind}Date", f"{at:%Y%m%d}")
        if f"{kind}Time" in made:
            setattr(made, f"{kind}Time", f"{at:%H%M%S}")
    for equipment in made.get("ContributingEquipmentSequence", ()):
        equipment.ContributionDateTime = f"{at:%Y%m%d%H%M%S}"
    made.TimezoneOffsetFromUTC = "+0000"
    made.SpecificCharacterSet = "ISO_IR 192"
    _identify(made, bundle.patient)
    made.AccessionNumber = bundle.study.accession_number
    made.StudyInstanceUID = bundle.study.study_instance_uid
    if "SoftwareVersions" not in made:
        made.SoftwareVersions = IMPLEMENTATION_VERSION_NAME


def _identify(made: Dataset, patient: ReportedPatient) -> None:
    made.PatientID = patient.number
    made.IssuerOfPatientID = patient.issuer
    made.PatientName = patient.name
    made.PatientBirthDate = f"{patient.birth_date:%Y%m%d}" if patient.birth_date else ""
    made.PatientSex = patient.sex


def person_name(name: str) -> str:
    """A name as people write it, as DICOM PN: the last word is the family name."""
    given, _, family = name.rpartition(" ")
    return f"{family}^{given}".rstrip("^")


def encoded(made: Dataset) -> bytes:
    """The object as a file (PS3.10)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    made.file_meta = meta
    buffer = BytesIO()
    dcmwrite(buffer, made, enforce_file_format=True)
    return buffer.getvalue()
