"""A chest, and the films an X-ray unit makes of it.

Soft parts are a grid of densities, summed along the beam (Beer-Lambert). Bones and vessels are far
finer than that grid, so they are lines in space whose shadows are drawn at the film's resolution.
Axes as in `solids`; the origin lies in the middle of the chest.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal
from scipy.interpolate import CubicSpline

from crossread.simulation.solids import Ellipsoid, Field, between, filled, joined

WIDTH, HEIGHT = 320.0, 389.0  # mm of film at the patient
MIDDLE = 2.0  # mm: the height at which the beam is aimed
_GRID = 2.0  # mm
_SOFT = 0.020  # attenuation per mm of tissue at about 75 keV
_LUNG = 0.0052
_BONE = 0.092


class View(Enum):
    """From where to where the beam goes (View Position, PS3.3 C.8.11.5.1.1)."""

    PA = "PA"
    LATERAL = "LL"


@dataclass(frozen=True, slots=True)
class Line:
    """A bone or vessel: points along its middle, 0.5 mm apart or so, and its radius in mm."""

    points: NDArray[np.float32]  # (n, 3)
    radius: float
    density: float
    hollow: float = 0.0  # how much weaker its inside is, 0 to 1.2


def films(seed: int, *, width: int = 1760, height: int = 2140) -> dict[View, NDArray[np.uint16]]:
    """Chest films of 12 bits, from the back and from the side, as shown (MONOCHROME2)."""
    spacing = WIDTH / width
    lines = _skeleton() + _vessels(np.random.default_rng(seed))
    soft = _soft_shadows()

    def taken(view: View) -> NDArray[np.uint16]:
        bones = _lines_shadow(lines, view, max(spacing, 0.4))
        shadow = _enlarged(soft[view], width, height) + _enlarged(bones, width, height)
        shadow = ndimage.gaussian_filter(shadow, 0.22 / spacing)
        return _developed(shadow, seed, view, spacing)

    with ThreadPoolExecutor(len(View)) as threads:
        return dict(zip(View, threads.map(taken, View), strict=True))


def _enlarged(field: Field, width: int, height: int) -> Field:
    """A picture at another size, smooth."""
    rows = between(field[:, 0], _spread(field.shape[0], height), around=False)
    columns = between(field[0], _spread(field.shape[1], width), around=False)
    blur = 0.5 * height / field.shape[0]
    enlarged = rows @ field.astype(np.float32) @ columns.T
    return np.asarray(ndimage.gaussian_filter(enlarged, blur) if blur > 0.7 else enlarged)


def _spread(cells: int, count: int) -> Field:
    """Where `count` pixels have their middles among `cells` cells."""
    return np.asarray((np.arange(count) + 0.5) * (cells / count) - 0.5, np.float32)


# --- soft tissue -----------------------------------------------------------------------------


def _soft_shadows() -> dict[View, Field]:
    """Attenuation of everything but bones and vessels, on the coarse grid, head up."""
    heights = np.arange(HEIGHT / 2 - _GRID / 2, -HEIGHT / 2, -_GRID, dtype=np.float32) + MIDDLE
    slabs = [_density(heights[n : n + 12, None, None]) for n in range(0, len(heights), 12)]
    return {
        View.PA: np.concatenate([slab.sum(axis=1) for slab in slabs]) * _GRID,
        View.LATERAL: np.concatenate([slab.sum(axis=2) for slab in slabs]) * _GRID,
    }


def _density(z: Field) -> Field:
    """Attenuation per mm at each place of some levels."""
    y = np.arange(-159, 160, _GRID, dtype=np.float32)[None, :, None]
    x = np.arange(-159, 160, _GRID, dtype=np.float32)[None, None, :]
    density = _SOFT * filled(_body(x, y, z), 1.5)
    lungs = filled(_lungs(x, y, z), 1.2)
    lungs = lungs * (1 - filled(_mediastinum(x, y, z), 2.0))
    density -= (_SOFT - _LUNG) * lungs
    for airway in _AIRWAYS:
        density -= _SOFT * filled(airway(x, y, z), 1.0) * (1 - lungs)
    return np.asarray(np.maximum(density, 0), np.float32)


def _body(x: Field, y: Field, z: Field) -> Field:
    waist = 158 + 10 * np.cos((z + 20) / 90)
    shoulder = 46 * np.clip((z - 60) / 55, 0, 1)
    slope = 146 * np.clip((z - 112) / 66, 0, 1) ** 1.3
    half_width = waist + shoulder - slope
    front, back = -104 + 22 * np.clip((z - 20) / 130, 0, 1), 112 - 12 * np.clip((z - 90) / 90, 0, 1)
    half_depth, middle = (back - front) / 2, (front + back) / 2
    half_depth = half_depth - 0.16 * slope
    radius = (np.abs(x / half_width) ** 2.6 + np.abs((y - middle) / half_depth) ** 2.6) ** (1 / 2.6)
    trunk = (radius - 1) * half_depth
    pectoral = Ellipsoid((68, -82, -40), (56, 24, 52)).distance(np.abs(x), y, z)
    return joined(trunk, pectoral, 26)


def _dome(x: Field, y: Field) -> Field:
    """How high the diaphragm stands; it falls away to the sides and deep behind."""
    right = -66 - 52 * (((x + 66) / 84) ** 2 + ((y + 12) / 105) ** 2)
    left = -82 - 50 * (((x - 68) / 80) ** 2 + ((y + 8) / 105) ** 2)
    height = np.where(x < 0, right, left)
    return np.asarray(height - 44 * np.clip((y - 10) / 70, 0, 1) ** 1.5, np.float32)


def _lungs(x: Field, y: Field, z: Field) -> Field:
    up = np.clip((z + 110) / 258, 0, 1)
    half_width = 137 * np.clip(1 - up**3.5, 0, 1) ** 0.62
    half_depth = 91 * np.clip(1 - (0.94 * up) ** 3.2, 0, 1) ** 0.55
    middle = 3 + 22 * up
    inner = 7.0
    side = np.abs(x)
    centre = (half_width + inner) / 2
    half = np.maximum((half_width - inner) / 2, 1e-3)
    radius = (
        np.abs((side - centre) / half) ** 2.2
        + np.abs((y - middle) / np.maximum(half_depth, 1e-3)) ** 2.2
    ) ** (1 / 2.2)
    hull = (radius - 1) * np.minimum(half, half_depth)
    floor = (_dome(x, y) - z) * 0.8
    return np.asarray(np.maximum(np.maximum(hull, floor), z - 146), np.float32)


def _mediastinum(x: Field, y: Field, z: Field) -> Field:
    tilt = np.deg2rad(32)
    hx, hz = x - 24, z + 52
    cos, sin = float(np.cos(tilt)), float(np.sin(tilt))
    ax, az = hx * cos - hz * sin, hx * sin + hz * cos
    heart = Ellipsoid((0, -28, 0), (71, 47, 54)).distance(ax, y, az)
    atrium = Ellipsoid((-20, -22, -46), (30, 36, 42)).distance(x, y, z)
    column = (np.hypot(x / 17, (y - 8) / 62) - 1) * 17
    upper = np.maximum(np.abs(x + 3) - 18 - 0.05 * np.abs(z - 60), np.abs(y + 4) - 40)
    knob = Ellipsoid((27, 12, 66), (15, 24, 16)).distance(x, y, z)
    trunk = Ellipsoid((32, -8, 34), (16, 20, 15)).distance(x, y, z)
    aorta = np.hypot(x - 23, y - 50) - 13 + 0 * z
    aorta = np.maximum(aorta, z - 62)
    spine = (np.hypot(x / 19, (y - 62) / 26) - 1) * 19
    azygos = Ellipsoid((-24, 22, 50), (8, 10, 8)).distance(x, y, z)
    total = joined(heart, atrium, 10)
    for part in (column, upper, knob, trunk, aorta, spine, azygos):
        total = joined(total, part, 5)
    return total


def _trachea(x: Field, y: Field, z: Field) -> Field:
    middle = -1 - 2.5 * np.clip((110 - z) / 60, 0, 1)
    tube = np.hypot(x - middle, y - 12 - 0.10 * (130 - z)) - 8.5
    return np.asarray(np.maximum(tube, np.maximum(46 - z, z - 230)), np.float32)


def _bronchi(x: Field, y: Field, z: Field) -> Field:
    down = 48 - z
    right = np.hypot(x + 3 + 0.75 * down, y - 20) - 6.5
    left = np.hypot(x + 1 - 1.15 * down, y - 20) - 5.5
    tube = np.minimum(right, left)
    return np.asarray(np.maximum(tube, np.maximum(-down, down - 34)), np.float32)


def _stomach(x: Field, y: Field, z: Field) -> Field:
    bubble = Ellipsoid((62, -8, -112), (36, 34, 16)).distance(x, y, z)
    return np.asarray(np.maximum(bubble, -118 - z), np.float32)


_AIRWAYS = (_trachea, _bronchi, _stomach)


# --- bones and vessels -----------------------------------------------------------------------


def _lines_shadow(lines: list[Line], view: View, spacing: float) -> Field:
    """Attenuation of bones and vessels at `spacing` mm, each line's shadow as wide as it is."""
    size = round(HEIGHT / spacing), round(WIDTH / spacing)
    marks: dict[tuple[float, float], Field] = {}
    for line in lines:
        mark = marks.setdefault((line.radius, line.hollow), np.zeros(size, np.float32))
        across = line.points[:, 0] if view is View.PA else line.points[:, 1]
        column = (across + WIDTH / 2) / spacing - 0.5
        row = (HEIGHT / 2 + MIDDLE - line.points[:, 2]) / spacing - 0.5
        inside = (column >= 0) & (column < size[1] - 1) & (row >= 0) & (row < size[0] - 1)
        step = float(np.linalg.norm(line.points[1] - line.points[0]))
        _drop(mark, row[inside], column[inside], line.density * step / spacing**2)
    shadow = np.zeros(size, np.float32)
    for (radius, hollow), mark in marks.items():
        shadow += signal.oaconvolve(mark, _profile(radius, hollow, spacing), mode="same")
    return np.maximum(shadow, 0)


