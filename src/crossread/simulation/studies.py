"""DICOM studies of the made-up people: CT, chest films and MR as their machines would send them.

Everything follows from the plan, the moment and the salt: the same three give the same bytes.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    MRImageStorage,
)

from crossread.simulation import scans, thorax
from crossread.simulation.head import Haemorrhage, Head
from crossread.simulation.headers import Occasion, Series, code, decimal, put_pixels
from crossread.simulation.solids import Point

_FIELD_OF_VIEW = {"ct-head": 230.4, "ct-head-prior": 225.0}  # mm


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
    series = Series(occasion, 2, f"{plan.description} 5.0 H31s", "Schedel " + plan.code, plan)
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
        put_pixels(ds, np.clip(picture.astype(np.int32) + 1024, 0, 4095).astype(np.uint16))
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
    ds.ImagePositionPatient = [decimal(value) for value in position]
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    ds.PatientOrientation = ["L", "P"]
    ds.SliceLocation = decimal(shift[2])
    ds.SliceThickness = decimal(thickness)
    ds.PixelSpacing = [decimal(spacing), decimal(spacing)]


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
        series = Series(occasion, order + 1, settings["SeriesDescription"], f"{name} tra", plan)
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
            put_pixels(ds, picture)
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
        series = Series(occasion, number, names[view], names[view], plan)
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
        ds.AnatomicRegionSequence = Sequence([code("51185008", "SCT", "Chest")])
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
        ds.ImagerPixelSpacing = [decimal(spacing * 1.125), decimal(spacing * 1.125)]
        ds.PixelSpacing = [decimal(spacing), decimal(spacing)]
        ds.PixelSpacingCalibrationType = "GEOMETRY"
        ds.PixelSpacingCalibrationDescription = "Vergroting 1,125 bij 1600 mm"
        ds.AcquisitionContextSequence = Sequence([])
        put_pixels(ds, pictures[view])
        ds.RescaleIntercept = "0"
        ds.RescaleSlope = "1"
        ds.RescaleType = "US"
        ds.WindowCenter = "2048"
        ds.WindowWidth = "4096"
        yield ds
