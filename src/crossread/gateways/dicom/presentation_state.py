"""A report's annotations as Grayscale Softcopy Presentation State (PS3.3 A.33.1).

Most PACS draw these over the images, also those that show nothing of a structured report.
"""

from collections.abc import Sequence

import highdicom as hd
from pydicom import Dataset

from crossread import __version__
from crossread.gateways.dicom.measurement_report import points
from crossread.gateways.dicom.outgoing import (
    MANUFACTURER,
    SERIES_OF_ANNOTATIONS,
    encoded,
    person_name,
    stamp,
)
from crossread.reporting.model import Annotation, Measurement, ReportBundle, Tool, object_uid

LAYER = "CROSSREAD"
_SIGNS = {
    "length": "",
    "area": "",
    "mean": "gem. ",
    "standard_deviation": "SD ",
}
_UNITS = {"mm2": "mm²", "[hnsf'U]": "HU", "{pixels}": "px", "1": ""}


def presentation_state(bundle: ReportBundle, images: Sequence[Dataset]) -> list[bytes]:
    """The presentation states of a report's annotations, as files.

    One for each series and image size among the annotated images, since a state shows one area;
    none for colour images, which a grayscale state cannot refer to.
    """
    made = []
    for number, group in enumerate(_groups(bundle, images)):
        state = hd.pr.GrayscaleSoftcopyPresentationState(
            referenced_images=group,
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
            institution_name=bundle.author.hospital_name,
            graphic_layers=[_layer()],
            graphic_annotations=_annotations(bundle, group),
            voi_lut_transformations=_windows(group),
        )
        state.SeriesDescription = "crossread annotations"
        state.Laterality = group[0].get("Laterality", "")  # type 2C (PS3.3 C.7.3.1)
        stamp(state, bundle)
        made.append(encoded(state))
    return made


def _groups(bundle: ReportBundle, images: Sequence[Dataset]) -> list[list[Dataset]]:
    annotated = {one.sop_instance_uid for one in bundle.annotations}
    groups: dict[tuple[str, int, int], list[Dataset]] = {}
    for image in images:
        gray = int(image.get("SamplesPerPixel", 1)) == 1
        if gray and str(image.SOPInstanceUID) in annotated:
            key = (str(image.SeriesInstanceUID), int(image.Rows), int(image.Columns))
            groups.setdefault(key, []).append(image)
    return [groups[key] for key in sorted(groups)]


def _layer() -> hd.pr.GraphicLayer:
    return hd.pr.GraphicLayer(
        LAYER,
        order=1,
        description="Annotations of the report",
        display_color=hd.color.CIELabColor(90.0, -10.0, 80.0),
    )


def _annotations(bundle: ReportBundle, group: Sequence[Dataset]) -> list[hd.pr.GraphicAnnotation]:
    of_image = {str(image.SOPInstanceUID): image for image in group}
    return [
        hd.pr.GraphicAnnotation(
            referenced_images=[of_image[one.sop_instance_uid]],
            graphic_layer=_layer(),
            referenced_frame_number=one.frame if one.frame > 1 else None,
            graphic_objects=[_graphic(one)],
            text_objects=[_text(one)],
        )
        for one in bundle.annotations
        if one.sop_instance_uid in of_image
    ]


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


def _text(annotation: Annotation) -> hd.pr.TextObject:
    column, row = annotation.points[-1]
    return hd.pr.TextObject(
        text_value=caption(annotation),
        units=hd.pr.AnnotationUnitsValues.PIXEL,
        anchor_point=(max(0.0, column), max(0.0, row)),
        tracking_id=f"{annotation.tool}",
        tracking_uid=annotation.tracking_uid,
    )


def caption(annotation: Annotation) -> str:
    """What stands beside the drawing: its name and values, with a decimal comma."""
    values = ", ".join(_shown(one) for one in annotation.measurements)
    return ": ".join(part for part in (annotation.label.strip(), values) if part)


def _shown(measurement: Measurement) -> str:
    unit = _UNITS.get(measurement.unit, measurement.unit)
    number = f"{measurement.value:.1f}".replace(".", ",")
    return f"{_SIGNS[measurement.name]}{number} {unit}".strip()


def _windows(group: Sequence[Dataset]) -> list[hd.pr.SoftcopyVOILUTTransformation] | None:
    """The window of the images, where they have one."""
    image = group[0]
    if "WindowCenter" not in image or "WindowWidth" not in image:
        return None

    def first(value: object) -> float:
        return float(value[0]) if hasattr(value, "__iter__") else float(str(value))  # type: ignore[index]

    width = first(image.WindowWidth)
    if width < 1:
        return None
    return [
        hd.pr.SoftcopyVOILUTTransformation(
            window_center=first(image.WindowCenter), window_width=width
        )
    ]