def _drop(mark: Field, row: Field, column: Field, weight: float) -> None:
    """Share each point among the four pixels around it."""
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    down, right = row - top, column - left
    for dr, dc, part in (
        (0, 0, (1 - down) * (1 - right)),
        (0, 1, (1 - down) * right),
        (1, 0, down * (1 - right)),
        (1, 1, down * right),
    ):
        np.add.at(mark, (top + dr, left + dc), weight * part)


def _profile(radius: float, hollow: float, spacing: float) -> Field:
    """The chord through a ball at each place, per mm of the line that it is drawn along."""
    reach = int(np.ceil(radius / spacing)) + 1
    axis = np.arange(-reach, reach + 1) * spacing
    square = axis[:, None] ** 2 + axis[None, :] ** 2
    ball = np.sqrt(np.clip(radius**2 - square, 0, None)) * spacing**2
    if hollow:
        inner = 0.74 * radius
        ball -= hollow * np.sqrt(np.clip(inner**2 - square, 0, None)) * spacing**2
    return np.asarray(ball / radius * 0.66, np.float32)


def _curve(points: Sequence[tuple[float, float, float]], step: float = 0.5) -> NDArray[np.float32]:
    """A smooth line through points, cut in equal steps."""
    knots = np.asarray(points, np.float64)
    at = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    fine = np.linspace(0, at[-1], max(int(at[-1] / step), 2))
    if len(knots) == 2:
        return np.asarray(knots[0] + fine[:, None] / at[-1] * (knots[1] - knots[0]), np.float32)
    return np.asarray(CubicSpline(at, knots)(fine), np.float32)


