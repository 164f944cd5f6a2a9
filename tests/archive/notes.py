"""Rejection notes as hospitals send them."""

from collections.abc import Sequence

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian, KeyObjectSelectionDocumentStorage, generate_uid


def note(images: Sequence[Dataset], code: str, scheme: str = "DCM") -> Dataset:
    """A Key Object Selection Document with this title about these images of one study."""
    first = images[0]
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.SOPClassUID = KeyObjectSelectionDocumentStorage
    made.SOPInstanceUID, made.SeriesInstanceUID = generate_uid(), generate_uid()
    made.StudyInstanceUID = first.StudyInstanceUID
    for keyword in ("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "StudyDate"):
        setattr(made, keyword, first.get(keyword))
    made.Modality, made.SeriesNumber, made.InstanceNumber = "KO", 999, 1
    title = Dataset()
    title.CodeValue, title.CodingSchemeDesignator = code, scheme
    title.CodeMeaning = "title"
    made.ValueType, made.ConceptNameCodeSequence = "CONTAINER", Items([title])
    study = Dataset()
    study.StudyInstanceUID = first.StudyInstanceUID
    study.ReferencedSeriesSequence = Items()
    for uid in sorted({image.SeriesInstanceUID for image in images}):
        series = Dataset()
        series.SeriesInstanceUID = uid
        series.ReferencedSOPSequence = Items()
        for image in images:
            if image.SeriesInstanceUID == uid:
                one = Dataset()
                one.ReferencedSOPClassUID = image.SOPClassUID
                one.ReferencedSOPInstanceUID = image.SOPInstanceUID
                series.ReferencedSOPSequence.append(one)
        study.ReferencedSeriesSequence.append(series)
    made.CurrentRequestedProcedureEvidenceSequence = Items([study])
    return made
