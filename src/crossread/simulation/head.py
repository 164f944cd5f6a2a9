"""A head that looks like one: the same person has the same skull and furrows in every examination.

The middle of the head is the origin, at the height of the foramina of Monro; see `solids` for the
axes. Sizes are those of an adult.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from crossread.simulation import head_parts as parts
from crossread.simulation.canvas import Canvas, Contrast, Tissue
from crossread.simulation.solids import (
    Ellipsoid,
    Field,
    Point,
    between,
    clouds,
    crosses,
    filled,
    joined,
)

FLOOR, VERTEX = -72.0, 100.0  # mm: the heights between which there is something to see


@dataclass(frozen=True, slots=True)
class Haemorrhage:
    """A fresh bleeding inside the brain, with the swelling around it."""

    centre: Point = (-29.0, 2.0, 9.0)  # right putamen, where hypertension makes them
    radii: Point = (11.5, 17.0, 13.0)
    turn: float = -14.0
    rim: float = 4.5  # mm of oedema
    push: float = 3.4  # mm by which what is beside it gives way


class Head:
    """One person's head."""

    def __init__(
        self, seed: int, *, haemorrhage: Haemorrhage | None = None, atrophy: float = 1.0
    ) -> None:
        rng = np.random.default_rng(seed)
        self.haemorrhage = haemorrhage
        self.atrophy = atrophy  # 1: as expected at the age of seventy; less is younger
        self.width = 1 + 0.02 * float(rng.uniform(-1, 1))
        self._bend = clouds(rng, (2, 12, 16, 16), (0, 1.2, 1.2, 1.2), "nearest")
        self._furrows = clouds(rng, (46, 128, 12), (1.5, 1.5, 1.5), "wrap")
        self._grain = clouds(rng, (48, 96, 96), 0.8, "wrap")
        self._axes: tuple[Field, Field] = (np.zeros(0, np.float32), np.zeros(0, np.float32))
        self._spots = [
            Ellipsoid((side * float(a), float(b), float(c)), (float(r), float(r) * 1.3, 3.0))
            for side, a, b, c, r in zip(
                rng.choice((-1, 1), 14),
                rng.uniform(20, 33, 14),
                rng.uniform(-38, 44, 14),
                rng.uniform(14, 42, 14),
                rng.uniform(1.0, 2.3, 14),
                strict=True,
            )
        ]

    def slice(self, x: Field, y: Field, z: float, contrasts: tuple[Contrast, ...]) -> list[Field]:
        """The picture at height `z` in each contrast; `x` (1, n) and `y` (n, 1) in mm."""
        self._axes = x.ravel(), y.ravel()
        bent_x, bent_y = self._bent(x, y, z)
        canvas = Canvas(bent_x, bent_y, z, contrasts)
        cavity = _cavity(bent_x / self.width, bent_y, z)
        self._draw_skull(canvas, cavity)
        if cavity.min() < 0:
            self._draw_brain(canvas, cavity)
        return canvas.pictures

    def _bent(self, x: Field, y: Field, z: float) -> tuple[Field, Field]:
        """The axes as this person bends them, so that left and right differ a little."""
        height = (z - FLOOR) / (VERTEX - FLOOR) * 10
        warp_x, warp_y = (
            _plane(layer, height, (y + 120) / 16, (x + 120) / 16, around=False)
            for layer in self._bend
        )
        wide_x, wide_y = x + 1.1 * warp_x, y + 1.1 * warp_y
        lesion = self.haemorrhage
        if lesion is not None:
            cx, cy, cz = lesion.centre
            away = (wide_x - cx) ** 2 + (wide_y - cy) ** 2 + (z - cz) ** 2
            near = np.exp(-away / (2 * 26.0**2)) * np.clip(np.abs(wide_x - cx) / 12, 0, 1)
            wide_x = wide_x - np.sign(wide_x - cx) * np.float32(lesion.push) * near
        return wide_x.astype(np.float32), wide_y.astype(np.float32)

    def _draw_skull(self, canvas: Canvas, cavity: Field) -> None:
        x, y, z = canvas.x, canvas.y, canvas.z
        uneven = self._grained(z, 22.0)
        thickness = 6.2 + 0.9 * uneven + 1.6 * np.clip(y / 80, 0, 1) ** 2
        outside = _outline(x / self.width, y, z, cavity - thickness)
        canvas.paint(filled(outside, 0.7), Tissue.SKIN)
        canvas.paint(filled(outside + 2.0, 0.7), Tissue.FAT)
        canvas.place(parts.MUSCLES, Tissue.MUSCLE, softness=1.2)
        canvas.paint(filled(cavity - thickness - 1.2, 0.7), Tissue.MUSCLE)  # galea
        canvas.paint(filled(cavity - thickness, 0.6), Tissue.BONE)
        spongy = filled(np.abs(cavity - thickness / 2) - (thickness / 2 - 2.1), 0.9)
        canvas.paint(np.clip(spongy * (0.75 + 0.25 * uneven), 0, 1), Tissue.MARROW)
        self._draw_face(canvas)

    def _draw_face(self, canvas: Canvas) -> None:
        canvas.place(parts.FACE_BONES, Tissue.BONE, softness=0.8)
        canvas.place(parts.FACE_BONES, Tissue.MARROW, softness=1.2, grow=-3.2)
        canvas.place(parts.SINUSES, Tissue.BONE, softness=0.7, grow=1.3)
        canvas.place(parts.SINUSES, Tissue.AIR, softness=0.7)
        cells = canvas.cover_of(parts.AIR_CELLS)
        if cells.any():
            walls = np.abs(self._grained(canvas.z, 3.6))
            canvas.paint(cells * np.clip((walls - 0.28) * 3.5, 0, 1), Tissue.AIR)
        canvas.place(parts.ORBITS, Tissue.BONE, grow=2.0)
        canvas.place(parts.ORBITS, Tissue.FAT)
        canvas.place(parts.ORBIT_MOUTHS, Tissue.FAT)
        canvas.place(parts.EYE_MUSCLES, Tissue.MUSCLE)
        canvas.place(parts.EYEBALLS, Tissue.MUSCLE)
        canvas.place(parts.EYEBALLS, Tissue.VITREOUS, grow=-1.3)
        canvas.place(parts.LENSES, Tissue.LENS)

    def _draw_brain(self, canvas: Canvas, cavity: Field) -> None:
        x, y, z = canvas.x, canvas.y, canvas.z
        inside = filled(cavity, 0.6)
        canvas.paint(inside, Tissue.FLUID)
        roof = _tentorium(x, y)
        cerebellum = inside * filled(parts.POSTERIOR_FOSSA.distance(x, y, z) + 2.0, 0.8)
        cerebellum *= filled(z - roof + 1.5, 1.5)
        under = filled(z - roof - 0.5, 1.5) * filled(
            parts.POSTERIOR_FOSSA.distance(x, y, z) - 1.0, 1.0
        )
        forebrain = inside * (1 - under * filled(4.0 - y, 3.0))
        self._draw_mantle(canvas, cavity, forebrain)
        self._draw_cerebellum(canvas, cerebellum)
        self._draw_stem(canvas)
        self._draw_deep_grey(canvas)
        self._draw_ventricles(canvas)
        self._draw_dura(canvas, cavity, roof, inside)
        if self.haemorrhage is not None:
            self._draw_haemorrhage(canvas, self.haemorrhage)

    def _draw_mantle(self, canvas: Canvas, cavity: Field, where: Field) -> None:
        x, y, z = canvas.x, canvas.y, canvas.z
        gap = 1.0 + 0.9 * self.atrophy
        depth = np.minimum(-cavity - gap, np.abs(x) - 0.5 * gap if z > -18 else 99.0)
        sylvian = canvas.cover_of(parts.SYLVIAN, softness=1.0)
        furrow, opened = self._furrow_distance(x, y, z, cavity)
        brain = where * filled(-depth, 0.7)
        canvas.paint(brain, Tissue.GREY)
        ribbon = np.minimum(depth - 3.4, furrow - 3.2)
        canvas.paint(brain * filled(-ribbon, 1.2), Tissue.WHITE)
        canvas.paint(brain * filled(furrow - opened, 0.55) * np.clip(depth + 1, 0, 1), Tissue.FLUID)
        canvas.place(parts.INSULA, Tissue.GREY, softness=1.2)
        canvas.paint(where * sylvian, Tissue.FLUID)
        canvas.place(self._spots, Tissue.GLIOSIS, softness=1.0)

    def _furrow_distance(self, x: Field, y: Field, z: float, cavity: Field) -> tuple[Field, Field]:
        """Millimetres to the middle of the nearest sulcus, and half of how wide it is.

        Furrows are where a random field is zero; it is drawn out from the surface to the depth, so
        that they run as sulci do.
        """
        angle = np.arctan2(y, x) / (2 * np.pi) * 128
        below = np.clip(-cavity, 0, 44)
        coordinates = [np.full_like(x, (z - FLOOR) / 4.0), angle, below / 4.4]
        wave = ndimage.map_coordinates(
            self._furrows, coordinates, order=1, mode="grid-wrap", output=np.float32
        )
        winding = self._grained(z + 300, 9.0)
        radius = np.hypot(x / 66, y / 84)  # towards the vertex the surface lies flat
        lying = np.clip((0.7 - radius) * 4, 0, 1) * min(max((z - 46) / 24, 0.0), 1.0)
        low = min(max((10 - z) / 14, 0.0), 1.0)  # below, furrows run every way
        flat = np.maximum(lying, low)
        wave = wave * (1 - flat) + winding * flat
        reach = 15 + 6 * winding + 18 * lying
        medial = (np.abs(x) < 13 + 4 * winding) & (np.abs(x) < below)
        if z > -4:
            wave = np.where(medial & (lying < 0.5), winding, wave)
        far = np.maximum(np.abs(y) - 38, z - 34)  # the inner face of a half begins outside these
        shut = np.clip((np.where(medial & (far > 0), 0, below) - reach) / 3, 0, 1)
        step = float(x[0, 1] - x[0, 0])
        steep_y, steep_x = np.gradient(wave, step)
        distance = np.abs(wave) / (np.hypot(steep_x, steep_y) + 0.035)
        opened = (0.2 + 0.6 * self.atrophy) * np.clip(1.2 - below / 32, 0.3, 1)
        return np.asarray(distance + 12 * shut, np.float32), np.asarray(opened - 3 * shut)

    def _draw_cerebellum(self, canvas: Canvas, where: Field) -> None:
        if not where.any():
            return
        x, y, z = canvas.x, canvas.y, canvas.z
        depth = -parts.POSTERIOR_FOSSA.distance(x, y, z) - 2.0
        leaves = np.sin(depth * 1.3 + 0.06 * x + 2.6 * self._grained(z, 14.0))
        canvas.paint(where, Tissue.GREY)
        canvas.paint(where * 0.2 * filled(0.55 - leaves, 0.4), Tissue.FLUID)
        arbour = canvas.cover_of(parts.ARBOUR, softness=3.0)
        canvas.paint(where * arbour, Tissue.WHITE)

    def _draw_stem(self, canvas: Canvas) -> None:
        canvas.place(parts.CISTERNS, Tissue.FLUID, softness=1.2)
        canvas.place(parts.STEM, Tissue.WHITE, softness=1.0)
        canvas.place(parts.STEM, Tissue.GREY, softness=2.0, grow=-4.5)
        canvas.place(parts.FOURTH_VENTRICLE, Tissue.FLUID, grow=0.7 * self.atrophy - 0.7)

    def _draw_deep_grey(self, canvas: Canvas) -> None:
        canvas.place(parts.CORPUS_CALLOSUM, Tissue.WHITE, softness=1.0)
        canvas.place(parts.DEEP_WHITE, Tissue.WHITE, softness=2.0)
        canvas.place(parts.DEEP_GREY, Tissue.GREY, softness=1.1)

    def _draw_ventricles(self, canvas: Canvas) -> None:
        canvas.place(parts.VENTRICLES, Tissue.FLUID, softness=0.8, grow=1.3 * (self.atrophy - 1))
        canvas.place(parts.SEPTUM, Tissue.WHITE, softness=0.5)
        canvas.place(parts.PLEXUS, Tissue.GREY, softness=1.0)
        canvas.place(parts.CALCIFIED, Tissue.CALCIUM, softness=1.0)

    def _draw_dura(self, canvas: Canvas, cavity: Field, roof: Field, inside: Field) -> None:
        x, y, z = canvas.x, canvas.y, canvas.z
        reach = np.maximum(-31.0 + 0.5 * max(z, 0.0) - y, 0) + np.maximum(y - 38.0 + 0.5 * z, 0)
        if z > 34:
            reach = np.full_like(x, 5.0)
        falx = filled(np.abs(x) - 0.75, 0.6) * np.clip(reach / 4, 0, 1)
        if z < -6:
            falx = falx * 0
        canvas.paint(inside * falx, Tissue.DURA)
        leaf = filled(np.abs(z - roof) - 0.35, 0.5) * filled(8.0 - y, 3.0)
        leaf *= filled(13.0 - np.hypot(x, y - 10), 2.0)
        canvas.paint(inside * leaf * 0.8, Tissue.DURA)
        sinus = np.maximum(np.abs(x) * 1.4 - (cavity + 7.0), -cavity - 6.0)
        canvas.paint(
            inside * filled(sinus, 0.8) * np.clip((y - 10) / 20, 0, 1), Tissue.VENOUS_BLOOD
        )

    def _draw_haemorrhage(self, canvas: Canvas, lesion: Haemorrhage) -> None:
        x, y, z = canvas.x, canvas.y, canvas.z
        body = Ellipsoid(lesion.centre, lesion.radii, lesion.turn)
        lobed = body.distance(x, y, z) + 1.7 * self._grained(z, 11.0)
        lobed = joined(lobed, Ellipsoid((-34, 12, 12), (6, 7, 6)).distance(x, y, z), 5.0)
        if lobed.min() > 20:
            return
        canvas.paint(filled(lobed - lesion.rim, 1.6) * 0.9, Tissue.OEDEMA)
        canvas.paint(filled(lobed, 0.8), Tissue.CLOT)

    def _grained(self, z: float, scale: float) -> Field:
        """This person's random field at grains of about `scale` mm."""
        unit = scale / 3
        x, y = self._axes
        return _plane(self._grain, z / unit, (y + 120) / unit, (x + 120) / unit, around=True)


