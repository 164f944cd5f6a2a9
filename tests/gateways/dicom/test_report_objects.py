"""The SR and the presentation state that go home: right, readable by others, the same each time."""

import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import UID
from tests.images import ct_series
from tests.programs import need
from tests.reporting.bundles import annotation, bundle

from crossread.gateways.dicom.measurement_report import measurement_report
from crossread.gateways.dicom.presentation_state import presentation_state
from crossread.reporting.model import Measurement, ReportStatus, Tool

ELLIPSE = ((20.0, 32.0), (44.0, 32.0), (32.0, 24.0), (32.0, 40.0))


def images() -> list[Dataset]:
    made = ct_series(study="2.25.1", series="2.25.2", slices=2, number="0412873", accession="A1")
    made[0].SOPInstanceUID = made[0].file_meta.MediaStorageSOPInstanceUID = UID("2.25.3")
    return made


def report(**changes: Any) -> Any:
    drawn = (
        annotation(),
        annotation(
            tracking_uid="2.25.43",
            tool=Tool.ELLIPSE,
            points=ELLIPSE,
            label="",
            measurements=(
                Measurement("area", 301.6, "mm2"),
                Measurement("mean", 65.2, "[hnsf'U]"),
                Measurement("standard_deviation", 4.1, "[hnsf'U]"),
            ),
        ),
    )
    return bundle(annotations=drawn, **changes)


def sr(**changes: Any) -> Dataset:
    content = measurement_report(report(**changes), images())
    assert content is not None
    return dcmread(BytesIO(content))


def test_it_is_made_the_same_each_time() -> None:
    same = images()
    assert measurement_report(report(), same) == measurement_report(report(), same)
    assert presentation_state(report(), same) == presentation_state(report(), same)


def test_the_values_stand_where_viewers_look_for_them() -> None:
    made = sr()
    assert made.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    [measurements] = [
        item
        for item in made.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeMeaning == "Imaging Measurements"
    ]
    first, second = measurements.ContentSequence
    assert first.ConceptNameCodeSequence[0].CodeMeaning == "Measurement Group"
    tracking = first.ContentSequence[0]
    assert tracking.ConceptNameCodeSequence[0].CodeMeaning == "Tracking Identifier"
    assert tracking.TextValue == "cornerstone3DTools@^0.1.0:Length"
    [length] = [item for item in first.ContentSequence if item.ValueType == "NUM"]
    assert float(length.MeasuredValueSequence[0].NumericValue) == pytest.approx(32.4)
    drawing = length.ContentSequence[0]
    assert (drawing.ValueType, drawing.GraphicType) == ("SCOORD", "POLYLINE")
    assert np.allclose(drawing.GraphicData, [10, 12, 40.5, 30])
    image = drawing.ContentSequence[0]
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "2.25.3"
    values = [item for item in second.ContentSequence if item.ValueType == "NUM"]
    assert [float(one.MeasuredValueSequence[0].NumericValue) for one in values] == pytest.approx(
        [301.6, 65.2, 4.1]
    )
    assert values[0].ContentSequence[0].GraphicType == "ELLIPSE"


def test_highdicom_reads_it_back() -> None:
    made = hd.sr.ComprehensiveSR.from_dataset(sr())
    content: Any = made.content
    groups = content.get_image_measurement_groups()
    assert [group.tracking_uid for group in groups] == ["2.25.42", "2.25.43"]


@pytest.mark.parametrize(
    ("status", "flags"),
    [
        (ReportStatus.FINAL, ("COMPLETE", "VERIFIED", "FINAL")),
        (ReportStatus.PRELIMINARY, ("COMPLETE", "UNVERIFIED", "PRELIMINARY")),
    ],
)
def test_its_flags_say_how_far_the_report_is(
    status: ReportStatus, flags: tuple[str, str, str]
) -> None:
    made = sr(status=status)
    assert (made.CompletionFlag, made.VerificationFlag, made.PreliminaryFlag) == flags


def test_it_is_the_home_hospitals_patient_order_and_study() -> None:
    for made in (sr(), dcmread(BytesIO(presentation_state(report(), images())[0]))):
        assert (made.PatientID, made.IssuerOfPatientID) == ("0412873", "NOORD")
        assert str(made.PatientName) == "Geërts^Joëlle"
        assert (made.AccessionNumber, made.StudyInstanceUID) == ("A1", "2.25.1")


def test_a_later_version_names_the_one_before() -> None:
    content = measurement_report(report(version=2), images(), previous=report())
    assert content is not None
    made = dcmread(BytesIO(content))
    assert len(made.PredecessorDocumentsSequence) == 1


def test_without_drawings_there_is_nothing_to_send() -> None:
    assert measurement_report(bundle(annotations=()), []) is None
    assert presentation_state(bundle(annotations=()), []) == []


def test_the_drawing_and_its_value_lie_over_the_image() -> None:
    state = dcmread(BytesIO(presentation_state(report(), images())[0]))
    length, ellipse = state.GraphicAnnotationSequence
    drawn = length.GraphicObjectSequence[0]
    assert (drawn.GraphicType, drawn.GraphicAnnotationUnits) == ("POLYLINE", "PIXEL")
    assert np.allclose(drawn.GraphicData, [10, 12, 40.5, 30])
    assert length.TextObjectSequence[0].UnformattedTextValue == "bloeding: 32,4 mm"
    assert ellipse.GraphicObjectSequence[0].GraphicType == "ELLIPSE"


def test_colour_images_get_no_grayscale_state() -> None:
    coloured = images()
    for image in coloured:
        image.SamplesPerPixel, image.PhotometricInterpretation = 3, "RGB"
    assert presentation_state(report(), coloured) == []


@pytest.mark.peer
@pytest.mark.parametrize("kind", ["sr", "pr", "sr preliminary", "sr second"])
def test_dciodvfy_finds_no_error(kind: str, tmp_path: Path) -> None:
    program = need("dciodvfy", "dicom3tools")
    match kind:
        case "pr":
            content: bytes | None = presentation_state(report(), images())[0]
        case "sr preliminary":
            content = measurement_report(report(status=ReportStatus.PRELIMINARY), images())
        case "sr second":
            content = measurement_report(report(version=2), images(), previous=report())
        case _:
            content = measurement_report(report(), images())
    assert content is not None
    file = tmp_path / "made.dcm"
    file.write_bytes(content)
    found = subprocess.run([program, str(file)], capture_output=True, text=True, check=False)
    errors = [line for line in found.stderr.splitlines() if line.startswith("Error")]
    assert errors == []
