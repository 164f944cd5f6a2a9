"""A head that looks like one: the same person has the same skull and furrows in every examination.

The middle of the head is the origin, at the height of the foramina of Monro; see `solids` for the
axes. Sizes are those of an adult.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from crossread.simulation.canvas import Canvas, Contrast, Tissue
from crossread.simulation.solids import (
    Capsule,
    Ellipsoid,
    Field,
    Point,
    Solid,
    between,
    clouds,
    crosses,
    filled,
    joined,
    on_both_sides,
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
        canvas.place(_MUSCLES, Tissue.MUSCLE, softness=1.2)
        canvas.paint(filled(cavity - thickness - 1.2, 0.7), Tissue.MUSCLE)  # galea
        canvas.paint(filled(cavity - thickness, 0.6), Tissue.BONE)
        spongy = filled(np.abs(cavity - thickness / 2) - (thickness / 2 - 2.1), 0.9)
        canvas.paint(np.clip(spongy * (0.75 + 0.25 * uneven), 0, 1), Tissue.MARROW)
        self._draw_face(canvas)

    def _draw_face(self, canvas: Canvas) -> None:
        canvas.place(_FACE_BONES, Tissue.BONE, softness=0.8)
        canvas.place(_FACE_BONES, Tissue.MARROW, softness=1.2, grow=-3.2)
        canvas.place(_SINUSES, Tissue.BONE, softness=0.7, grow=1.3)
        canvas.place(_SINUSES, Tissue.AIR, softness=0.7)
        cells = canvas.cover_of(_AIR_CELLS)
        if cells.any():
            walls = np.abs(self._grained(canvas.z, 3.6))
            canvas.paint(cells * np.clip((walls - 0.28) * 3.5, 0, 1), Tissue.AIR)
        canvas.place(_ORBITS, Tissue.BONE, grow=2.0)
        canvas.place(_ORBITS, Tissue.FAT)
        canvas.place(_ORBIT_MOUTHS, Tissue.FAT)
        canvas.place(_EYE_MUSCLES, Tissue.MUSCLE)
        canvas.place(_EYEBALLS, Tissue.MUSCLE)
        canvas.place(_EYEBALLS, Tissue.VITREOUS, grow=-1.3)
        canvas.place(_LENSES, Tissue.LENS)

    def _draw_brain(self, canvas: Canvas, cavity: Field) -> None:
        x, y, z = canvas.x, canvas.y, canvas.z
        inside = filled(cavity, 0.6)
        canvas.paint(inside, Tissue.FLUID)
        roof = _tentorium(x, y)
        cerebellum = inside * filled(_POSTERIOR_FOSSA.distance(x, y, z) + 2.0, 0.8)
        cerebellum *= filled(z - roof + 1.5, 1.5)
        under = filled(z - roof - 0.5, 1.5) * filled(_POSTERIOR_FOSSA.distance(x, y, z) - 1.0, 1.0)
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
        sylvian = canvas.cover_of(_SYLVIAN, softness=1.0)
        furrow, opened = self._furrow_distance(x, y, z, cavity)
        brain = where * filled(-depth, 0.7)
        canvas.paint(brain, Tissue.GREY)
        ribbon = np.minimum(depth - 3.4, furrow - 3.2)
        canvas.paint(brain * filled(-ribbon, 1.2), Tissue.WHITE)
        canvas.paint(brain * filled(furrow - opened, 0.55) * np.clip(depth + 1, 0, 1), Tissue.FLUID)
        canvas.place(_INSULA, Tissue.GREY, softness=1.2)
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
        depth = -_POSTERIOR_FOSSA.distance(x, y, z) - 2.0
        leaves = np.sin(depth * 1.3 + 0.06 * x + 2.6 * self._grained(z, 14.0))
        canvas.paint(where, Tissue.GREY)
        canvas.paint(where * 0.2 * filled(0.55 - leaves, 0.4), Tissue.FLUID)
        arbour = canvas.cover_of(_ARBOUR, softness=3.0)
        canvas.paint(where * arbour, Tissue.WHITE)

    def _draw_stem(self, canvas: Canvas) -> None:
        canvas.place(_CISTERNS, Tissue.FLUID, softness=1.2)
        canvas.place(_STEM, Tissue.WHITE, softness=1.0)
        canvas.place(_STEM, Tissue.GREY, softness=2.0, grow=-4.5)
        canvas.place(_FOURTH_VENTRICLE, Tissue.FLUID, grow=0.7 * self.atrophy - 0.7)

    def _draw_deep_grey(self, canvas: Canvas) -> None:
        canvas.place(_CORPUS_CALLOSUM, Tissue.WHITE, softness=1.0)
        canvas.place(_DEEP_WHITE, Tissue.WHITE, softness=2.0)
        canvas.place(_DEEP_GREY, Tissue.GREY, softness=1.1)

    def _draw_ventricles(self, canvas: Canvas) -> None:
        canvas.place(_VENTRICLES, Tissue.FLUID, softness=0.8, grow=1.3 * (self.atrophy - 1))
        canvas.place(_SEPTUM, Tissue.WHITE, softness=0.5)
        canvas.place(_PLEXUS, Tissue.GREY, softness=1.0)
        canvas.place(_CALCIFIED, Tissue.CALCIUM, softness=1.0)

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


_POSTERIOR_FOSSA = Ellipsoid((0, 40, -32), (50, 43, 37))


def _cavity(x: Field, y: Field, z: float) -> Field:
    """The distance to the inner table of the skull."""
    oval = x / (1 + 0.0011 * y)  # broader behind than before
    vault = Ellipsoid((0, 0, 5), (67, 85, 78)).distance(oval, y, z)
    floor = -14.0 - 12.0 * np.clip((y + 34) / 12, 0, 1) - z
    vault = np.maximum(vault, floor)
    cavity = vault
    for fossa in _FOSSAE:
        if crosses(fossa, z, 12.0):
            cavity = joined(cavity, fossa.distance(x, y, z), 4.0)
    for ridge in _RIDGES:
        if crosses(ridge, z, 12.0):
            cavity = np.maximum(cavity, -ridge.distance(x, y, z))
    return cavity


def _outline(x: Field, y: Field, z: float, skull: Field) -> Field:
    """The distance to the skin."""
    outline = skull - 6.0
    for part in _SOFT_PARTS:
        if crosses(part, z, 10.0):
            outline = joined(outline, part.distance(x, y, z), 9.0)
    for ear in _EARS:
        if crosses(ear, z, 4.0):
            outline = joined(outline, ear.distance(x, y, z), 3.0)
    return outline


def _tentorium(x: Field, y: Field) -> Field:
    """The height of the tentorium at each place."""
    behind = np.maximum(y - 24, 0)
    return np.asarray(2.0 - 0.42 * np.abs(x) - 0.22 * behind, np.float32)


def _both(*solids: Solid) -> tuple[Solid, ...]:
    return tuple(on_both_sides(*solids))


_SOFT_PARTS = (
    Ellipsoid((0, -34, -64), (66, 63, 62)),  # face
    Ellipsoid((0, -92, -52), (13, 19, 23)),  # nose
    *_both(Ellipsoid((33, -75, -31), (18, 15, 17))),  # lids
    Ellipsoid((0, 34, -82), (68, 58, 52)),  # neck
    *_both(Ellipsoid((62, -36, -14), (14, 32, 42))),  # temples
)
_EARS = _both(Ellipsoid((81, 20, -30), (3.5, 15, 27), 22))
_MUSCLES = (
    *_both(
        Ellipsoid((65, -38, -16), (8, 27, 40)),  # temporalis
        Ellipsoid((26, 68, -74), (22, 20, 40)),  # nape
        Ellipsoid((60, -34, -66), (10, 24, 22)),  # masseter
        Ellipsoid((38, -22, -64), (12, 15, 20)),  # pterygoids
    ),
)
_FOSSAE = (
    Ellipsoid((0, 40, -32), (50, 44, 37)),
    Ellipsoid((0, 4, -26), (21, 22, 26)),
    *_both(Ellipsoid((38, -14, -25), (25, 31, 22))),
)
_RIDGES = _both(
    Capsule((15, 2, -36), (58, 22, -35), 8.5),  # petrous bones
    Capsule((12, -31, -17), (60, -46, -14), 3.4),  # sphenoid wings
)
_FACE_BONES = (
    *_RIDGES,
    *_both(
        Ellipsoid((60, 28, -42), (13, 17, 21)),  # mastoid
        Capsule((50, -60, -22), (46, -64, -48), 4.2),  # outer wall of the orbit
        Capsule((44, -76, -48), (69, -40, -46), 2.8),  # zygomatic arch
        Capsule((69, -40, -46), (70, -6, -44), 2.6),
        Capsule((16, -80, -14), (46, -72, -12), 4.6),  # brow
        Ellipsoid((54, -10, -56), (8, 5, 12)),  # head of the jaw
        Capsule((6, -84, -36), (8, -92, -52), 1.8),  # nasal bone
    ),
    Ellipsoid((0, -10, -44), (15, 9, 20)),  # clivus
    Ellipsoid((0, -26, -36), (22, 16, 16)),  # sphenoid
    Ellipsoid((0, -56, -36), (17, 27, 20)),  # ethmoid
    Ellipsoid((0, -81, -6), (19, 8, 15)),  # frontal bone above the nose
    Capsule((0, -40, -50), (0, -80, -64), 1.6),  # septum
    Ellipsoid((0, 16, -70), (40, 28, 5)),  # rim of the foramen magnum
    Ellipsoid((0, 4, -76), (9, 8, 9)),  # dens
)
_SINUSES = (
    *_both(
        Ellipsoid((7, -24, -38), (6.2, 11, 9.5)),  # sphenoid sinus
        Ellipsoid((9, -81, -8), (7, 3.5, 9)),  # frontal sinus
        Ellipsoid((30, -54, -68), (15, 18, 19)),  # maxillary sinus
        Ellipsoid((9, -60, -64), (6, 24, 14)),  # nasal cavity
        Capsule((50, 12, -38), (84, 15, -38), 2.6),  # ear canal
        Ellipsoid((47, 13, -37), (4, 3, 6)),  # middle ear
    ),
)
_AIR_CELLS = (
    *_both(
        Ellipsoid((59, 30, -43), (9.5, 13, 17)),  # mastoid cells
        Ellipsoid((7, -56, -34), (6.5, 24, 16)),  # ethmoid cells
    ),
)
_ORBITS = _both(Ellipsoid((32, -62, -31), (17.5, 25, 17), 14))
_ORBIT_MOUTHS = _both(Ellipsoid((34, -82, -31), (17, 11, 15)))
_EYE_MUSCLES = _both(
    Capsule((30, -60, -30), (17, -36, -27), 1.9),  # optic nerve
    Capsule((44.5, -68, -31), (22, -38, -29), 1.9),
    Capsule((20.5, -68, -31), (18, -40, -29), 1.9),
    Capsule((31, -68, -18), (22, -42, -22), 1.7),
    Capsule((31, -68, -44), (22, -42, -36), 1.7),
)
_EYEBALLS = _both(Ellipsoid((33, -73, -31), (12, 12, 12)))
_LENSES = _both(Ellipsoid((33, -81.5, -31), (4.4, 2.0, 4.4)))
_SYLVIAN = _both(
    Capsule((62, -16, -2), (43, -17, -3), 2.0),
    Capsule((60, -2, 6), (42, -4, 7), 1.9),
    Capsule((43, -17, -3), (41, 10, 9), 1.7),
    Capsule((41, 10, 9), (52, 24, 14), 1.6),
)
_INSULA = _both(Capsule((39, -17, 0), (38, 10, 10), 3.4), Capsule((37.5, -12, -6), (38, 8, 0), 3.0))
_CISTERNS = (
    Ellipsoid((0, -11, -19), (15, 10, 8)),  # above the sella
    *_both(Capsule((0, -10, -18), (19, -22, -16), 3.2), Capsule((0, -8, -18), (20, 2, -16), 3.0)),
    *_both(Capsule((19, 2, -14), (12, 19, -10), 2.4)),  # ambient
    Capsule((-13, 19, -8), (13, 19, -8), 3.0),  # behind the colliculi
    Ellipsoid((0, 3, -38), (18, 13, 18)),  # before the pons
    Ellipsoid((0, 18, -60), (17, 15, 14)),  # great cistern
)
_STEM = (
    Ellipsoid((0, 8, -10), (15, 10, 9)),
    *_both(Capsule((5, 4, -12), (13, -2, -6), 4.6)),  # cerebral peduncles
    Ellipsoid((0, 9, -31), (15.5, 12.5, 14)),  # pons
    *_both(Capsule((10, 14, -31), (24, 28, -34), 6.0)),  # to the cerebellum
    Ellipsoid((0, 13, -58), (8.5, 8, 26)),  # medulla
)
_FOURTH_VENTRICLE = (
    Ellipsoid((0, 24, -33), (7.5, 4.5, 11)),
    Capsule((0, 17, -14), (0, 21, -24), 1.3),
)
_ARBOUR = (
    *_both(Ellipsoid((22, 38, -34), (15, 17, 13))),
    Ellipsoid((0, 40, -30), (5, 14, 14)),
)
_CORPUS_CALLOSUM = (
    Capsule((-12, -37, 14), (12, -37, 14), 4.5),
    Capsule((-14, -16, 31), (14, -16, 31), 4.0),
    Capsule((-14, 8, 32), (14, 8, 32), 4.0),
    Capsule((-14, 28, 22), (14, 28, 22), 5.5),
)
_DEEP_WHITE = _both(
    Ellipsoid((24, 0, 6), (14, 26, 17), -8),
    Ellipsoid((27, -2, 36), (11, 40, 15), 3),
    Ellipsoid((29, 34, 14), (10, 20, 16), -12),
    Ellipsoid((22, -38, 14), (9, 14, 14), 14),
)
_DEEP_GREY = _both(
    Ellipsoid((14.5, -21, 10), (5.8, 9.0, 10), 12),  # head of the caudate
    Capsule((17, -10, 24), (19, 12, 24), 2.6),  # its body
    Ellipsoid((24.5, -4, 4), (6.5, 15, 10), -16),  # lentiform
    Ellipsoid((10.5, 9, 6), (8.0, 13.5, 9), -22),  # thalamus
    Capsule((33, -14, 3), (33.5, 8, 5), 0.9),  # claustrum
    Ellipsoid((26, -6, -20), (6, 8, 8)),  # amygdala
)
_VENTRICLES = (
    *_both(
        Capsule((4.5, -15, 9), (7.5, -26, 10), 2.8),  # frontal horn
        Capsule((7.5, -26, 10), (13.5, -36, 12), 3.2),
        Capsule((5.5, -15, 17), (8.5, -26, 18), 4.2),
        Capsule((8.5, -26, 18), (15.5, -37, 18), 4.0),
        Capsule((8, -18, 24), (11, -2, 26), 5.0),  # body
        Capsule((11, -2, 26), (17, 24, 22), 5.2),
        Capsule((17, 24, 22), (25, 35, 13), 6.2),  # atrium
        Capsule((25, 36, 12), (21, 58, 10), 3.6),  # occipital horn
        Capsule((26, 32, 6), (33, 6, -12), 2.6),  # temporal horn
        Capsule((33, 6, -12), (30, -6, -18), 2.2),
    ),
    Ellipsoid((0, 4, 0), (2.4, 14, 10)),  # third ventricle
)
_SEPTUM = (Capsule((0, -36, 16), (0, 4, 25), 1.0),)
_PLEXUS = _both(Capsule((22, 30, 16), (24, 37, 11), 2.4))
_CALCIFIED = (
    Ellipsoid((0.4, 21, 0), (2.4, 2.2, 3.2)),  # pineal gland
    *_both(Ellipsoid((24, 36.5, 12), (1.9, 2.6, 2.4))),
)
