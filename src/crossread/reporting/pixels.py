"""The pixels of one frame in the archive, as numbers that mean something."""

import asyncio
from io import BytesIO
from typing import Any

import numpy as np
import structlog
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import pixel_array

from crossread.archive import retrieve
from crossread.archive.model import Instance
from crossread.platform.objects import Objects
from crossread.reporting.measure import Pixels, geometry

log = structlog.get_logger(__name__)


async def pixels(objects: Objects, instance: Instance, frame: int) -> Pixels | None:
    """The frame (from 1) after its modality LUT; None for colour, or without a decoder for it."""
    content = await retrieve.file(objects, instance)
    header = await retrieve.metadata(objects, instance)
    # in a thread: decoding takes long enough to keep others waiting
    return await asyncio.to_thread(_decoded, content, instance, frame, header)


def _decoded(
    content: bytes, instance: Instance, frame: int, header: dict[str, Any]
) -> Pixels | None:
    try:
        dataset = dcmread(BytesIO(content))
        if int(dataset.get("SamplesPerPixel", 1)) != 1:
            return None
        stored = pixel_array(dataset, index=frame - 1)
        if "ModalityLUTSequence" in dataset or "RescaleSlope" in dataset:
            return np.asarray(apply_modality_lut(stored, dataset), dtype=np.float64)
        shape = geometry(header, frame)  # which knows the functional groups of a frame
        return np.asarray(stored, dtype=np.float64) * shape.slope + shape.intercept
    except Exception as error:  # pydicom raises many kinds where it has no decoder or broken pixels
        log.info(
            "pixels.unreadable",
            transfer_syntax=instance.transfer_syntax_uid,
            error=type(error).__name__,
        )
        return None
