"""A data set in another transfer syntax: the same pixels, and what was lost stays marked."""

import warnings
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)
from tests.archive.arrivals import encoded
from tests.conftest import SHARED
from tests.images import ct_series

from crossread.archive.encoding import encoding
from crossread.archive.transcode import UNCOMPRESSED, NotConvertible, convertible, transcoded

NATIVE = [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian]


def read(content: bytes, syntax: str) -> Dataset:
    written = encoding(syntax)
    return read_dataset(BytesIO(bytes(written.inflated(content))), written.implicit, written.little)


def pixels(found: Dataset, syntax: str) -> np.ndarray:
    kind = "<i2" if syntax != ExplicitVRBigEndian else ">i2"
    return np.frombuffer(found.PixelData, kind).reshape(found.Rows, found.Columns)


def compressed(syntax: str) -> tuple[Dataset, np.ndarray]:
    """A CT image in a lossless compression, and its pixels."""
    [image] = ct_series(slices=1)
    whole = pixels(image, ExplicitVRLittleEndian)
    if syntax in {HTJ2KLossless, JPEG2000Lossless}:
        frame = (
            imagecodecs.htj2k_encode(whole)
            if syntax == HTJ2KLossless
            else imagecodecs.jpeg2k_encode(whole, codecformat="j2k", reversible=True)
        )
        image.PixelData = encapsulate([bytes(frame)])
        image["PixelData"].VR = "OB"
        image["PixelData"].is_undefined_length = True
        image.file_meta.TransferSyntaxUID = UID(syntax)
    else:
        image.compress(syntax, generate_instance_uid=False)
    return image, whole


@pytest.mark.parametrize("kept", [*NATIVE, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("wanted", UNCOMPRESSED)
def test_native_pixels_are_the_same_in_every_native_syntax(kept: str, wanted: str) -> None:
    [image] = ct_series(slices=1)
    whole = pixels(image, ExplicitVRLittleEndian).copy()
    if kept == ExplicitVRBigEndian:
        image.PixelData = whole.astype(">i2").tobytes()
    found = read(transcoded(encoded(image, kept), kept, wanted), wanted)
    assert (pixels(found, wanted) == whole).all()
    assert found.SOPInstanceUID == image.SOPInstanceUID
    assert found.PatientName == image.PatientName


@pytest.mark.parametrize("kept", [RLELossless, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless])
@pytest.mark.parametrize("wanted", NATIVE)
def test_lossless_compression_is_undone_to_the_bit(kept: str, wanted: str) -> None:
    image, whole = compressed(kept)
    found = read(transcoded(encoded(image, kept), kept, wanted), wanted)
    assert (pixels(found, wanted) == whole).all()
    assert "LossyImageCompression" not in found
    assert found.SOPInstanceUID == image.SOPInstanceUID


def test_what_a_lossy_syntax_lost_is_said_by_the_image_afterwards() -> None:
    [image] = ct_series(slices=1)
    eight = (pixels(image, ExplicitVRLittleEndian) // 16 % 256).astype("u1")
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit, image.PixelRepresentation = 7, 0
    image.PixelData = encapsulate([bytes(imagecodecs.jpeg8_encode(eight, level=90))])
    image["PixelData"].VR = "OB"
    image["PixelData"].is_undefined_length = True
    image.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    content = transcoded(encoded(image, JPEGBaseline8Bit), JPEGBaseline8Bit, ExplicitVRLittleEndian)
    found = read(content, ExplicitVRLittleEndian)
    assert (found.LossyImageCompression, found.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    assert len(found.PixelData) == eight.size


def test_nothing_is_ever_compressed_and_video_stays_as_it_is() -> None:
    assert not convertible(ExplicitVRLittleEndian, JPEGBaseline8Bit)
    assert not convertible(JPEG2000Lossless, HTJ2KLossless)
    assert not convertible("1.2.840.10008.1.2.4.102", ExplicitVRLittleEndian)
    with pytest.raises(NotConvertible):
        transcoded(b"", "1.2.840.10008.1.2.4.102", ExplicitVRLittleEndian)


def test_a_broken_image_is_refused_in_one_sentence() -> None:
    image, _ = compressed(JPEGLSLossless)
    image.PixelData = encapsulate([b"no frame at all."])
    with pytest.raises(NotConvertible) as refusal:
        transcoded(encoded(image, JPEGLSLossless), JPEGLSLossless, ExplicitVRLittleEndian)
    assert "Jansen" not in refusal.value.sentence + refusal.value.cause


FOREIGN = sorted((SHARED / "dicom").rglob("*.dcm")) if (SHARED / "dicom").exists() else []


@pytest.mark.skipif(not FOREIGN, reason="the shared images are not here")
def test_foreign_compressed_images_can_be_written_native() -> None:
    tried, failed = 0, list[Path]()
    for path in FOREIGN[:400]:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = dcmread(path, stop_before_pixels=False)
            syntax = str(found.file_meta.TransferSyntaxUID)
            if not found.file_meta.TransferSyntaxUID.is_compressed or "PixelData" not in found:
                continue
            whole = path.read_bytes()
        except Exception:  # noqa: S112 - not a file that pydicom reads
            continue
        if not convertible(syntax, ExplicitVRLittleEndian):
            continue
        tried += 1
        at = whole.index(b"DICM") + 4
        dataset = whole[at + 12 + int.from_bytes(whole[at + 8 : at + 12], "little") :]
        try:
            transcoded(dataset, syntax, ExplicitVRLittleEndian)
        except NotConvertible:
            failed.append(path)
    # two whose frames hold a delimiter, and run lengths of single bits
    assert len(failed) <= tried * 0.05, failed
