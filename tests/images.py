"""Small images for tests."""

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def ct_series(
    *,
    study: str | None = None,
    series: str | None = None,
    number: str = "N100",
    accession: str = "A1",
    slices: int = 3,
    issuer: str = "NOORD",
    birth_date: str = "19500101",
    description: str = "CT schedel blanco",
    study_date: str = "20261124",
) -> list[Dataset]:
    """A CT of a water cylinder, 64 x 64, of `slices` slices of 5 mm."""
    study, series = study or generate_uid(), series or generate_uid()
    y, x = np.mgrid[0:64, 0:64]
    inside = (x - 31.5) ** 2 + (y - 31.5) ** 2 < 28**2
    made = []
    for place in range(slices):
        image = Dataset()
        image.SpecificCharacterSet = "ISO_IR 192"
        image.SOPClassUID = CTImageStorage
        image.SOPInstanceUID = generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID = study, series
        image.FrameOfReferenceUID = f"{series}.1"[:64]
        image.PatientID, image.IssuerOfPatientID = number, issuer
        image.PatientName, image.PatientBirthDate, image.PatientSex = "Jansen^Anna", birth_date, "F"
        image.StudyDate, image.StudyTime = study_date, "121500"
        image.AccessionNumber, image.StudyDescription = accession, description
        image.Modality, image.Manufacturer, image.StudyID = "CT", "simulation", "1"
        image.SeriesNumber, image.InstanceNumber = 1, place + 1
        image.BodyPartExamined = "HEAD"
        image.ReferringPhysicianName = ""
        image.ImagePositionPatient = [-32, -32, place * 5]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [0.5, 0.5], 5
        image.Rows = image.Columns = 64
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
        image.PixelRepresentation = 1
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = 1, -1024, "HU"
        image.WindowCenter, image.WindowWidth = 40, 80
        pixels = np.where(inside, 1024 + 30 + place, 24).astype("<i2")
        image.PixelData = pixels.tobytes()
        image["PixelData"].VR = "OW"
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        made.append(image)
    return made