def _ribs() -> list[Line]:
    lines = []
    for number in range(1, 13):
        top = 152 - 21.5 * (number - 1)  # height of the joint with the spine
        wide = (58, 87, 109, 123, 133, 138, 141, 143, 142, 137, 124, 102)[number - 1]
        deep = (46, 62, 72, 80, 86, 90, 92, 92, 90, 88, 84, 80)[number - 1]
        end = (150, 150, 150, 150, 148, 142, 134, 126, 116, 104, 78, 56)[number - 1]
        fall = (26, 40, 52, 62, 70, 76, 80, 82, 80, 74, 52, 34)[number - 1]
        for side in (-1, 1):
            turn = np.deg2rad(np.linspace(12, end, 220))
            along = np.linspace(0, 1, 220)
            x = side * wide * np.sin(turn) ** 0.9
            y = 0 + deep * np.cos(turn) - 8 * along
            z = top + 7 * np.sin(np.pi * np.clip(along * 3.2, 0, 1)) - fall * along**1.25
            points = _curve(list(zip(x, y, z, strict=True)))
            lines.append(Line(points, 6.2, _BONE * 0.42, 1.05))
    return lines


def _shoulders() -> list[Line]:
    lines = []
    for s in (-1, 1):
        clavicle = [(s * 16, -72, 122), (s * 55, -70, 131), (s * 105, -38, 140), (s * 152, -8, 152)]
        lines.append(Line(_curve(clavicle), 6.6, _BONE * 0.42, 1.05))
        inner_edge = [(s * 116, 74, 128), (s * 124, 78, 70), (s * 138, 76, 14)]
        outer_edge = [(s * 158, 50, 120), (s * 152, 66, 66), (s * 138, 76, 14)]
        spine = [(s * 116, 78, 120), (s * 140, 76, 134), (s * 172, 40, 156)]
        lines += [Line(_curve(p), 3.4, _BONE * 0.26, 0.9) for p in (inner_edge, outer_edge, spine)]
        head = [(s * 174, 18, 122), (s * 174, 18, 138)]
        lines.append(Line(_curve(head), 22.0, _BONE * 0.16, 0.8))
        lines.append(Line(_curve([(s * 178, 16, 118), (s * 188, 12, -10)]), 11.0, _BONE * 0.3, 1.1))
    return lines


