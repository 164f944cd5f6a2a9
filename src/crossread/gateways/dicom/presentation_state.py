"""A report's annotations as Grayscale Softcopy Presentation State (PS3.3 A.33.1).

Most PACS draw these over the images, also those that show nothing of a structured report.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import highdicom as hd
from pydicom import Dataset

from crossread import __version__
from crossread.gateways.dicom.measurement_report import points
from crossread.gateways.dicom.outgoing import (
    MANUFACTURER,
    SERIES_OF_ANNOTATIONS,
    encoded,
    frames_of,
    line,
    person_name,
    plain,
    refer,
    stamp,
)
from crossread.reporting.model import Annotation, Measurement, ReportBundle, Tool, object_uid

LAYER = "CROSSREAD"
_SIGNS = {
    "nl": {"length": "", "area": "", "mean": "gem. ", "standard_deviation": "SD "},
    "en": {"length": "", "area": "", "mean": "mean ", "standard_deviation": "SD "},
}
_UNITS = {"mm2": "mm²", "[hnsf'U]": "HU", "{pixels}": "px", "1": ""}
_INVERSE = hd.PresentationLUTTransformation(
    presentation_lut_shape=hd.PresentationLUTShapeValues.INVERSE
)


@dataclass(frozen=True, slots=True)
class _Look:
    """What one state can show of its images: a single area, polarity and modality LUT.

    Images of several frames have a state of their own for each look of a frame.
    """

    series: str
    rows: int
    columns: int
    photometric: str
    spacing: tuple[str, ...] = ()
    rescale: tuple[tuple[str, str], ...] = ()  # keyword, value
    window: tuple[tuple[str, str], ...] = ()  # of a frame; images in a series may differ
    image: str = ""  # SOP Instance UID, of an image with frames


@dataclass(slots=True)
class _Group:
    """The images of one state, and what is drawn on them."""

    images: dict[str, Dataset] = field(default_factory=dict)
    shown: dict[str, Dataset] = field(default_factory=dict)
    drawn: list[Annotation] = field(default_factory=list)

    @property
    def frames(self) -> dict[str, list[int]]:
        """Which frames are drawn on, of images that have several."""
        several = {uid for uid, image in self.images.items() if frames_of(image) > 1}
        found: dict[str, list[int]] = {}
        for one in self.drawn:
            if one.sop_instance_uid in several:
                found.setdefault(one.sop_instance_uid, []).append(one.frame)
        return {uid: sorted(set(frames)) for uid, frames in found.items()}


def presentation_state(bundle: ReportBundle, images: Sequence[Dataset]) -> list[bytes]:
    """The presentation states of a report's annotations, as files.

    One for each series and look of the annotated images; none for colour images, which a grayscale
    state cannot refer to, nor for those with a modality LUT of their own, which it would replace.
    """
    return [
        _state(bundle, look, group, number)
        for number, (look, group) in enumerate(_groups(bundle, images))
    ]


def _state(bundle: ReportBundle, look: _Look, group: _Group, number: int) -> bytes:
    state = hd.pr.GrayscaleSoftcopyPresentationState(
        referenced_images=list(group.shown.values()),
        series_instance_uid=object_uid(bundle.report_id, "pr/series"),
        series_number=SERIES_OF_ANNOTATIONS,
        sop_instance_uid=object_uid(bundle.report_id, f"pr/{number}"),
        instance_number=number + 1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MANUFACTURER,
        software_versions=__version__,
        device_serial_number="0",
        content_label="CROSSREAD",
        content_description=f"Report v{bundle.version}, {bundle.status}",
        content_creator_name=person_name(bundle.author.name),
        institution_name=line(bundle.author.hospital_name),
        graphic_layers=[_layer()],
        graphic_annotations=_annotations(bundle, group),
        # a state says itself which way is white, whatever the image says (PS3.4 N.2.1)
        presentation_lut_transformation=_INVERSE if look.photometric == "MONOCHROME1" else None,
    )
    refer(state, group.images.values(), group.frames)
    if look.spacing:
        area = state.DisplayedAreaSelectionSequence[0]
        area.PresentationPixelSpacing = list(look.spacing)
        del area.PresentationPixelAspectRatio
    state.SeriesDescription = "crossread annotations"
    # type 2C (PS3.3 C.7.3.1)
    state.Laterality = next(iter(group.images.values())).get("Laterality", "")
    stamp(state, bundle)
    return encoded(state)


def _groups(bundle: ReportBundle, images: Sequence[Dataset]) -> Iterator[tuple[_Look, _Group]]:
    of_image = {str(image.SOPInstanceUID): image for image in images}
    groups: dict[_Look, _Group] = {}
    for one in bundle.annotations:
        image = of_image.get(one.sop_instance_uid)
        if image is None or not _is_gray(image):
            continue
        look = _look(image, one.frame)
        group = groups.setdefault(look, _Group())
        group.images[one.sop_instance_uid] = image
        group.shown[one.sop_instance_uid] = _shown_as(bundle, image, one.frame)
        group.drawn.append(one)
    yield from sorted(groups.items(), key=lambda pair: repr(pair[0]))


def _is_gray(image: Dataset) -> bool:
    gray = image.get("PhotometricInterpretation") in {"MONOCHROME1", "MONOCHROME2"}
    return gray and "ModalityLUTSequence" not in image


def _look(image: Dataset, frame: int) -> _Look:
    spacing = _of_frame(image, frame, "PixelMeasuresSequence", "PixelSpacing") or image.get(
        "ImagerPixelSpacing"
    )
    several = frames_of(image) > 1
    return _Look(
        series=str(image.SeriesInstanceUID),
        rows=int(image.Rows),
        columns=int(image.Columns),
        photometric=str(image.PhotometricInterpretation),
        spacing=_sizes(spacing),
        rescale=tuple((key, str(value)) for key, value in _rescale(image, frame).items()),
        window=tuple((key, str(value)) for key, value in _window(image, frame).items())
        if several
        else (),
        image=str(image.SOPInstanceUID) if several else "",
    )


def _shown_as(bundle: ReportBundle, image: Dataset, frame: int) -> Dataset:
    """The image's header with what decides how this frame looks."""
    shown = plain(image, bundle)
    shown.SamplesPerPixel, shown.PhotometricInterpretation = 1, image.PhotometricInterpretation
    for keyword, value in (_rescale(image, frame) | _window(image, frame)).items():
        setattr(shown, keyword, value)
    return shown