def _plane(field: Field, height: float, rows: Field, columns: Field, *, around: bool) -> Field:
    """A level cut through a field on a grid, at positions counted in cells."""
    levels = between(field[:, 0, 0], np.array([height], np.float32), around=around)[0]
    cut = np.tensordot(levels, field, 1)
    down = between(cut, rows.ravel(), around=around)
    across = between(cut, columns.ravel(), around=around)
    return np.asarray(down @ cut @ across.T, np.float32)


def _cavity(x: Field, y: Field, z: float) -> Field:
    """The distance to the inner table of the skull."""
    oval = x / (1 + 0.0011 * y)  # broader behind than before
    vault = Ellipsoid((0, 0, 5), (67, 85, 78)).distance(oval, y, z)
    floor = -14.0 - 12.0 * np.clip((y + 34) / 12, 0, 1) - z
    vault = np.maximum(vault, floor)
    cavity = vault
    for fossa in parts.FOSSAE:
        if crosses(fossa, z, 12.0):
            cavity = joined(cavity, fossa.distance(x, y, z), 4.0)
    for ridge in parts.RIDGES:
        if crosses(ridge, z, 12.0):
            cavity = np.maximum(cavity, -ridge.distance(x, y, z))
    return cavity


def _outline(x: Field, y: Field, z: float, skull: Field) -> Field:
    """The distance to the skin."""
    outline = skull - 6.0
    for part in parts.SOFT_PARTS:
        if crosses(part, z, 10.0):
            outline = joined(outline, part.distance(x, y, z), 9.0)
    for ear in parts.EARS:
        if crosses(ear, z, 4.0):
            outline = joined(outline, ear.distance(x, y, z), 3.0)
    return outline


def _tentorium(x: Field, y: Field) -> Field:
    """The height of the tentorium at each place."""
    behind = np.maximum(y - 24, 0)
    return np.asarray(2.0 - 0.42 * np.abs(x) - 0.22 * behind, np.float32)