def _skeleton() -> list[Line]:
    return [*_ribs(), *_shoulders(), *_spine(), *_breastbone()]


def _spine() -> list[Line]:
    lines = []
    for number in range(18):
        z = 200 - 24.0 * number
        y = 50 + 12 * np.cos((z - 10) / 95)
        half = 13 + 0.35 * number
        lines += _vertebral_body(y, z, half)
        for s in (-1, 1):
            pedicle = [(s * 9, y + 14, z + 3), (s * 9, y + 24, z + 2)]
            lines.append(Line(_curve(pedicle), 3.4, _BONE * 0.30, 0.9))
            across = [(s * 11, y + 22, z + 2), (s * 30, y + 28, z + 5)]
            lines.append(Line(_curve(across), 3.2, _BONE * 0.22, 0.9))
        process = [(0.0, y + 26, z - 2), (0.0, y + 40, z - 15)]
        lines.append(Line(_curve(process), 3.0, _BONE * 0.24))
    return lines


def _vertebral_body(y: float, z: float, half: float) -> list[Line]:
    lines = []
    for part in np.linspace(-1, 1, 13):
        for rim in (-9.3, 9.3):  # end plates
            plate = [(-half, y + 13 * part, z + rim), (half, y + 13 * part, z + rim)]
            lines.append(Line(_curve(plate), 1.8, _BONE * 0.050))
            plate = [(half * part, y - 13, z + rim), (half * part, y + 13, z + rim)]
            lines.append(Line(_curve(plate), 1.8, _BONE * 0.050))
        waist = 1 - 0.1 * (1 - part * part)
        for edge in (-waist, waist):  # the sides, narrower in the middle
            ring = [(edge * half, y - 12, z + 9 * part), (edge * half, y + 12, z + 9 * part)]
            lines.append(Line(_curve(ring), 1.8, _BONE * 0.040))
            ring = [(-half, y + edge * 13, z + 9 * part), (half, y + edge * 13, z + 9 * part)]
            lines.append(Line(_curve(ring), 1.8, _BONE * 0.040))
    for depth in (-8, 0, 8):
        core = [(-half + 4, y + depth, z), (half - 4, y + depth, z)]
        lines.append(Line(_curve(core), 8.0, _BONE * 0.04))
    return lines


