"""What an annotation measures, from the image's own geometry and pixels.

The reading room draws; the numbers that go into a report are computed here, from the archive.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossread.platform.errors import Refused
from crossread.reporting.model import Annotation, Measurement, Tool

POINTS = {Tool.LENGTH: 2, Tool.ELLIPSE: 4}
_SLACK = 2.0  # pixels that a point may lie outside the image
Pixels = NDArray[np.float64]  # (rows, columns), after the modality LUT


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


def geometry(metadata: Mapping[str, Any]) -> Geometry:
    """The geometry that an instance's metadata (DICOM JSON) tells.

    PixelSpacing, else ImagerPixelSpacing: at the detector, so a length in a projection image is
    somewhat longer than in the body (PS3.3 10.7.1.3).
    """

    def values(tag: str) -> list[Any]:
        return list(metadata.get(tag, {}).get("Value") or [])

    spacing = values("00280030") or values("00181164") or [0, 0]
    modality = (values("00080060") or [""])[0]
    kind = (values("00281054") or ["HU" if modality == "CT" else ""])[0]
    return Geometry(
        rows=int((values("00280010") or [0])[0]),
        columns=int((values("00280011") or [0])[0]),
        row_spacing=float(spacing[0]),
        column_spacing=float(spacing[-1]),
        unit="[hnsf'U]" if kind == "HU" else "1",
        slope=float((values("00281053") or [1])[0]),
        intercept=float((values("00281052") or [0])[0]),
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


def _distance(first: tuple[float, float], second: tuple[float, float], shape: Geometry) -> float:
    along = (second[0] - first[0]) * (shape.column_spacing if shape.calibrated else 1)
    down = (second[1] - first[1]) * (shape.row_spacing if shape.calibrated else 1)
    return math.hypot(along, down)


def _distance_unit(shape: Geometry) -> str:
    return "mm" if shape.calibrated else "{pixels}"


def _area(annotation: Annotation, shape: Geometry) -> Measurement:
    a, b, c, d = annotation.points
    area = math.pi / 4 * _distance(a, b, shape) * _distance(c, d, shape)
    return Measurement("area", area, "mm2" if shape.calibrated else "{pixels}")


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
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = annotation.points
    middle_x, middle_y = (ax + bx) / 2, (ay + by) / 2
    one, other = math.hypot(bx - ax, by - ay) / 2, math.hypot(dx - cx, dy - cy) / 2
    if not one or not other:
        return np.zeros((shape.rows, shape.columns), dtype=np.bool_)
    angle = math.atan2(by - ay, bx - ax)
    # the centre of pixel (row, column) lies at (column + 0.5, row + 0.5)
    x = np.arange(shape.columns) + 0.5 - middle_x
    y = np.arange(shape.rows)[:, None] + 0.5 - middle_y
    along = x * math.cos(angle) + y * math.sin(angle)
    across = -x * math.sin(angle) + y * math.cos(angle)
    inside: NDArray[np.bool_] = (along / one) ** 2 + (across / other) ** 2 <= 1
    return inside
