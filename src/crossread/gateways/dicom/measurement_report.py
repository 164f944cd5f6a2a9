"""A report's measurements as DICOM SR, TID 1500 (PS3.16), in the form that viewers really read.

Viewers find a measurement by its tracking identifier, and its drawing as SCOORD inside the NUM
(not beside it, as for a planar region of interest); so each annotation is a group of its own with
the coordinates inside its first value. Code meanings stay English: some readers go by them.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC

import highdicom as hd
import numpy as np
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from crossread.gateways.dicom.outgoing import (
    MANUFACTURER,
    SERIES_OF_MEASUREMENTS,
    encoded,
    frames_of,
    line,
    person_name,
    plain,
    refer,
    stamp,
)
from crossread.reporting.model import (
    Annotation,
    Measurement,
    ReportBundle,
    ReportStatus,
    Tool,
    object_uid,
)

TRACKING = "cornerstone3DTools@^0.1.0"
_NAMES: dict[str, Code] = {
    "length": Code("410668003", "SCT", "Length"),
    "area": Code("42798000", "SCT", "Area"),
    "mean": Code("373098007", "SCT", "Mean"),
    "standard_deviation": Code("386136009", "SCT", "Standard Deviation"),
}
_UNITS: dict[str, Code] = {
    "mm": Code("mm", "UCUM", "mm"),
    "mm2": Code("mm2", "UCUM", "mm2"),
    "[hnsf'U]": Code("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "{pixels}": Code("{pixels}", "UCUM", "pixels"),
    "1": Code("1", "UCUM", "no units"),
}


def measurement_report(
    bundle: ReportBundle, images: Sequence[Dataset], previous: ReportBundle | None = None
) -> bytes | None:
    """The Comprehensive SR of a report's annotations, as a file; None when it has none.

    `images` are the headers of the annotated images. Source: PS3.3 A.35.3, PS3.16 TID 1500, 1501.
    """
    of_image = {str(image.SOPInstanceUID): image for image in images}
    drawn = [one for one in bundle.annotations if one.sop_instance_uid in of_image]
    if not drawn:
        return None
    drawn_on = [of_image[uid] for uid in dict.fromkeys(one.sop_instance_uid for one in drawn)]
    frames = {uid: frames_of(image) for uid, image in of_image.items()}
    final = bundle.status is ReportStatus.FINAL
    hospital = line(bundle.author.hospital_name)
    content = hd.sr.MeasurementReport(
        observation_context=_observer(bundle),
        procedure_reported=_procedure(bundle),
        imaging_measurements=[_group(one, frames[one.sop_instance_uid]) for one in drawn],
        title=codes.DCM.ImagingMeasurementReport,
        # the language of the code meanings, English in every report
        language_of_content_item_and_descendants=hd.sr.LanguageOfContentItemAndDescendants(
            hd.sr.CodedConcept("en", "RFC5646", "English")
        ),
    )
    report = hd.sr.ComprehensiveSR(
        evidence=[plain(image, bundle) for image in drawn_on],
        content=content[0],
        series_instance_uid=object_uid(bundle.report_id, "sr/series"),
        series_number=SERIES_OF_MEASUREMENTS,
        sop_instance_uid=object_uid(bundle.report_id, "sr"),
        instance_number=bundle.version,
        manufacturer=MANUFACTURER,
        institution_name=hospital,
        is_complete=True,
        is_final=final,
        is_verified=final,
        verifying_observer_name=person_name(bundle.author.name) if final else None,
        verifying_organization=hospital if final else None,
        requested_procedures=_requested(bundle),
    )
    refer(report, drawn_on)
    report.SeriesDescription = "crossread measurements"
    if final:
        verified = report.VerifyingObserverSequence[0]
        verified.VerificationDateTime = f"{bundle.signed_at.astimezone(UTC):%Y%m%d%H%M%S}"
    if previous is not None and previous.annotations:
        report.PredecessorDocumentsSequence = [_reference(previous)]
    stamp(report, bundle)
    return encoded(report)


def _observer(bundle: ReportBundle) -> hd.sr.ObservationContext:
    person = hd.sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=hd.sr.PersonObserverIdentifyingAttributes(
            name=person_name(bundle.author.name),
            login_name=bundle.author.username,
            organization_name=line(bundle.author.hospital_name),
        ),
    )
    return hd.sr.ObservationContext(observer_person_context=person)


def _procedure(bundle: ReportBundle) -> Code:
    code, text = line(bundle.study.procedure_code), line(bundle.study.procedure_text)
    if not code or not text or len(code) > 16:
        return Code("363679005", "SCT", "Imaging procedure")
    return Code(code, f"99{bundle.hospital_id.upper()}"[:16], text)


def _requested(bundle: ReportBundle) -> list[Dataset] | None:
    """The order that this answers, in the numbers of the hospital that placed it (PS3.3 C.17.2)."""
    study = bundle.study
    if not (study.accession_number or study.placer_number or study.filler_number):
        return None
    request = Dataset()
    request.StudyInstanceUID = study.study_instance_uid
    request.ReferencedStudySequence = []
    request.AccessionNumber = study.accession_number
    request.PlacerOrderNumberImagingServiceRequest = line(study.placer_number)
    request.FillerOrderNumberImagingServiceRequest = line(study.filler_number)
    request.RequestedProcedureID = ""
    request.RequestedProcedureDescription = line(study.procedure_text)
    request.RequestedProcedureCodeSequence = []
    return [request]


def _group(annotation: Annotation, frames: int) -> hd.sr.MeasurementsAndQualitativeEvaluations:
    first, *others = annotation.measurements
    return hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(
            uid=annotation.tracking_uid, identifier=f"{TRACKING}:{annotation.tool}"
        ),
        finding_type=_finding(annotation.label),
        measurements=[
            _value(first, _drawing(annotation, frames)),
            *(_value(other, None) for other in others),
        ],
    )


def _finding(label: str) -> Code | None:
    """What the reader called it, as a code of our own whose meaning is her word."""
    word = line(label)
    if not word:
        return None
    number = hashlib.sha256(word.encode()).hexdigest()[:12].upper()
    return Code(number, "99CROSSREAD", word)


def _value(
    measurement: Measurement, drawing: hd.sr.CoordinatesForMeasurement | None
) -> hd.sr.Measurement:
    return hd.sr.Measurement(
        name=_NAMES[measurement.name],
        value=float(f"{measurement.value:.6g}"),
        unit=_UNITS[measurement.unit],
        referenced_coordinates=[drawing] if drawing is not None else None,
    )


def _drawing(annotation: Annotation, frames: int) -> hd.sr.CoordinatesForMeasurement:
    image = hd.sr.SourceImageForRegion(
        referenced_sop_class_uid=annotation.sop_class_uid,
        referenced_sop_instance_uid=annotation.sop_instance_uid,
        referenced_frame_numbers=[annotation.frame] if frames > 1 else None,
    )
    match annotation.tool:
        case Tool.LENGTH:
            kind = hd.sr.GraphicTypeValues.POLYLINE
        case Tool.ELLIPSE:
            kind = hd.sr.GraphicTypeValues.ELLIPSE
    return hd.sr.CoordinatesForMeasurement(
        graphic_type=kind, graphic_data=points(annotation), source_image=image
    )


def points(annotation: Annotation) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """The points as (column, row), none before the image; of an ellipse the major axis first.

    Source: PS3.3 C.18.6.1.2.
    """
    drawn = np.clip(np.array(annotation.points, dtype=np.float64), 0, None)
    if annotation.tool is Tool.ELLIPSE:
        one, other = np.linalg.norm(drawn[1] - drawn[0]), np.linalg.norm(drawn[3] - drawn[2])
        if other > one:
            drawn = drawn[[2, 3, 0, 1]]
    return drawn


def _reference(previous: ReportBundle) -> Dataset:
    """Where the version before this one is (PS3.3 C.17.2.3)."""
    document = Dataset()
    document.ReferencedSOPClassUID = hd.UID("1.2.840.10008.5.1.4.1.1.88.33")
    document.ReferencedSOPInstanceUID = object_uid(previous.report_id, "sr")
    series = Dataset()
    series.SeriesInstanceUID = object_uid(previous.report_id, "sr/series")
    series.ReferencedSOPSequence = [document]
    study = Dataset()
    study.StudyInstanceUID = previous.study.study_instance_uid
    study.ReferencedSeriesSequence = [series]
    return study
