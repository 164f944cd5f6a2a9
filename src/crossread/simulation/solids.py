"""Shapes in millimetres of the patient's space, and how much of a pixel they fill.

Axes are those of DICOM (PS3.3 C.7.6.2.1.1): x grows to the patient's left, y to the back, z to the
head. A distance is negative inside a shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Field = NDArray[np.floating[Any]]
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """An ellipsoid, turned about the z axis by `turn` degrees."""

    centre: Point
    radii: Point
    turn: float = 0.0

    def reach(self) -> tuple[Point, Point]:
        """The lowest and highest corner of a box around it."""
        widest = max(self.radii[:2]) if self.turn else 0.0
        extent = (max(self.radii[0], widest), max(self.radii[1], widest), self.radii[2])
        return _corners(self.centre, self.centre, extent)

    def distance(self, x: Field, y: Field, z: float | Field) -> Field:
        """Millimetres to the surface, near it; further away only the sign is sure."""
        dx, dy, dz = x - self.centre[0], y - self.centre[1], z - self.centre[2]
        if self.turn:
            angle = np.deg2rad(self.turn)
            cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
            dx, dy = dx * cos + dy * sin, dy * cos - dx * sin
        a, b, c = self.radii
        near = (dx / a) ** 2 + (dy / b) ** 2 + (dz / c) ** 2
        steep = (dx / a**2) ** 2 + (dy / b**2) ** 2 + (dz / c**2) ** 2
        length = np.sqrt(near)
        return np.asarray(length * (length - 1) / (np.sqrt(steep) + 1e-6), np.float32)

    def mirrored(self) -> "Ellipsoid":
        """The same on the other side of the body."""
        x, y, z = self.centre
        return replace(self, centre=(-x, y, z), turn=-self.turn)


@dataclass(frozen=True, slots=True)
class Capsule:
    """Everything within `radius` of the line from `start` to `end`."""

    start: Point
    end: Point
    radius: float

    def reach(self) -> tuple[Point, Point]:
        """The lowest and highest corner of a box around it."""
        return _corners(self.start, self.end, (self.radius,) * 3)

    def distance(self, x: Field, y: Field, z: float | Field) -> Field:
        """Millimetres to the surface."""
        along = np.subtract(self.end, self.start).astype(np.float32)
        dx, dy, dz = x - self.start[0], y - self.start[1], z - self.start[2]
        square = float(along @ along)
        part = np.clip((dx * along[0] + dy * along[1] + dz * along[2]) / square, 0, 1)
        away = (dx - part * along[0]) ** 2 + (dy - part * along[1]) ** 2
        away = away + (dz - part * along[2]) ** 2
        return np.asarray(np.sqrt(away) - self.radius, np.float32)

    def mirrored(self) -> "Capsule":
        """The same on the other side of the body."""
        (ax, ay, az), (bx, by, bz) = self.start, self.end
        return replace(self, start=(-ax, ay, az), end=(-bx, by, bz))


Solid = Ellipsoid | Capsule


def on_both_sides(*solids: Solid) -> Iterator[Solid]:
    """Each solid and its mirror image."""
    for solid in solids:
        yield solid
        yield solid.mirrored()


def crosses(solid: Solid, z: float, margin: float) -> bool:
    """Whether a solid comes within `margin` mm of the plane at height `z`."""
    low, high = solid.reach()
    return low[2] - margin <= z <= high[2] + margin


def filled(distance: Field, softness: float) -> Field:
    """How much of a pixel lies inside, from 0 to 1, over an edge `softness` mm to either side."""
    return np.asarray(np.clip(0.5 - distance / (2 * softness), 0, 1))


def joined(first: Field, second: Field, blend: float) -> Field:
    """The distance to two shapes that flow into each other over `blend` mm."""
    mix = np.clip(blend - np.abs(first - second), 0, None)
    return np.asarray(np.minimum(first, second) - mix * mix / (4 * blend))


def clouds(
    rng: np.random.Generator, shape: tuple[int, ...], smooth: float | tuple[float, ...], mode: str
) -> Field:
    """A random field without grain finer than `smooth` cells, with mean 0 and deviation 1."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), smooth, mode=mode)
    field -= field.mean()
    return np.asarray(field / (field.std() + 1e-9), np.float32)


def between(field: Field, at: Field, *, around: bool) -> Field:
    """The matrix that takes a column of `field` to the positions `at`, counted in cells.

    Linear; `around` tells whether the field goes round or its ends go on for ever.
    """
    size = field.shape[-1]
    if not around:
        at = np.clip(at, 0, size - 1.001)
    lower = np.floor(at).astype(np.int64)
    part = (at - lower).astype(np.float32)
    rows = np.arange(at.size)
    matrix = np.zeros((at.size, size), np.float32)
    np.add.at(matrix, (rows, lower % size), 1 - part)
    np.add.at(matrix, (rows, (lower + 1) % size), part)
    return matrix


def _corners(first: Point, last: Point, extent: Point) -> tuple[Point, Point]:
    low = tuple(min(a, b) - e for a, b, e in zip(first, last, extent, strict=True))
    high = tuple(max(a, b) + e for a, b, e in zip(first, last, extent, strict=True))
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])
