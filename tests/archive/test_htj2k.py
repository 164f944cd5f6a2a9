"""A frame in HTJ2K: the same pixels, and a smaller picture in its first part."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset

from crossread.archive import htj2k
from crossread.archive.htj2k import NotCopied, Shape


def header(**values: object) -> Dataset:
    made = Dataset()
    made.Rows = made.Columns = 64
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.PixelRepresentation = 16, 0
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


COLOUR = {"SamplesPerPixel": 3, "BitsAllocated": 8, "PlanarConfiguration": 0}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PixelRepresentation": 1},
        {"BitsAllocated": 8},
        COLOUR | {"PhotometricInterpretation": "RGB"},
        COLOUR | {"PhotometricInterpretation": "RGB", "PlanarConfiguration": 1},
    ],
)
def test_each_kind_of_pixels_comes_out_as_it_went_in(said: dict[str, object]) -> None:
    form = htj2k.shape(header(**said))
    frame = np.random.default_rng(7).integers(0, 256, form.bytes, "u1").tobytes()
    codestream = htj2k.encoded(frame, form)
    assert codestream[:4] == b"\xff\x4f\xff\x51"
    cod = codestream.index(b"\xff\x52")
    assert codestream[cod + 5] == 2, "RPCL"
    again = htj2k.decoded(codestream)
    if form.by_plane:
        again = np.moveaxis(again, -1, 0)
    assert again.tobytes() == frame


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from([8, 16]),
    st.booleans(),
    st.sampled_from([1, 3]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_any_picture_is_lossless_or_refused(
    rows: int,
    columns: int,
    bits: int,
    signed: bool,
    samples: int,
    by_plane: bool,
    seed: int,
) -> None:
    form = Shape(rows, columns, samples, bits, signed, by_plane and samples == 3)
    frame = np.random.default_rng(seed).integers(0, 256, form.bytes, "u1").tobytes()
    try:
        codestream = htj2k.encoded(frame, form)
    except NotCopied:
        return
    ends = htj2k.resolutions(codestream)
    assert ends == sorted(ends)
    assert ends[-1] == len(codestream) - 2, "EOC follows the last"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "photometric"),
        (COLOUR | {"PhotometricInterpretation": "YBR_FULL"}, "photometric"),
        (COLOUR | {"PhotometricInterpretation": "YBR_FULL_422"}, "photometric"),
        ({"BitsAllocated": 1}, "bits"),
        ({"BitsAllocated": 32}, "bits"),
        ({"FloatPixelData": b"\0" * 4}, "float"),
    ],
)
def test_what_has_no_place_in_a_copy_says_why(said: dict[str, object], reason: str) -> None:
    with pytest.raises(NotCopied) as refusal:
        htj2k.shape(header(**said))
    assert refusal.value.reason == reason


def test_a_frame_that_is_too_short_is_refused() -> None:
    with pytest.raises(NotCopied):
        htj2k.encoded(b"\0" * 100, htj2k.shape(header()))


def test_the_first_part_of_a_codestream_is_a_smaller_picture() -> None:
    y, x = np.mgrid[0:512, 0:512]
    noise = np.random.default_rng(1).normal(0, 8, (512, 512))
    picture = (np.sin(x / 40) * np.cos(y / 30) * 800 + noise).astype("<i2")
    form = htj2k.shape(header(Rows=512, Columns=512, PixelRepresentation=1))
    codestream = htj2k.encoded(picture.tobytes(), form)
    ends = htj2k.resolutions(codestream[:512])
    assert len(ends) == 6
    quarter = htj2k.decoded(codestream[: ends[3]], halvings=2)
    assert quarter.shape == (128, 128)
    assert np.abs(quarter - picture[::4, ::4]).mean() < 15
    assert ends[3] < len(codestream) / 3 < 512 * 512 * 2 / 3


@pytest.mark.parametrize("content", [b"", b"\xff\x4f", b"\xff\x4f\xff\x55\x00", b"no codestream"])
def test_what_is_no_codestream_has_no_resolutions(content: bytes) -> None:
    assert htj2k.resolutions(content) == []
