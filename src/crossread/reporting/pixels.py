"""The pixels of one frame in the archive, as numbers that mean something."""

from io import BytesIO

import numpy as np
import structlog
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut
from pydicom.pixels.utils import pixel_array

from crossread.archive import retrieve
from crossread.archive.model import Instance
from crossread.platform.objects import Objects
from crossread.reporting.measure import Pixels

log = structlog.get_logger(__name__)


async def pixels(objects: Objects, instance: Instance, frame: int) -> Pixels | None:
    """The frame (from 1) after its modality LUT; None for colour, or without a decoder for it."""
    content = await retrieve.file(objects, instance)
    try:
        dataset = dcmread(BytesIO(content))
        if int(dataset.get("SamplesPerPixel", 1)) != 1:
            return None
        decoded = pixel_array(dataset, index=frame - 1)
        return np.asarray(apply_modality_lut(decoded, dataset), dtype=np.float64)
    except Exception as error:  # pydicom raises many kinds where it has no decoder or broken pixels
        log.info(
            "pixels.unreadable",
            transfer_syntax=instance.transfer_syntax_uid,
            error=type(error).__name__,
        )
        return None
