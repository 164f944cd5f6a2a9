"""What the DICOM objects that we make have in common."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC
from io import BytesIO

from pydicom import Dataset, dcmwrite
from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from pydicom.valuerep import DA, TM

from crossread.archive.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.reporting.model import ReportBundle, ReportedPatient

MANUFACTURER = "crossread"
SERIES_OF_MEASUREMENTS, SERIES_OF_ANNOTATIONS = 9901, 9902
_NOT_IN_NAMES = str.maketrans("^=", "  ")  # they part the components of a PN (PS3.5 6.2.1)


def plain(image: Dataset, bundle: ReportBundle) -> Dataset:
    """As much of an image's header as an object made of it needs, whole whatever the image lacks.

    highdicom asks for attributes that real images leave out, and for the functional groups of every
    class that may have frames. It therefore meets each image as one frame of the plainest class,
    of the report's own patient and study; `refer` then gives the references their real class.
    """
    made = Dataset()
    made.SpecificCharacterSet = "ISO_IR 192"
    made.SOPClassUID = SecondaryCaptureImageStorage
    made.SOPInstanceUID = image.SOPInstanceUID
    made.SeriesInstanceUID = image.SeriesInstanceUID
    made.StudyInstanceUID = bundle.study.study_instance_uid
    # the dots and colons of ACR-NEMA are still met (PS3.5 6.2, DA, TM)
    made.StudyDate = _valid(DA, _one(image.get("StudyDate")).replace(".", ""))
    made.StudyTime = _valid(TM, _one(image.get("StudyTime")).replace(":", ""))
    made.StudyID = _one(image.get("StudyID"))
    made.StudyDescription = line(bundle.study.description)
    made.ReferringPhysicianName = _one(image.get("ReferringPhysicianName"))
    made.AccessionNumber = bundle.study.accession_number
    _identify(made, bundle.patient)
    made.Rows, made.Columns = int(image.get("Rows") or 1), int(image.get("Columns") or 1)
    return made


def refer(
    made: Dataset, images: Iterable[Dataset], frames: Mapping[str, list[int]] | None = None
) -> None:
    """Give each reference to an image its real class, and the `frames` that it speaks of.

    A reference to an image of several frames that names none speaks of them all (PS3.3 10.3).
    """
    classes = {str(image.SOPInstanceUID): image.SOPClassUID for image in images}

    def name(item: Dataset, element: DataElement) -> None:
        if element.keyword != "ReferencedSOPInstanceUID" or str(element.value) not in classes:
            return
        item.ReferencedSOPClassUID = classes[str(element.value)]
        meant = (frames or {}).get(str(element.value))
        if meant and "ReferencedFrameNumber" not in item:
            item.ReferencedFrameNumber = meant

    made.walk(name)


def frames_of(image: Dataset) -> int:
    """How many frames an image has."""
    return int(_one(image.get("NumberOfFrames")) or 1)


def line(text: str) -> str:
    """`text` as one value of VR LO: no line ends, no backslash, at most 64 characters."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.replace("\\", "/").split())[:64].strip()


def _valid(kind: Callable[[str], object], value: str) -> str:
    """A date or time as the image has it; empty where it is none."""
    try:
        kind(value)
    except ValueError:
        return ""
    return value


def _one(value: object) -> str:
    return "" if value is None else str(value).replace("\\", " ").strip()


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
    made.PatientSex = patient.sex if patient.sex in {"M", "F", "O"} else ""


def person_name(name: str) -> str:
    """A name as people write it, as DICOM PN: the last word is the family name."""
    given, _, family = line(name).translate(_NOT_IN_NAMES).rpartition(" ")
    return f"{family}^{given}".rstrip("^")


def encoded(made: Dataset) -> bytes:
    """The object as a file (PS3.10)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = made.SOPClassUID
    meta.MediaStorageSOPInstanceUID = made.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    made.file_meta = meta
    buffer = BytesIO()
    dcmwrite(buffer, made, enforce_file_format=True)
    return buffer.getvalue()