def _breastbone() -> list[Line]:
    lines = []
    for x in (-13, -6, 0, 6, 13):
        path = [(x, -72.0, 118.0), (x, -84.0, 70.0), (x * 0.8, -90.0, -10.0), (x * 0.4, -88, -40)]
        lines.append(Line(_curve(path), 4.2, _BONE * 0.16, 0.9))
    return lines


def _vessels(rng: np.random.Generator) -> list[Line]:
    """The arteries and veins of the lungs, branching from each hilum to the pleura."""
    lines: list[Line] = []
    for side, root in ((-1, (-36.0, 10.0, 12.0)), (1, (38.0, 10.0, 20.0))):
        for _ in range(15):
            polar = rng.uniform(-1.15, 1.15)
            heading = np.array([side * np.cos(polar), rng.uniform(-0.9, 0.9), 1.05 * np.sin(polar)])
            if heading[2] < 0:
                heading[2] *= 1.3
            start = np.asarray(root) + rng.normal(0, (3, 6, 11))
            _branch(rng, lines, start, heading, float(rng.uniform(2.6, 4.6)), 0)
    return lines


def _branch(
    rng: np.random.Generator,
    lines: list[Line],
    start: NDArray[np.float64],
    heading: NDArray[np.float64],
    radius: float,
    depth: int,
) -> None:
    heading = heading / np.linalg.norm(heading)
    length = float(rng.uniform(16, 30)) * (1.0 if depth else 1.25)
    middle = start + heading * length / 2 + rng.normal(0, 1.5, 3)
    end = start + heading * length
    outside = _lungs(*(np.array([[[v]]], np.float32) for v in end))
    if float(outside.item()) > -4 or depth > 6 or radius < 0.42:
        return
    points = _curve([tuple(start), tuple(middle), tuple(end)], 0.6)
    lines.append(Line(points, max(round(radius / 0.4) * 0.4, 0.4), 1.9 * (_SOFT - _LUNG)))
    for share in (0.84, 0.68):
        turned = heading + rng.normal(0, 0.42, 3)
        _branch(rng, lines, end, turned, radius * share, depth + 1)


# --- the picture -----------------------------------------------------------------------------


def _developed(shadow: Field, seed: int, view: View, spacing: float) -> NDArray[np.uint16]:
    """What the unit's own processing makes of the detector's counts: 12 bits, for presentation."""
    rng = np.random.default_rng(seed + 17)
    counts = 9000 * np.exp(-shadow * 0.92) + 90  # scatter keeps the darkest parts from zero
    grain = rng.standard_normal(shadow.shape, dtype=np.float32)
    attenuation = -np.log((counts + 0.5 * np.sqrt(counts) * grain).clip(1) / 9090)
    thumb = _enlarged(attenuation[::8, ::8], attenuation.shape[1] // 16, attenuation.shape[0] // 16)
    broad = ndimage.gaussian_filter(thumb, 22 / spacing / 16)
    evened = attenuation - 0.36 * _enlarged(broad, shadow.shape[1], shadow.shape[0])
    body = shadow[::8, ::8] > 0.9
    low, high = np.percentile(evened[::8, ::8][body], (2.0, 99.5))
    tone = np.clip((evened - low) / (high - low) * 0.86 + 0.14, 0, 1.12)
    picture = 120 + 3500 * tone**1.35 * np.clip(shadow / 0.8, 0, 1)
    _mark_side(picture, view, spacing)
    return np.asarray(np.clip(np.rint(picture), 0, 4095), np.uint16)


_LETTER = {  # lead letters as they lie on the cassette
    "L": ("1....", "1....", "1....", "1....", "1....", "1....", "11111"),
}


def _mark_side(picture: Field, view: View, spacing: float) -> None:
    """A lead L: at the patient's left on a frontal film, in the corner of a lateral one."""
    letter = np.array([[c == "1" for c in row] for row in _LETTER["L"]])
    scale = max(int(2.0 / spacing), 1)
    block = np.kron(letter, np.ones((scale, scale), bool))
    top = int(22 / spacing)
    left = picture.shape[1] - int(30 / spacing) if view is View.PA else int(20 / spacing)
    patch = picture[top : top + block.shape[0], left : left + block.shape[1]]
    patch[block[: patch.shape[0], : patch.shape[1]]] = 4095
