"""One slice being drawn: tissue painted over tissue, in as many contrasts as asked for."""

from collections.abc import Iterable, Mapping
from enum import Enum, auto

import numpy as np

from crossread.simulation.solids import Field, Solid, crosses, filled


class Tissue(Enum):
    """What a voxel is made of."""

    AIR = auto()
    SKIN = auto()
    FAT = auto()
    MUSCLE = auto()
    BONE = auto()  # compact
    MARROW = auto()  # the spongy layer between the tables of the skull, and bone like it
    FLUID = auto()  # liquor
    GREY = auto()
    WHITE = auto()
    DURA = auto()  # falx and tentorium
    VENOUS_BLOOD = auto()
    VITREOUS = auto()
    LENS = auto()
    CALCIUM = auto()  # pineal gland, choroid plexus
    CLOT = auto()  # fresh haemorrhage
    OEDEMA = auto()
    GLIOSIS = auto()  # age spots of the white matter


Contrast = Mapping[Tissue, float]


class Canvas:
    """A slice at height `z`, with the place of each pixel in mm and one picture per contrast."""

    def __init__(self, x: Field, y: Field, z: float, contrasts: tuple[Contrast, ...]) -> None:
        self.x, self.y, self.z = x, y, z
        self.contrasts = contrasts
        self.pictures = [np.full(x.shape, c[Tissue.AIR], np.float32) for c in contrasts]

    def paint(self, cover: Field, tissue: Tissue) -> None:
        """Put `tissue` over what is there, as far as `cover` (0 to 1) says."""
        for picture, contrast in zip(self.pictures, self.contrasts, strict=True):
            picture[:] += cover * (contrast[tissue] - picture)

    def place(
        self, solids: Iterable[Solid], tissue: Tissue, *, softness: float = 0.6, grow: float = 0.0
    ) -> None:
        """Paint solids that cross this slice, each only in the pixels around it."""
        for solid in solids:
            box = self._around(solid, grow + softness + 4)
            if box is None:
                continue
            distance = solid.distance(self.x[box], self.y[box], self.z)
            cover = filled(distance - grow, softness)
            for picture, contrast in zip(self.pictures, self.contrasts, strict=True):
                picture[box] += cover * (contrast[tissue] - picture[box])

    def cover_of(self, solids: Iterable[Solid], *, softness: float = 0.6) -> Field:
        """How far each pixel lies in any of the solids."""
        cover = np.zeros(self.x.shape, np.float32)
        for solid in solids:
            box = self._around(solid, softness + 4)
            if box is not None:
                distance = solid.distance(self.x[box], self.y[box], self.z)
                cover[box] = np.maximum(cover[box], filled(distance, softness))
        return cover

    def _around(self, solid: Solid, margin: float) -> tuple[slice, slice] | None:
        """The pixels round a solid; the margin also allows for the bending of the axes."""
        if not crosses(solid, self.z, margin):
            return None
        low, high = solid.reach()
        middle = self.x.shape[0] // 2
        columns = np.searchsorted(self.x[middle], (low[0] - margin, high[0] + margin))
        rows = np.searchsorted(self.y[:, middle], (low[1] - margin, high[1] + margin))
        box = slice(int(rows[0]), int(rows[1])), slice(int(columns[0]), int(columns[1]))
        return box if self.x[box].size else None
