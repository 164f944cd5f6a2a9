"""A decoder for pydicom of what its own cannot do: HTJ2K, JPEG of 12 bits, and JPEG 2000 whose
sign is not as the header says.

pydicom asks a decoder's module for the two functions and the table below by their names.
"""

from collections.abc import Callable, Mapping

import imagecodecs
import numpy as np
from pydicom.pixels.common import PhotometricInterpretation
from pydicom.pixels.decoders.base import DecodeRunner, get_decoder
from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    JPEG2000Lossless,
    JPEGExtended12Bit,
)

_DECODE: Mapping[str, Callable[[bytes], np.ndarray]] = {
    HTJ2KLossless: imagecodecs.htj2k_decode,
    HTJ2KLosslessRPCL: imagecodecs.htj2k_decode,
    HTJ2K: imagecodecs.htj2k_decode,
    JPEG2000Lossless: imagecodecs.jpeg2k_decode,
    JPEG2000: imagecodecs.jpeg2k_decode,
    JPEGExtended12Bit: imagecodecs.jpeg_decode,
}
SYNTAXES = tuple(_DECODE)
DECODER_DEPENDENCIES = dict.fromkeys(SYNTAXES, ("imagecodecs",))
LABEL = "imagecodecs"


def is_available(uid: str) -> bool:
    """Whether a transfer syntax can be decoded here."""
    return uid in SYNTAXES


def decode_frame(source: bytes, runner: DecodeRunner) -> bytearray:
    """The pixels of one frame, by pixel, in the container that its precision needs."""
    pixels: np.ndarray = _DECODE[runner.transfer_syntax](bytes(source))
    if pixels.dtype.itemsize not in {1, 2, 4}:
        raise ValueError(f"frames of {pixels.dtype} are not known")
    runner.set_option("bits_allocated", pixels.dtype.itemsize * 8)
    if pixels.ndim == 3:
        runner.set_option("planar_configuration", 0)
    if runner.photometric_interpretation in {
        PhotometricInterpretation.YBR_ICT,
        PhotometricInterpretation.YBR_RCT,
    }:  # the codestream's own colour transform is undone with it (PS3.5 8.2.4)
        runner.set_option("photometric_interpretation", PhotometricInterpretation.RGB)
    # pydicom mends signs in place
    return bytearray(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes())


def register() -> None:
    """Have pydicom know this decoder; a second time changes nothing."""
    for syntax in SYNTAXES:
        decoder = get_decoder(syntax)
        if LABEL not in decoder.available_plugins:
            decoder.add_plugin(LABEL, (__name__, "decode_frame"))


register()
