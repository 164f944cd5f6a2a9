"""Standard names for what hospitals call their procedures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossread.assistance.model import BodyRegion, name_by_rule


@pytest.mark.parametrize(
    ("text", "modality", "region", "code"),
    [
        ("CT schedel blanco", "CT", BodyRegion.HEAD, "30799-1"),
        ("CT Hersenen z.c.", "CT", BodyRegion.HEAD, "30799-1"),
        ("CT hersenen met contrast", "CT", BodyRegion.HEAD, "24725-4"),
        ("MRI hersenen zonder contrast", "MR", BodyRegion.HEAD, "24590-2"),
        ("X-thorax PA en lateraal", "DX", BodyRegion.CHEST, "30745-4"),
        ("Thorax", "CT", BodyRegion.CHEST, "24627-2"),
        ("Röntgen knie links", "CR", BodyRegion.LOWER_LIMB, ""),
        ("Mammografie beiderzijds", "MG", BodyRegion.BREAST, ""),
        ("Echo bovenbuik", "US", BodyRegion.ABDOMEN, ""),
        ("X-LWK", "DX", BodyRegion.SPINE, ""),
        ("Handfoto", "DX", BodyRegion.OTHER, ""),
    ],
)
def test_dutch_descriptions_are_understood(
    text: str, modality: str, region: BodyRegion, code: str
) -> None:
    name = name_by_rule(text, modality, "")
    assert (name.body_region, name.code) == (region, code)


def test_the_body_part_helps_where_the_description_does_not() -> None:
    name = name_by_rule("Protocol 4", "MR", "KNEE")
    assert (name.body_region, name.confidence) == (BodyRegion.LOWER_LIMB, 0.6)


@given(st.text(), st.text(max_size=4), st.text(max_size=16))
def test_every_procedure_gets_a_name(text: str, modality: str, body_part: str) -> None:
    name = name_by_rule(text, modality, body_part)
    assert 0 <= name.confidence <= 1
    assert (name.code == "") == (name.system == "")
