"""Whatever bytes come, the reader finds a whole data set or says why not."""

import time
from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as some
from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from tests.archive.arrivals import arrival, encoded
from tests.images import ct_series

from crossread.archive.metadata import metadata
from crossread.archive.model import Arrival, NotArchived, Reason
from crossread.archive.read import Contents, read
from crossread.archive.structure import elements

NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def image_with_a_sequence() -> Dataset:
    [image] = ct_series(slices=1)
    inner, outer = Dataset(), Dataset()
    inner.CodeValue, inner.CodeMeaning = "T-A0100", "Brain"
    inner.is_undefined_length_sequence_item = True
    outer.AnatomicRegionModifierSequence = [inner]
    image.AnatomicRegionSequence = [outer]
    image["AnatomicRegionSequence"].is_undefined_length = True
    return image


IMAGE = image_with_a_sequence()
WHOLE: dict[str, bytes] = {syntax: encoded(IMAGE, syntax) for syntax in NATIVE}
ENDS: dict[str, set[int]] = {
    syntax: {
        one.end
        for one in elements(
            content,
            implicit=syntax == ImplicitVRLittleEndian,
            little=syntax != ExplicitVRBigEndian,
        )
    }
    for syntax, content in WHOLE.items()
}


@settings(max_examples=150, deadline=None)
@given(some.sampled_from(NATIVE), some.integers(min_value=0))
def test_a_data_set_that_is_cut_inside_an_element_is_never_taken(syntax: str, place: int) -> None:
    whole = WHOLE[syntax]
    cut = place % len(whole)
    try:
        looked_into(arrival(IMAGE, syntax=syntax, content=whole[:cut]))
    except NotArchived as refusal:
        assert refusal.reason in {Reason.TRUNCATED, Reason.NOT_DICOM, Reason.MISSING_UID}
    else:
        assert cut in ENDS[syntax]


@settings(max_examples=60, deadline=None)
@given(some.integers(min_value=0))
def test_a_deflated_data_set_that_is_cut_off_is_never_taken(place: int) -> None:
    whole = encoded(IMAGE, DeflatedExplicitVRLittleEndian)
    cut = place % (len(whole) - 2)  # the last bytes may be padding
    try:
        looked_into(arrival(IMAGE, syntax=DeflatedExplicitVRLittleEndian, content=whole[:cut]))
    except NotArchived as refusal:
        assert refusal.reason in {Reason.TRUNCATED, Reason.NOT_DICOM}
    else:
        raise AssertionError(f"taken with {cut} of {len(whole)} bytes")


@settings(max_examples=150, deadline=None)
@given(some.sampled_from(NATIVE), some.binary(max_size=200), some.integers(min_value=0))
def test_bytes_that_were_changed_on_the_way_never_crash_the_reader(
    syntax: str, noise: bytes, place: int
) -> None:
    whole = WHOLE[syntax]
    start = place % len(whole)
    try:
        looked_into(
            arrival(
                IMAGE, syntax=syntax, content=whole[:start] + noise + whole[start + len(noise) :]
            )
        )
    except NotArchived as refusal:
        assert refusal.sentence


@settings(max_examples=100, deadline=None)
@given(some.binary(max_size=400))
def test_noise_is_refused_with_a_reason(noise: bytes) -> None:
    for syntax in (*NATIVE, DeflatedExplicitVRLittleEndian):
        try:
            looked_into(arrival(Dataset(), syntax=syntax, content=noise))
        except NotArchived as refusal:
            assert refusal.sentence
        else:
            raise AssertionError("noise was taken for an image")


def test_the_wrong_transfer_syntax_is_named_as_such() -> None:
    try:
        looked_into(
            arrival(IMAGE, syntax=ImplicitVRLittleEndian, content=WHOLE[ExplicitVRLittleEndian])
        )
    except NotArchived as refusal:
        assert refusal.reason is Reason.NOT_DICOM
    else:
        raise AssertionError("taken in a transfer syntax that is not its own")


def test_sequences_nested_without_end_are_refused() -> None:
    start = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    try:
        looked_into(arrival(Dataset(), content=start * 5000))
    except NotArchived as refusal:
        assert refusal.reason in {Reason.NOT_DICOM, Reason.TRUNCATED}
    else:
        raise AssertionError("taken")


def test_a_structure_set_with_many_coordinates_is_read_in_seconds() -> None:
    image = image_with_a_sequence()
    contours = []
    for number in range(600):
        contour = Dataset()
        contour.ContourNumber = number
        contour.ContourData = ["-12.125"] * 300
        contours.append(contour)
    image.ContourSequence = contours
    sent = arrival(image)
    start = time.process_time()
    looked_into(sent)
    found = metadata(read_dataset(BytesIO(sent.dataset), False, True))
    assert time.process_time() - start < 2
    [first, *_] = found["30060040"]["Value"]
    assert first["30060048"] == {"vr": "IS", "Value": [0]}
    assert first["30060050"]["Value"][:2] == [-12.125, -12.125]


def looked_into(sent: Arrival) -> Contents:
    return read(sent.dataset, sent.announced)
