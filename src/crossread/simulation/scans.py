"""What a scanner makes of a head: Hounsfield units, and the signals of three MR sequences."""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crossread.simulation.canvas import Contrast, Tissue
from crossread.simulation.head import Head
from crossread.simulation.solids import Field, clouds

# mm by which the middle of the picture lies behind the middle of the head
CT_SHIFT, MR_SHIFT = 6.0, 4.0
_THREADS = 4  # NumPy lets go of the interpreter while it counts

HOUNSFIELD: Contrast = {
    Tissue.AIR: -1000,
    Tissue.SKIN: 45,
    Tissue.FAT: -85,
    Tissue.MUSCLE: 55,
    Tissue.BONE: 1150,
    Tissue.MARROW: 620,
    Tissue.FLUID: 5,
    Tissue.GREY: 38,
    Tissue.WHITE: 28,
    Tissue.DURA: 58,
    Tissue.VENOUS_BLOOD: 55,
    Tissue.VITREOUS: 8,
    Tissue.LENS: 80,
    Tissue.CALCIUM: 190,
    Tissue.CLOT: 67,
    Tissue.OEDEMA: 17,
    Tissue.GLIOSIS: 25,
}

T1: Contrast = {
    Tissue.AIR: 8,
    Tissue.SKIN: 420,
    Tissue.FAT: 980,
    Tissue.MUSCLE: 330,
    Tissue.BONE: 40,
    Tissue.MARROW: 420,
    Tissue.FLUID: 130,
    Tissue.GREY: 450,
    Tissue.WHITE: 640,
    Tissue.DURA: 330,
    Tissue.VENOUS_BLOOD: 180,
    Tissue.VITREOUS: 140,
    Tissue.LENS: 330,
    Tissue.CALCIUM: 250,
    Tissue.CLOT: 480,
    Tissue.OEDEMA: 360,
    Tissue.GLIOSIS: 500,
}
T2: Contrast = {
    Tissue.AIR: 8,
    Tissue.SKIN: 260,
    Tissue.FAT: 620,
    Tissue.MUSCLE: 170,
    Tissue.BONE: 30,
    Tissue.MARROW: 260,
    Tissue.FLUID: 1080,
    Tissue.GREY: 500,
    Tissue.WHITE: 350,
    Tissue.DURA: 210,
    Tissue.VENOUS_BLOOD: 90,
    Tissue.VITREOUS: 1040,
    Tissue.LENS: 180,
    Tissue.CALCIUM: 180,
    Tissue.CLOT: 260,
    Tissue.OEDEMA: 820,
    Tissue.GLIOSIS: 640,
}
FLAIR: Contrast = {
    Tissue.AIR: 8,
    Tissue.SKIN: 230,
    Tissue.FAT: 560,
    Tissue.MUSCLE: 190,
    Tissue.BONE: 30,
    Tissue.MARROW: 230,
    Tissue.FLUID: 60,
    Tissue.GREY: 500,
    Tissue.WHITE: 395,
    Tissue.DURA: 230,
    Tissue.VENOUS_BLOOD: 90,
    Tissue.VITREOUS: 70,
    Tissue.LENS: 180,
    Tissue.CALCIUM: 200,
    Tissue.CLOT: 300,
    Tissue.OEDEMA: 840,
    Tissue.GLIOSIS: 730,
}


def ct_head(
    head: Head, heights: list[float], *, size: int, spacing: float, seed: int
) -> NDArray[np.int16]:
    """A CT of the head in Hounsfield units, one slice for each height (mm).

    `spacing` is the size of a pixel in mm; the middle of the head is in the middle of the picture.
    """
    x, y = _axes(size, spacing)
    y = y + np.float32(CT_SHIFT)

    def scanned(index: int) -> NDArray[np.int16]:
        (picture,) = head.slice(x, y, heights[index], (HOUNSFIELD,))
        _add_headrest(picture, x, y)
        blurred = ndimage.gaussian_filter(picture, 0.45 / spacing)
        _harden(blurred, x, y, heights[index])
        grain = clouds(np.random.default_rng((seed, index)), (size, size), 0.33 / spacing, "wrap")
        noise = np.where(blurred > -900, 2.6, 5.0) * grain
        return np.asarray(np.clip(np.rint(blurred + noise), -1024, 3071), np.int16)

    with ThreadPoolExecutor(_THREADS) as threads:
        return np.stack(list(threads.map(scanned, range(len(heights)))))


def mr_brain(
    head: Head, heights: list[float], *, size: int, spacing: float, seed: int
) -> dict[str, NDArray[np.uint16]]:
    """T1, T2 and FLAIR pictures of a head at the given heights (mm), in scanner units."""
    x, y = _axes(size, spacing)
    y = y + np.float32(MR_SHIFT)
    rng = np.random.default_rng(seed)
    volumes = {
        name: np.empty((len(heights), size, size), np.uint16) for name in ("T1", "T2", "FLAIR")
    }
    bias = 1 + 0.10 * np.cos((x - 18) / 95) * np.cos((y + 24) / 120)  # the coil hears unevenly
    for index, z in enumerate(heights):
        for (name, volume), picture in zip(
            volumes.items(), head.slice(x, y, z, (T1, T2, FLAIR)), strict=True
        ):
            signal = ndimage.gaussian_filter(picture * bias, 0.35 / spacing)
            spread = 16.0 if name == "FLAIR" else 12.0
            noise = rng.normal(0, spread, (2, size, size)).astype(np.float32)
            magnitude = np.hypot(signal + noise[0], noise[1])  # Rician
            volume[index] = np.clip(np.rint(magnitude), 0, 4095)
    return volumes


def _axes(size: int, spacing: float) -> tuple[Field, Field]:
    along = ((np.arange(size) - (size - 1) / 2) * spacing).astype(np.float32)
    return along[None, :], along[:, None]


def _add_headrest(picture: Field, x: Field, y: Field) -> None:
    """A thin shell of carbon fibre with foam inside, behind the head."""
    ring = np.hypot(x / 1.02, y - 4.0)
    below = y > 38 + 0.1 * np.abs(x)
    picture[(np.abs(ring - 111.5) < 0.9) & below & (picture < -700)] = -420
    picture[(ring > 103) & (ring < 110.6) & below & (picture < -900)] = -955


def _harden(picture: Field, x: Field, y: Field, z: float) -> None:
    """Beam hardening: brighter near the skull, and a dark bar between the petrous bones."""
    soft = (picture > -20) & (picture < 90)
    edge = np.clip(np.hypot(x / 66, y / 84) - 0.75, 0, 0.25) * 10
    bar = 9 * math.exp(-((z + 36) ** 2) / 60) * np.exp(-((y - 8) ** 2) / 70) * (np.abs(x) < 44)
    picture += soft * (edge - bar)
