"""What annotations measure."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.reporting.bundles import annotation

from crossread.reporting.measure import WrongAnnotation, geometry, measurements
from crossread.reporting.model import Tool


def metadata(rows: int = 100, columns: int = 100, spacing: tuple[float, float] | None = (0.5, 0.5),
             **more: Any) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {
        "00280010": {"Value": [rows]},
        "00280011": {"Value": [columns]},
        "00080060": {"Value": ["CT"]},
        "00281052": {"Value": [-1024]},
        "00281053": {"Value": [1]},
    }
    if spacing:
        found["00280030"] = {"Value": list(spacing)}
    return found | more


PLACE = st.floats(0, 100)


@given(PLACE, PLACE, PLACE, PLACE, st.floats(0.1, 2), st.floats(0.1, 2))
def test_a_length_is_the_distance_in_the_body(
    x1: float, y1: float, x2: float, y2: float, row: float, column: float
) -> None:
    shape = geometry(metadata(spacing=(row, column)))
    [length] = measurements(annotation(points=((x1, y1), (x2, y2))), shape, None)
    assert length.unit == "mm"
    assert math.isclose(length.value, math.hypot((x2 - x1) * column, (y2 - y1) * row), abs_tol=1e-9)


def test_without_spacing_a_length_is_in_pixels() -> None:
    shape = geometry(metadata(spacing=None))
    [length] = measurements(annotation(points=((0, 0), (3, 4))), shape, None)
    assert (length.value, length.unit) == (5, "{pixels}")


def test_a_projection_is_measured_at_its_detector() -> None:
    shape = geometry(metadata(spacing=None) | {"00181164": {"Value": [0.2, 0.2]}})
    [length] = measurements(annotation(points=((0, 0), (30, 40))), shape, None)
    assert (round(length.value, 9), length.unit) == (10, "mm")


def test_an_ellipse_counts_the_pixels_inside_it() -> None:
    pixels = np.zeros((100, 100))
    pixels[40:60, 30:70] = 65
    ellipse = annotation(
        tool=Tool.ELLIPSE, points=((35.0, 50.0), (65.0, 50.0), (50.0, 42.0), (50.0, 58.0))
    )
    area, mean, deviation = measurements(ellipse, geometry(metadata()), pixels)
    assert math.isclose(area.value, math.pi * 15 * 8 * 0.25)
    assert (mean.value, mean.unit) == (65, "[hnsf'U]")
    assert deviation.value == 0


@given(st.floats(2, 30), st.floats(2, 30), st.floats(0, math.pi))
def test_the_pixels_of_an_ellipse_are_about_its_area(a: float, b: float, angle: float) -> None:
    along = (a * math.cos(angle), a * math.sin(angle))
    across = (-b * math.sin(angle), b * math.cos(angle))
    points = tuple(
        (50 + sign * axis[0], 50 + sign * axis[1]) for axis in (along, across) for sign in (-1, 1)
    )
    marked = np.ones((100, 100))
    shape = geometry(metadata(spacing=(1, 1)))
    area, *_ = measurements(annotation(tool=Tool.ELLIPSE, points=points), shape, marked)
    assert math.isclose(area.value, math.pi * a * b, rel_tol=1e-6)


@pytest.mark.parametrize(
    "points", [((0.0, 0.0),), ((0.0, 0.0), (500.0, 0.0)), ((0.0, 0.0), (math.nan, 0.0))]
)
def test_what_cannot_be_measured_is_refused(points: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(WrongAnnotation):
        measurements(annotation(points=points), geometry(metadata()), None)
