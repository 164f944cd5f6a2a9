"""DICOM studies of the made-up people: CT, chest films and MR as their machines would send them.

Everything follows from the plan, the moment and the salt: the same three give the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
)

from crossread.simulation import region, scans, thorax
from crossread.simulation.head import Haemorrhage, Head
from crossread.simulation.region import MadeUpHospital, MadeUpPerson, PlannedStudy
from crossread.simulation.solids import Point

IMPLEMENTATION_UID = "2.25.186293446218476023411950721184273340801"
_FIELD_OF_VIEW = {"ct-head": 230.4, "ct-head-prior": 225.0}  # mm


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


def build(
    occasion: Occasion, *, slices: int | None = None, size: int | None = None
) -> list[FileDataset]:
    """All instances of a study, in the order in which the machine makes them.

    `slices` (per series) and `size` (pixels along the width) make a smaller one that covers the
    same middle of the body. Raises KeyError for a modality that nobody here has.
    """
    make = {"CT": _ct_head, "DX": _chest, "MR": _mr_brain}[occasion.plan.modality]
    return list(make(occasion, slices, size))


# --- CT --------------------------------------------------------------------------------------


def _ct_head(occasion: Occasion, slices: int | None, size: int | None) -> Iterator[FileDataset]:
    plan, person = occasion.plan, occasion.person
    older = occasion.acquired_at.year - person.birth_date.year
    head = Head(
        person.anatomy,
        haemorrhage=Haemorrhage() if plan.lesion else None,
        atrophy=1.0 + 0.02 * (older - 72),
    )
    lowest, count = (-58.0, 30) if plan.lesion else (-54.5, 28)
    heights = _heights(lowest, count, 5.0, slices)
    pixels = size or 512
    spacing = round(_FIELD_OF_VIEW.get(plan.key, 230.4) / pixels, 6)
    noise = int(uuid5(NAMESPACE_OID, f"{plan.key}/noise").int % 2**31)
    volume = scans.ct_head(head, heights, size=pixels, spacing=spacing, seed=noise)
    series = _Series(occasion, 2, f"{plan.description} 5.0 H31s", "Schedel " + plan.code, plan)
    for number, (z, picture) in enumerate(zip(heights, volume, strict=True), start=1):
        ds = series.instance(CTImageStorage, number, timedelta(seconds=0.9 * number))
        _place(ds, pixels, spacing, (0.0, scans.CT_SHIFT, z), 5.0)
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.FrameOfReferenceUID = occasion.uid("frame")
        ds.AcquisitionNumber = 1
        ds.KVP = "120"
        ds.XRayTubeCurrent = 260
        ds.ExposureTime = 1000
        ds.Exposure = 260
        ds.ConvolutionKernel = "H31s"
        ds.GantryDetectorTilt = "0"
        ds.DataCollectionDiameter = "500"
        ds.ReconstructionDiameter = f"{pixels * spacing:.4g}"
        ds.FilterType = "0"
        _put_pixels(ds, np.clip(picture.astype(np.int32) + 1024, 0, 4095).astype(np.uint16))
        ds.RescaleIntercept = "-1024"
        ds.RescaleSlope = "1"
        ds.RescaleType = "HU"
        ds.WindowCenter = ["40", "600"]
        ds.WindowWidth = ["80", "2800"]
        ds.WindowCenterWidthExplanation = ["HERSENEN", "BOT"]
        yield ds


def _heights(lowest: float, count: int, step: float, wanted: int | None) -> list[float]:
    """The heights of the slices; fewer ones are the middle ones, round the basal ganglia."""
    first = 0 if wanted is None else max(0, min(count - wanted, 13 - wanted // 2))
    last = count if wanted is None else min(count, first + wanted)
    return [lowest + step * index for index in range(first, last)]


def _place(ds: Dataset, pixels: int, spacing: float, shift: Point, thickness: float) -> None:
    """An axial slice seen from the feet, head first and face up (PS3.3 C.7.6.2)."""
    corner = -(pixels - 1) / 2 * spacing
    position = (corner + shift[0], corner + shift[1], shift[2])
    ds.PatientPosition = "HFS"
    ds.PositionReferenceIndicator = "OM"
    ds.ImagePositionPatient = [_ds(value) for value in position]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.PatientOrientation = ["L", "P"]
    ds.SliceLocation = _ds(shift[2])
    ds.SliceThickness = _ds(thickness)
    ds.PixelSpacing = [_ds(spacing), _ds(spacing)]


# --- MR --------------------------------------------------------------------------------------

_SEQUENCES: dict[str, dict[str, Any]] = {
    "T1": {
        "SeriesDescription": "T1 tse tra",
        "ScanningSequence": "SE",
        "SequenceVariant": "SK",
        "RepetitionTime": "520",
        "EchoTime": "9.4",
        "EchoTrainLength": 3,
        "FlipAngle": "90",
        "WindowCenter": "420",
        "WindowWidth": "840",
    },
    "T2": {
        "SeriesDescription": "T2 tse tra",
        "ScanningSequence": "SE",
        "SequenceVariant": "SK",
        "RepetitionTime": "4600",
        "EchoTime": "98",
        "EchoTrainLength": 15,
        "FlipAngle": "150",
        "WindowCenter": "560",
        "WindowWidth": "1150",
    },
    "FLAIR": {
        "SeriesDescription": "FLAIR tra",
        "ScanningSequence": ["SE", "IR"],
        "SequenceVariant": "SK",
        "RepetitionTime": "9000",
        "EchoTime": "112",
        "InversionTime": "2500",
        "EchoTrainLength": 21,
        "FlipAngle": "150",
        "WindowCenter": "370",
        "WindowWidth": "820",
    },
}


def _mr_brain(occasion: Occasion, slices: int | None, size: int | None) -> Iterator[FileDataset]:
    plan, person = occasion.plan, occasion.person
    pixels = size or 256
    spacing = round(230.4 / pixels, 6)
    heights = _heights(-46.0, 24, 5.5, slices)
    head = Head(person.anatomy, atrophy=0.45)
    volumes = scans.mr_brain(head, heights, size=pixels, spacing=spacing, seed=person.anatomy)
    for order, (name, settings) in enumerate(_SEQUENCES.items(), start=1):
        series = _Series(occasion, order + 1, settings["SeriesDescription"], f"{name} tra", plan)
        for number, (z, picture) in enumerate(zip(heights, volumes[name], strict=True), start=1):
            late = timedelta(seconds=210 * order + 2 * number)
            ds = series.instance(MRImageStorage, number, late)
            _place(ds, pixels, spacing, (0.0, scans.MR_SHIFT, z), 5.0)
            ds.SpacingBetweenSlices = "5.5"
            ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "NORM"]
            ds.FrameOfReferenceUID = occasion.uid("frame")
            ds.AcquisitionNumber = 1
            ds.ScanOptions = None
            ds.MRAcquisitionType = "2D"
            ds.MagneticFieldStrength = "1.5"
            ds.ImagingFrequency = "63.68"
            ds.ImagedNucleus = "1H"
            ds.NumberOfAverages = "1"
            ds.ReceiveCoilName = "Head_20"
            for keyword, value in settings.items():
                setattr(ds, keyword, value)
            _put_pixels(ds, picture)
            yield ds


# --- chest films -----------------------------------------------------------------------------


def _chest(occasion: Occasion, slices: int | None, size: int | None) -> Iterator[FileDataset]:
    plan, person = occasion.plan, occasion.person
    width = size or 1760
    height = round(width * thorax.HEIGHT / thorax.WIDTH)
    pictures = thorax.films(person.anatomy, width=width, height=height)
    orientations = {thorax.View.PA: ["L", "F"], thorax.View.LATERAL: ["P", "F"]}
    names = {thorax.View.PA: "Thorax PA", thorax.View.LATERAL: "Thorax lateraal"}
    for number, view in enumerate(list(thorax.View)[: slices or 2], start=1):
        series = _Series(occasion, number, names[view], names[view], plan)
        ds = series.instance(
            DigitalXRayImageStorageForPresentation, 1, timedelta(seconds=50 * number)
        )
        spacing = thorax.WIDTH / width
        ds.ImageType = ["DERIVED", "PRIMARY", ""]
        ds.PresentationIntentType = "FOR PRESENTATION"
        ds.AcquisitionNumber = number
        ds.PatientOrientation = orientations[view]
        ds.ViewPosition = view.value
        ds.ImageLaterality = "U"
        ds.AnatomicRegionSequence = Sequence([_code("51185008", "SCT", "Chest")])
        ds.PixelIntensityRelationship = "LOG"
        ds.PixelIntensityRelationshipSign = -1
        ds.LossyImageCompression = "00"
        ds.BurnedInAnnotation = "NO"
        ds.PresentationLUTShape = "IDENTITY"
        ds.DetectorType = "SCINTILLATOR"
        ds.DetectorActiveShape = "RECTANGLE"
        ds.PositionerType = "COLUMN"
        ds.DistanceSourceToDetector = "1800"
        ds.DistanceSourceToPatient = "1600"
        ds.KVP = "125"
        ds.ExposureInuAs = "2400" if view is thorax.View.PA else "6100"
        ds.ImagerPixelSpacing = [_ds(spacing * 1.125), _ds(spacing * 1.125)]
        ds.PixelSpacing = [_ds(spacing), _ds(spacing)]
        ds.PixelSpacingCalibrationType = "GEOMETRY"
        ds.PixelSpacingCalibrationDescription = "Vergroting 1,125 bij 1600 mm"
        ds.AcquisitionContextSequence = Sequence([])
        _put_pixels(ds, pictures[view])
        ds.RescaleIntercept = "0"
        ds.RescaleSlope = "1"
        ds.RescaleType = "US"
        ds.WindowCenter = "2048"
        ds.WindowWidth = "4096"
        yield ds


# --- what all have ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Series:
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
        [_code(plan.code, occasion.hospital.procedure_system, plan.description)]
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
        [_code(plan.code, occasion.hospital.procedure_system, plan.description)]
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


def _put_pixels(ds: Dataset, picture: NDArray[np.uint16]) -> None:
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


def _code(value: str, scheme: str, meaning: str) -> Dataset:
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


def _ds(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