def _rescale(image: Dataset, frame: int) -> dict[str, Any]:
    """Slope and intercept (PS3.3 C.11.1), where there are both."""

    def value(keyword: str) -> Any:
        return _of_frame(image, frame, "PixelValueTransformationSequence", keyword)

    slope, intercept = value("RescaleSlope"), value("RescaleIntercept")
    if slope is None or intercept is None:
        return {}
    return {
        "RescaleSlope": slope,
        "RescaleIntercept": intercept,
        "RescaleType": line(str(value("RescaleType") or "US")),  # US: unspecified
    }


def _window(image: Dataset, frame: int) -> dict[str, Any]:
    """The first window of a frame (PS3.3 C.11.2), where it has one."""

    def first(keyword: str) -> float | None:
        value = _of_frame(image, frame, "FrameVOILUTSequence", keyword)
        if value is None or isinstance(value, str):
            return None
        return float(value[0] if hasattr(value, "__iter__") else value)

    center, width = first("WindowCenter"), first("WindowWidth")
    if center is None or width is None or width < 1:
        return {}
    return {"WindowCenter": center, "WindowWidth": width}


def _of_frame(image: Dataset, frame: int, group: str, keyword: str) -> Any:
    """A value of one frame: from its functional groups (PS3.3 C.7.6.16), or the image's own."""
    own = (image.get("PerFrameFunctionalGroupsSequence") or [])[frame - 1 : frame]
    for groups in (*own, *(image.get("SharedFunctionalGroupsSequence") or [])):
        for item in groups.get(group) or ():
            if item.get(keyword) is not None:
                return item[keyword].value
    found = image.get(keyword)
    return None if found == "" else found


def _sizes(spacing: Any) -> tuple[str, ...]:
    if spacing is None or isinstance(spacing, str) or len(spacing) != 2:
        return ()
    sizes = tuple(str(size) for size in spacing)
    return sizes if all(float(size) > 0 for size in sizes) else ()


def _layer() -> hd.pr.GraphicLayer:
    return hd.pr.GraphicLayer(
        LAYER,
        order=1,
        description="Annotations of the report",
        display_color=hd.color.CIELabColor(90.0, -10.0, 80.0),
    )


def _annotations(bundle: ReportBundle, group: _Group) -> list[hd.pr.GraphicAnnotation]:
    made = []
    for one in group.drawn:
        graphic = hd.pr.GraphicAnnotation(
            referenced_images=[group.shown[one.sop_instance_uid]],
            graphic_layer=_layer(),
            graphic_objects=[_graphic(one)],
            text_objects=[_text(one, bundle.language)],
        )
        if frames_of(group.images[one.sop_instance_uid]) > 1:
            graphic.ReferencedImageSequence[0].ReferencedFrameNumber = one.frame
        made.append(graphic)
    return made


def _graphic(annotation: Annotation) -> hd.pr.GraphicObject:
    match annotation.tool:
        case Tool.LENGTH:
            kind = hd.pr.GraphicTypeValues.POLYLINE
        case Tool.ELLIPSE:
            kind = hd.pr.GraphicTypeValues.ELLIPSE
    return hd.pr.GraphicObject(
        graphic_type=kind,
        graphic_data=points(annotation),
        units=hd.pr.AnnotationUnitsValues.PIXEL,
        tracking_id=f"{annotation.tool}",
        tracking_uid=annotation.tracking_uid,
    )


def _text(annotation: Annotation, language: str) -> hd.pr.TextObject:
    column, row = annotation.points[-1]
    return hd.pr.TextObject(
        text_value=caption(annotation, language) or str(annotation.tool),
        units=hd.pr.AnnotationUnitsValues.PIXEL,
        anchor_point=(max(0.0, column), max(0.0, row)),
        tracking_id=f"{annotation.tool}",
        tracking_uid=annotation.tracking_uid,
    )


def caption(annotation: Annotation, language: str) -> str:
    """What stands beside the drawing: its name and values, as the report's language writes them."""
    values = [_shown(one, language) for one in annotation.measurements]
    between = "; " if language == "nl" and len(values) > 1 else ", "
    return ": ".join(part for part in (line(annotation.label), between.join(values)) if part)


def _shown(measurement: Measurement, language: str) -> str:
    unit = _UNITS.get(measurement.unit, measurement.unit)
    number = f"{measurement.value:.1f}"
    if language == "nl":
        number = number.replace(".", ",")
    return f"{_SIGNS[language][measurement.name]}{number} {unit}".strip()
