"""A header in the DICOM JSON model is exact."""

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian
from tests.archive.arrivals import encoded
from tests.conftest import SHARED
from tests.images import ct_series

from crossread.archive.describe import described, located
from crossread.archive.encoding import KNOWN, encoding
from crossread.archive.json_values import Text, values
from crossread.archive.part10 import file_meta

SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian)


def told(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> dict[str, Any]:
    return described(encoded(dataset, syntax), encoding(syntax), bulk="b/")


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_image_is_described_alike_in_every_encoding(syntax: str) -> None:
    [image] = ct_series(slices=1)
    found = told(image, syntax)
    assert found["00100010"] == {"vr": "PN", "Value": [{"Alphabetic": "Jansen^Anna"}]}
    assert found["00280030"] == {"vr": "DS", "Value": [0.5, 0.5]}
    assert found["00280010"] == {"vr": "US", "Value": [64]}
    assert found["00200013"] == {"vr": "IS", "Value": [1]}
    assert found["7FE00010"] == {"vr": "OW", "BulkDataURI": "b/7FE00010"}
    assert found["00080090"] == {"vr": "PN"}
    assert list(found) == sorted(found)


@given(
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: f"{d:e}"[:16])
    | st.from_regex(r"[+-]?[0-9]{1,10}(\.[0-9]{1,5})?", fullmatch=True).map(lambda t: t[:16])
    | st.from_regex(r"[0-9]{16}", fullmatch=True)
)
def test_a_decimal_string_loses_nothing(text: str) -> None:
    [value] = values("DS", text.encode(), Text(), little=True)["Value"]
    back = json.loads(json.dumps(value))
    try:
        exact = Decimal(text)
    except ArithmeticError:
        assert back == text
        return
    assert Decimal(str(back)) == exact


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_a_long_integer_loses_nothing(number: int) -> None:
    content = number.to_bytes(8, "little", signed=True)
    [value] = values("SV", content, Text(), little=True)["Value"]
    assert int(value) == number
    assert isinstance(value, str) == (abs(number) > 1 << 53)  # more than a number of JSON holds


@pytest.mark.parametrize(
    ("named", "name", "groups"),
    [
        ("ISO_IR 100", "Buc^Jérôme", {"Alphabetic": "Buc^Jérôme"}),
        (
            "\\ISO 2022 IR 87",
            "Yamada^Tarou=山田^太郎=やまだ^たろう",
            {
                "Alphabetic": "Yamada^Tarou",
                "Ideographic": "山田^太郎",
                "Phonetic": "やまだ^たろう",
            },
        ),
        (
            "\\ISO 2022 IR 149",
            "Hong^Gildong=洪^吉洞=홍^길동",
            {"Alphabetic": "Hong^Gildong", "Ideographic": "洪^吉洞", "Phonetic": "홍^길동"},
        ),
        (
            "GB18030",
            "Wang^XiaoDong=王^小东",
            {"Alphabetic": "Wang^XiaoDong", "Ideographic": "王^小东"},
        ),
        ("ISO_IR 144", "Люкceмбypг", {"Alphabetic": "Люкceмбypг"}),
    ],
)
def test_text_of_any_character_set_is_told_in_utf8(
    named: str, name: str, groups: dict[str, str]
) -> None:
    dataset = Dataset()
    dataset.SpecificCharacterSet = named.split("\\")
    dataset.PatientName = name
    found = told(dataset)
    assert found["00100010"]["Value"] == [groups]
    assert found["00080005"]["Value"] == ["ISO_IR 192"]


def test_private_elements_have_their_vr_and_sequences_their_items() -> None:
    dataset = Dataset()
    block = dataset.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    dataset.ReferencedImageSequence = [Dataset(), Dataset()]
    dataset.ReferencedImageSequence[1].ReferencedFrameNumber = 7
    for syntax in SYNTAXES:
        found = told(dataset, syntax)
        assert found["00190010"] == {"vr": "LO", "Value": ["SIEMENS MR HEADER"]}
        assert found["0019100C"] == {"vr": "IS", "Value": [1000]}
        items = found["00081140"]["Value"]
        assert items == [{}, {"00081160": {"vr": "IS", "Value": [7]}}]


def test_short_binary_is_inline_and_long_is_bulk_that_can_be_found_again() -> None:
    dataset, item = Dataset(), Dataset()
    dataset.add_new(0x00420011, "OB", b"short!")
    item.add_new(0x00420011, "OB", bytes(range(256)) * 8)
    dataset.ReferencedImageSequence = [Dataset(), item]
    found = told(dataset)
    assert base64.b64decode(found["00420011"]["InlineBinary"]) == b"short!"
    uri = found["00081140"]["Value"][1]["00420011"]["BulkDataURI"]
    assert uri == "b/00081140/1/00420011"
    content, written = encoded(dataset), encoding(ExplicitVRLittleEndian)
    place = located(content, written, uri.removeprefix("b/"))
    assert place is not None
    assert (place[0], bytes(place[1])) == ("OB", bytes(range(256)) * 8)
    assert located(content, written, "00081140/2/00420011") is None


def _files() -> list[Path]:
    place = SHARED / "dicom"
    return sorted(path for path in place.rglob("*") if path.is_file()) if place.exists() else []


def test_real_files_are_told_as_pydicom_tells_them() -> None:
    from pydicom import dcmread

    seen = 0
    for path in _files():
        content = path.read_bytes()
        meta = file_meta(content) if content[128:132] == b"DICM" else None
        if meta is None or meta.transfer_syntax_uid not in KNOWN:
            continue  # one of them has a head, and nothing behind it
        written = encoding(meta.transfer_syntax_uid)
        ours = described(written.inflated(content[meta.length :]), written, bulk="")
        theirs = dcmread(path, stop_before_pixels=True)
        for element in theirs:
            if element.tag.element == 0 or element.VR in {"SQ", "UN"} or element.tag.is_private:
                continue
            told_of = ours[f"{element.tag:08X}"]
            assert told_of["vr"] == element.VR, (path.name, element.tag)
            seen += 1
    if not seen:
        pytest.skip("../shared/data is not here")
