"""Write a data set in another transfer syntax, for a peer that does not take the one it is kept in.

Pixels are only ever decompressed, never compressed: what was lost before is marked as lost, and
nothing more is lost here.
"""

import zlib
from io import BytesIO

import numpy as np
from pydicom import Dataset
from pydicom.dataelem import DataElement
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import decompress
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from crossread.archive import decoding
from crossread.archive.encoding import encoding, is_native
from crossread.platform.errors import CrossreadError

# what a decompressed image can be written in, best first
UNCOMPRESSED = (
    str(ExplicitVRLittleEndian),
    str(ImplicitVRLittleEndian),
    str(DeflatedExplicitVRLittleEndian),
    str(ExplicitVRBigEndian),
)
# Lossy Image Compression Method of the syntaxes that may have lost something (PS3.3 C.7.6.1.1.5)
LOSSY_METHODS = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
}
_WORDS = {"OW": "u2", "OF": "u4", "OL": "u4", "OD": "u8", "OV": "u8"}


class NotConvertible(CrossreadError):
    """The image cannot be written in the transfer syntax that the peer takes."""


def convertible(kept: str, wanted: str) -> bool:
    """Whether what is kept in one transfer syntax may be written in another."""
    return wanted == kept or (wanted in UNCOMPRESSED and not _is_moving(kept))


def transcoded(dataset: bytes, kept: str, wanted: str) -> bytes:
    """An encoded data set in another transfer syntax. Raises NotConvertible."""
    if kept == wanted:
        return dataset
    if not convertible(kept, wanted):
        raise NotConvertible("This image cannot be written in a transfer syntax that is taken.")
    try:
        return _written(_native(dataset, kept), kept, wanted)
    except Exception as error:  # decoders raise of every kind for what is not as its header says
        raise NotConvertible(
            "This image cannot be decompressed for a peer that does not take its transfer syntax.",
            cause=f"{kept} {type(error).__name__}",
        ) from error


def native_frame(header: Dataset, frame: bytes, kept: str) -> Dataset:
    """The elements of an image with the pixels of one compressed frame. Raises NotConvertible."""
    read = Dataset(header)
    read.file_meta = FileMetaDataset()
    read.file_meta.TransferSyntaxUID = UID(kept)
    read.NumberOfFrames = 1
    read.PixelData = encapsulate([frame])
    read["PixelData"].VR = "OB"
    read["PixelData"].is_undefined_length = True
    try:
        _decompress(read, UID(kept))
    except Exception as error:  # decoders raise of every kind for what is not as its header says
        raise NotConvertible(
            "This frame cannot be decompressed.", cause=f"{kept} {type(error).__name__}"
        ) from error
    return read


def _native(content: bytes, kept: str) -> Dataset:
    """The data set with native pixels."""
    written = encoding(kept)
    read = read_dataset(BytesIO(bytes(written.inflated(content))), written.implicit, written.little)
    read.file_meta = FileMetaDataset()
    read.file_meta.TransferSyntaxUID = UID(kept)
    if is_native(kept) or "PixelData" not in read:
        return read
    method = LOSSY_METHODS.get(kept)
    if method is not None and read.get("LossyImageCompression") != "01":
        # the transfer syntax said it; the image must say it now
        read.LossyImageCompression = "01"
        read.LossyImageCompressionMethod = method
    _decompress(read, UID(kept))
    return read


def _decompress(read: Dataset, kept: UID) -> None:
    """Each decoder in turn: what one of them does not understand, another may."""
    decoders = get_decoder(kept).available_plugins
    for place, decoder in enumerate(sorted(decoders, key=_preference)):
        try:
            decompress(read, generate_instance_uid=False, decoding_plugin=decoder)
        except Exception:
            if place + 1 == len(decoders):
                raise
        else:
            return
    raise NotConvertible("Nothing here can decompress this image.", cause=str(kept))


def _preference(decoder: str) -> tuple[bool, str]:
    return decoder not in {decoding.LABEL, "pyjpegls"}, decoder


def _written(read: Dataset, kept: str, wanted: str) -> bytes:
    target = encoding(wanted)
    if encoding(kept).little != target.little:
        read.walk(_swap)
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = target.implicit, target.little
    write_dataset(buffer, read)
    content = buffer.getvalue()
    return _deflated(content) if target.deflated else content


def _swap(_: Dataset, element: DataElement) -> None:
    """Turn the bytes of values that pydicom keeps as it read them (PS3.5 7.3)."""
    kind = _WORDS.get(element.VR)
    if kind is not None and isinstance(element.value, bytes):
        element.value = np.frombuffer(element.value, f"<{kind}").byteswap().tobytes()


def _deflated(content: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    deflated = deflater.compress(content) + deflater.flush()
    return deflated + b"\0" * (len(deflated) % 2)


def _is_moving(syntax: str) -> bool:
    """Whether it is video, or referenced from elsewhere: of that there are no frames to decode."""
    return syntax.startswith(
        tuple(
            f"1.2.840.10008.1.2.4.{number}"
            for number in ("94", "95", "100", "101", "102", "103", "104", "105", "106", "107",
                           "108", "204", "205")
        )
    )  # fmt: skip
