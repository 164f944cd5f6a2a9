"""What an annotation measures, from the image's own geometry and pixels.

The reading room draws; the numbers that go into a report are computed here, from the archive.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossread.platform.errors import Refused
from crossread.reporting.model import Annotation, Measurement, Tool

POINTS = {Tool.LENGTH: 2, Tool.ELLIPSE: 4}
_SLACK = 2.0  # pixels that a point may lie outside the image
_PER_FRAME, _SHARED = "52009230", "52009229"  # functional groups
_PIXEL_MEASURES, _PIXEL_VALUES = "00289110", "00289145"
Pixels = NDArray[np.float64]  # (rows, columns), after the modality LUT
Point = tuple[float, float]  # (column, row)


class WrongAnnotation(Refused):
    """The annotation cannot be measured on this image."""


@dataclass(frozen=True, slots=True)
class Geometry:
    """How pixels of an image lie in the body."""

    rows: int
    columns: int
    row_spacing: float  # mm between rows; 0: not known
    column_spacing: float  # mm between columns; 0: not known
    unit: str  # UCUM of a pixel value: '[hnsf'U]' for Hounsfield units, else '1'
    slope: float
    intercept: float

    @property
    def calibrated(self) -> bool:
        """Whether distances can be told in millimetres."""
        return self.row_spacing > 0 and self.column_spacing > 0


def geometry(metadata: Mapping[str, Any], frame: int = 1) -> Geometry:
    """The geometry that an instance's metadata (DICOM JSON) tells of one of its frames.

    PixelSpacing, else ImagerPixelSpacing: at the detector, so a length in a projection image is
    somewhat longer than in the body (PS3.3 10.7.1.3).
    """

    def values(tag: str, group: str = "") -> list[Any]:
        return _values(metadata, frame, tag, group)

    spacing = values("00280030", _PIXEL_MEASURES) or values("00181164") or [0, 0]
    intercept = values("00281052", _PIXEL_VALUES)
    modality = (values("00080060") or [""])[0]
    # a CT image need not say that its values are Hounsfield units (PS3.3 C.8.2.1.1.1), but a screen
    # that was saved into a CT study has no rescale at all, and shows only shades of gray
    unsaid = "HU" if modality == "CT" and intercept else ""
    kind = (values("00281054", _PIXEL_VALUES) or [unsaid])[0]
    return Geometry(
        rows=int((values("00280010") or [0])[0]),
        columns=int((values("00280011") or [0])[0]),
        row_spacing=float(spacing[0]),
        column_spacing=float(spacing[-1]),
        unit="[hnsf'U]" if kind == "HU" else "1",
        slope=float((values("00281053", _PIXEL_VALUES) or [1])[0]),
        intercept=float((intercept or [0])[0]),
    )


def _values(metadata: Mapping[str, Any], frame: int, tag: str, group: str) -> list[Any]:
    """An attribute of a frame: from its functional groups (PS3.3 C.7.6.16), or the image's own."""
    per_frame = (metadata.get(_PER_FRAME, {}).get("Value") or [])[frame - 1 : frame]
    shared = metadata.get(_SHARED, {}).get("Value") or []
    for groups in (*per_frame, *shared) if group else ():
        for item in groups.get(group, {}).get("Value") or ():
            if found := item.get(tag, {}).get("Value"):
                return list(found)
    return list(metadata.get(tag, {}).get("Value") or [])


def within(annotation: Annotation, shape: Geometry) -> Annotation:
    """The same annotation with its points on the image (PS3.3 C.18.6.1.1).

    A hand that draws along the edge may be a little outside it; an ellipse then keeps its centre.

    Raises:
        WrongAnnotation: too few or too many points, or one that is not on this image.
    """
    _check(annotation, shape)
    match annotation.tool:
        case Tool.LENGTH:
            points = tuple(_on_image(point, shape) for point in annotation.points)
        case Tool.ELLIPSE:
            a, b, c, d = annotation.points
            if math.dist(_middle(a, b), _middle(c, d)) > 1:
                raise WrongAnnotation("The axes of an ellipse cross.", reasons=("points",))
            points = (*_axis_on_image(a, b, shape), *_axis_on_image(c, d, shape))
    return replace(annotation, points=points)


def _on_image(point: Point, shape: Geometry) -> Point:
    return (
        min(max(point[0], 0.0), float(shape.columns)),
        min(max(point[1], 0.0), float(shape.rows)),
    )


def _middle(first: Point, second: Point) -> Point:
    return ((first[0] + second[0]) / 2, (first[1] + second[1]) / 2)


