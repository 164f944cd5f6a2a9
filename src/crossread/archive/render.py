"""A frame as a picture that any program can show (PS3.18 8.7.4 and 10.4.1.1.3, PS3.4 N.2)."""

from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.pixels.processing import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi,
    convert_color_space,
)
from pydicom.pixels.utils import pixel_array
from pydicom.uid import ExplicitVRLittleEndian

from crossread.platform.errors import CrossreadError

LARGEST = 8192  # pixels along a side


class NotRenderable(CrossreadError):
    """There is no picture in this, or none that can be made."""


class Curve(StrEnum):
    """How a window maps values to grey (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """Which values are shown, after the modality LUT."""

    center: float
    width: float
    curve: Curve = Curve.LINEAR


@dataclass(frozen=True, slots=True)
class Viewport:
    """How large the picture may be, and which part of the image it shows (PS3.18 8.3.5.1.3)."""

    width: int
    height: int
    left: int = 0
    top: int = 0
    across: int | None = None  # None: all of it; negative: turned round
    down: int | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is wanted."""

    window: Window | None = None  # None: as the image says
    viewport: Viewport | None = None  # None: all of it, pixel by pixel
    quality: int = 90  # of JPEG


def picture(image: Dataset, frame: int, look: Look) -> Image.Image:
    """The picture of an image whose pixels are those of its frame `frame` (from 1).

    Raises NotRenderable.
    """
    try:
        grey_or_colour = _shown(image, frame, look.window)
        return _placed(Image.fromarray(grey_or_colour), look.viewport)
    except Exception as error:  # of every kind, for what is not as its header says
        raise NotRenderable(
            "This image cannot be shown as a picture.", cause=type(error).__name__
        ) from error


def encoded(drawn: Image.Image, kind: str, quality: int) -> bytes:
    """The picture as image/jpeg, image/png or image/gif."""
    buffer = BytesIO()
    match kind:
        case "image/png":
            drawn.save(buffer, "PNG", compress_level=3)
        case "image/gif":
            drawn.save(buffer, "GIF")
        case _:
            drawn.save(buffer, "JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()


def animated(drawn: list[Image.Image], milliseconds: float) -> bytes:
    """Frames one after the other, as image/gif."""
    buffer = BytesIO()
    first, *others = drawn
    first.save(
        buffer, "GIF", save_all=True, append_images=others, loop=0, duration=int(milliseconds)
    )
    return buffer.getvalue()


def _shown(image: Dataset, frame: int, window: Window | None) -> NDArray[np.uint8]:
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stored = pixel_array(image, raw=True)
    colours = str(image.PhotometricInterpretation)
    if colours == "PALETTE COLOR":
        return _eight_bits(apply_color_lut(stored, image))
    if int(image.get("SamplesPerPixel", 1)) == 3:
        pixels = _eight_bits(stored)
        if colours in {"YBR_FULL", "YBR_FULL_422"}:
            pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
        return np.ascontiguousarray(pixels)
    grey = _grey(image, frame, stored, window)
    inverse = image.get("PresentationLUTShape") == "INVERSE" or colours == "MONOCHROME1"
    shown: NDArray[np.uint8] = np.invert(grey) if inverse else grey
    return shown


def _grey(
    image: Dataset, frame: int, stored: NDArray[Any], window: Window | None
) -> NDArray[np.uint8]:
    if "ModalityLUTSequence" in image:
        values = np.asarray(apply_modality_lut(stored, image), np.float32)
    else:
        slope = float(_one(image, frame, "RescaleSlope", "PixelValueTransformationSequence") or 1)
        intercept = _one(image, frame, "RescaleIntercept", "PixelValueTransformationSequence")
        values = stored.astype(np.float32) * slope + float(intercept or 0)
    chosen = window or _own_window(image, frame)
    if chosen is None and "VOILUTSequence" in image:
        looked_up = np.asarray(apply_voi(values.astype(np.int64), image), np.float32)
        return _stretched(looked_up)
    return _stretched(values) if chosen is None else _windowed(values, chosen)


def _own_window(image: Dataset, frame: int) -> Window | None:
    center = _one(image, frame, "WindowCenter", "FrameVOILUTSequence")
    width = _one(image, frame, "WindowWidth", "FrameVOILUTSequence")
    if center is None or width is None or float(width) <= 0:
        return None
    curve = str(_one(image, frame, "VOILUTFunction", "FrameVOILUTSequence") or Curve.LINEAR)
    known = Curve(curve) if curve in set(Curve) else Curve.LINEAR
    return Window(float(center), float(width), known)


def _windowed(values: NDArray[np.float32], window: Window) -> NDArray[np.uint8]:
    center, width = window.center, window.width
    match window.curve:
        case Curve.SIGMOID:
            shares = 1 / (1 + np.exp(-4 * (values - center) / max(width, 1e-6)))
        case Curve.LINEAR if width > 1:
            shares = (values - (center - 0.5)) / (width - 1) + 0.5
        case _:
            shares = (values - center) / max(width, 1e-6) + 0.5
    grey: NDArray[np.uint8] = (np.clip(shares, 0, 1) * 255 + 0.5).astype(np.uint8)
    return grey


def _stretched(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """From the least value to the largest: nothing is known of what should be seen."""
    least, largest = float(values.min()), float(values.max())
    return _windowed(
        values, Window((least + largest) / 2, max(largest - least, 1), Curve.LINEAR_EXACT)
    )


def _one(image: Dataset, frame: int, keyword: str, group: str) -> Any:
    """The first value of an attribute: of the frame, of all frames, or of the image."""
    frames = image.get("PerFrameFunctionalGroupsSequence") or []
    shared = image.get("SharedFunctionalGroupsSequence") or []
    for functional in [*frames[frame - 1 : frame], *shared[:1]]:
        for item in functional.get(group) or []:
            if keyword in item:
                return _first(item[keyword].value)
    return _first(image.get(keyword))


def _first(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    try:
        return value[0] if len(value) else None
    except TypeError:
        return value


def _eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    eight: NDArray[Any] = pixels >> 8 if pixels.dtype.itemsize == 2 else pixels
    return eight.astype(np.uint8)


def _placed(drawn: Image.Image, viewport: Viewport | None) -> Image.Image:
    if viewport is None:
        return drawn
    across = drawn.width if viewport.across is None else viewport.across
    down = drawn.height if viewport.down is None else viewport.down
    part = drawn.crop(
        (viewport.left, viewport.top, viewport.left + abs(across), viewport.top + abs(down))
    )
    if across < 0:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if down < 0:
        part = part.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    scale = min(viewport.width / part.width, viewport.height / part.height)
    size = (max(1, round(part.width * scale)), max(1, round(part.height * scale)))
    return part.resize(size, Image.Resampling.LANCZOS)