def _axis_on_image(first: Point, second: Point, shape: Geometry) -> tuple[Point, Point]:
    """The two ends of an axis, both drawn in by the same part where one lies outside."""
    middle = _middle(first, second)
    if middle != _on_image(middle, shape):
        raise WrongAnnotation("The ellipse lies outside the image.", reasons=("points",))
    part = 1.0
    for end in (first, second):
        for place, centre, limit in zip(end, middle, (shape.columns, shape.rows), strict=True):
            room = limit - centre if place > centre else centre
            part = min(part, room / abs(place - centre)) if place != centre else part
    if part == 1:
        return first, second
    return _drawn_in(first, middle, part, shape), _drawn_in(second, middle, part, shape)


def _drawn_in(end: Point, middle: Point, part: float, shape: Geometry) -> Point:
    return _on_image(
        (middle[0] + part * (end[0] - middle[0]), middle[1] + part * (end[1] - middle[1])), shape
    )


def measurements(
    annotation: Annotation, shape: Geometry, pixels: Pixels | None
) -> tuple[Measurement, ...]:
    """The values of an annotation. Raises WrongAnnotation.

    `pixels` may be None where no decoder is at hand; statistics are then left out.
    """
    _check(annotation, shape)
    match annotation.tool:
        case Tool.LENGTH:
            return (_length(annotation, shape),)
        case Tool.ELLIPSE:
            area = _area(annotation, shape)
            return (
                (area, *_statistics(annotation, shape, pixels)) if pixels is not None else (area,)
            )


def _check(annotation: Annotation, shape: Geometry) -> None:
    if len(annotation.points) != POINTS[annotation.tool]:
        raise WrongAnnotation(
            f"A {annotation.tool} has {POINTS[annotation.tool]} points.", reasons=("points",)
        )
    for column, row in annotation.points:
        inside = (
            -_SLACK <= column <= shape.columns + _SLACK and -_SLACK <= row <= shape.rows + _SLACK
        )
        if not (math.isfinite(column) and math.isfinite(row) and inside):
            raise WrongAnnotation("A point lies outside the image.", reasons=("points",))


def _length(annotation: Annotation, shape: Geometry) -> Measurement:
    first, second = annotation.points
    return Measurement("length", _distance(first, second, shape), _distance_unit(shape))


def _distance(first: Point, second: Point, shape: Geometry) -> float:
    along = (second[0] - first[0]) * (shape.column_spacing if shape.calibrated else 1)
    down = (second[1] - first[1]) * (shape.row_spacing if shape.calibrated else 1)
    return math.hypot(along, down)


def _distance_unit(shape: Geometry) -> str:
    return "mm" if shape.calibrated else "{pixels}"


def _area(annotation: Annotation, shape: Geometry) -> Measurement:
    (ux, uy), (vx, vy) = _half_axes(annotation)
    # of pixels first: where they are not square, the axes are not perpendicular in the body
    area = math.pi * abs(ux * vy - uy * vx)
    if shape.calibrated:
        return Measurement("area", area * shape.row_spacing * shape.column_spacing, "mm2")
    return Measurement("area", area, "{pixels}")


def _half_axes(annotation: Annotation) -> tuple[Point, Point]:
    a, b, c, d = annotation.points
    return ((b[0] - a[0]) / 2, (b[1] - a[1]) / 2), ((d[0] - c[0]) / 2, (d[1] - c[1]) / 2)


def _statistics(annotation: Annotation, shape: Geometry, pixels: Pixels) -> tuple[Measurement, ...]:
    """Mean and standard deviation of the pixels whose centre lies inside the ellipse."""
    inside = pixels[_mask(annotation, shape)]
    if not inside.size:
        return ()
    return (
        Measurement("mean", float(inside.mean()), shape.unit),
        Measurement("standard_deviation", float(inside.std()), shape.unit),
    )


def _mask(annotation: Annotation, shape: Geometry) -> NDArray[np.bool_]:
    (ux, uy), (vx, vy) = _half_axes(annotation)
    size = ux * vy - uy * vx
    if not size:
        return np.zeros((shape.rows, shape.columns), dtype=np.bool_)
    middle_x, middle_y = _middle(annotation.points[0], annotation.points[1])
    # the centre of pixel (row, column) lies at (column + 0.5, row + 0.5)
    x = np.arange(shape.columns) + 0.5 - middle_x
    y = np.arange(shape.rows)[:, None] + 0.5 - middle_y
    along, across = (x * vy - y * vx) / size, (ux * y - uy * x) / size
    inside: NDArray[np.bool_] = along**2 + across**2 <= 1
    return inside
