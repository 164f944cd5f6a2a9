"""Standard names for what hospitals call their procedures."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crossread.assistance.loinc import CODES
from crossread.assistance.model import BodyRegion, ProcedureName
from crossread.assistance.naming import name_procedure
from crossread.assistance.rule import name_by_rule
from crossread.assistance.vocabulary import PARTS
from crossread.hospitals import store as hospitals
from crossread.hospitals.model import Hospital
from crossread.platform.database import Connection

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "modality", "region", "code"),
    [
        ("CT schedel blanco", "CT", BodyRegion.HEAD, "30799-1"),
        ("CT Hersenen z.c.", "CT", BodyRegion.HEAD, "30799-1"),
        ("CT hersenen met contrast", "CT", BodyRegion.HEAD, "24727-0"),
        ("CT cerebrum m.c.", "CT", BodyRegion.HEAD, "24727-0"),
        ("MRI hersenen zonder contrast", "MR", BodyRegion.HEAD, "30657-1"),
        ("MRI hersenen zonder en met contrast", "MR", BodyRegion.HEAD, "24587-8"),
        ("MR brain without and with contrast", "MR", BodyRegion.HEAD, "24587-8"),
        ("MRI hersenen blanco + m.c.", "MR", BodyRegion.HEAD, "24587-8"),
        ("CT chest w/o IV contrast", "CT", BodyRegion.CHEST, "29252-4"),
        ("X-thorax", "DX", BodyRegion.CHEST, "30745-4"),
        ("X-thorax PA en lateraal", "DX", BodyRegion.CHEST, "36643-5"),
        ("Thoraxfoto", "CR", BodyRegion.CHEST, "30745-4"),
        ("Thorax", "CT", BodyRegion.CHEST, "24627-2"),
        ("CT thorax met i.v. contrast", "CT", BodyRegion.CHEST, "24628-0"),
        ("CT abdomen", "CT", BodyRegion.ABDOMEN, "41806-1"),
        ("CT thorax/abdomen m.c.", "CT", BodyRegion.CHEST, ""),
        ("Röntgen knie links", "CR", BodyRegion.LOWER_LIMB, "28565-0"),
        ("Kniefoto re", "DX", BodyRegion.LOWER_LIMB, "28565-0"),
        ("MRI knie", "MR", BodyRegion.LOWER_LIMB, "24802-1"),
        ("X-enkel bdz", "DX", BodyRegion.LOWER_LIMB, "24541-5"),
        ("Handfoto", "DX", BodyRegion.UPPER_LIMB, "28582-5"),
        ("X-schouder", "DX", BodyRegion.UPPER_LIMB, "24909-4"),
        ("Polsfoto's", "DX", BodyRegion.UPPER_LIMB, "24619-9"),
        ("Bekkenoverzicht", "DX", BodyRegion.PELVIS, "28561-9"),
        ("X-heup", "DX", BodyRegion.PELVIS, "24762-7"),
        ("X-CWK", "DX", BodyRegion.SPINE, "24946-6"),
        ("X-LWK", "DX", BodyRegion.SPINE, "24972-2"),
        ("MRI lumbale wervelkolom", "MR", BodyRegion.SPINE, "24968-0"),
        ("MRI totale wervelkolom", "MR", BodyRegion.SPINE, ""),
        ("Mammografie beiderzijds", "MG", BodyRegion.BREAST, ""),
        ("Echo mamma links", "US", BodyRegion.BREAST, "24601-7"),
        ("Echo bovenbuik", "US", BodyRegion.ABDOMEN, ""),
        ("Echo abdomen", "US", BodyRegion.ABDOMEN, "24558-9"),
        ("Echo schildklier", "US", BodyRegion.NECK, "25010-0"),
        ("CT traumascan", "CT", BodyRegion.WHOLE_BODY, ""),
    ],
)
def test_dutch_descriptions_are_understood(
    text: str, modality: str, region: BodyRegion, code: str
) -> None:
    name = name_by_rule(text, modality, "")
    assert (name.body_region, name.code) == (region, code)


@pytest.mark.parametrize(
    ("text", "modality", "region"),
    [
        ("CT coronairen", "CT", BodyRegion.CHEST),
        ("CT longembolie", "CT", BodyRegion.CHEST),
        ("CT angio cerebri", "CT", BodyRegion.HEAD),
        ("CTA thorax", "CT", BodyRegion.CHEST),
        ("CT perfusie hersenen", "CT", BodyRegion.HEAD),
        ("MRI orbita", "MR", BodyRegion.HEAD),
        ("MRI hersenen & hals", "MR", BodyRegion.HEAD),
        ("Echogeleide punctie schildklier", "US", BodyRegion.NECK),
        ("MR-artrografie schouder", "MR", BodyRegion.UPPER_LIMB),
        ("Duplex carotiden", "US", BodyRegion.NECK),
    ],
)
def test_what_is_no_plain_examination_of_one_part_gets_no_plain_code(
    text: str, modality: str, region: BodyRegion
) -> None:
    name = name_by_rule(text, modality, "")
    assert (name.body_region, name.code, name.system) == (region, "", "")


@pytest.mark.parametrize(
    ("text", "modality", "en", "nl"),
    [
        ("CT schedel blanco", "CT", "CT head without contrast", "CT hoofd zonder contrast"),
        (
            "MRI hersenen zonder en met contrast",
            "MR",
            "MRI brain without and with contrast",
            "MRI hersenen zonder en met contrast",
        ),
        ("X-knie li", "DX", "X-ray knee left", "Röntgenfoto knie links"),
        ("CT thorax/abdomen", "CT", "CT chest and abdomen", "CT thorax en abdomen"),
        ("Mammografie bdz", "MG", "Mammography both sides", "Mammografie beiderzijds"),
        ("Protocol 4", "CT", "Protocol 4", "Protocol 4"),
        ("", "CT", "CT", "CT"),
    ],
)
def test_a_name_says_what_which_part_which_side_and_contrast(
    text: str, modality: str, en: str, nl: str
) -> None:
    name = name_by_rule(text, modality, "")
    assert (name.name_en, name.name_nl) == (en, nl)


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("CT schedel", "CT"),
        ("MRI LWK", "MR"),
        ("Mammaecho", "US"),
        ("X-pols", "DX"),
        ("Thoraxfoto", "DX"),
        ("Mammografie", "MG"),
        ("PET-CT whole body", "PT"),
        ("Schedel", ""),
    ],
)
def test_the_words_tell_the_modality_where_nothing_else_does(text: str, modality: str) -> None:
    name = name_by_rule(text, "", "")
    assert name.modality == modality
    assert name.confidence <= 0.5 or modality


@pytest.mark.parametrize(
    ("body_part", "region"),
    [
        ("KNEE", BodyRegion.LOWER_LIMB),
        ("LSPINE", BodyRegion.SPINE),
        ("CHEST", BodyRegion.CHEST),
        ("WHOLEBODY", BodyRegion.WHOLE_BODY),
        ("", BodyRegion.OTHER),
    ],
)
def test_the_body_part_helps_where_the_description_does_not(
    body_part: str, region: BodyRegion
) -> None:
    name = name_by_rule("Protocol 4", "MR", body_part)
    assert (name.body_region, name.confidence) == (region, 0.6 if body_part else 0.2)


@given(st.text(), st.text(max_size=4), st.text(max_size=16))
def test_every_procedure_gets_a_name(text: str, modality: str, body_part: str) -> None:
    name = name_by_rule(text, modality, body_part)
    assert 0 <= name.confidence <= 1
    assert (name.code == "") == (name.system == "")


def test_each_code_is_of_a_known_part_and_has_its_check_digit() -> None:
    keys = {part.key for part in PARTS}
    for (_, key), codes in CODES.items():
        assert key in keys
        for code in codes.values():
            number, _, check = code.partition("-")
            assert mod10(number) == int(check), code


def mod10(number: str) -> int:
    """LOINC's check digit (LOINC Users' Guide, appendix C)."""
    odd = int("".join(reversed(number))[0::2]) * 2
    digits = f"{odd}{''.join(reversed(number))[1::2]}"
    return -sum(int(digit) for digit in digits) % 10


async def named(db: Connection, text: str, modality: str, body_part: str = "") -> ProcedureName:
    return await name_procedure(
        db,
        hospital_id="noord",
        local_code="P4",
        local_text=text,
        modality=modality,
        body_part=body_part,
        now=NOON,
    )


async def test_what_images_told_is_not_forgotten_when_an_order_tells_less(db: Connection) -> None:
    await hospitals.save_hospital(db, Hospital("noord", "Noord"))
    assert (await named(db, "Protocol 4", "MR")).body_region == BodyRegion.OTHER
    told = await named(db, "Protocol 4", "MR", "KNEE")
    assert told.body_region == BodyRegion.LOWER_LIMB
    assert await named(db, "Protocol 4", "MR") == told
    assert await named(db, "Protocol 4", "") == told
    assert (await named(db, "Protocol 4", "MR", "HIP")).body_region == BodyRegion.PELVIS


async def test_a_name_given_by_hand_always_wins(db: Connection) -> None:
    await hospitals.save_hospital(db, Hospital("noord", "Noord"))
    await named(db, "CT schedel", "CT")
    await db.execute(
        "update assistance.procedure_name set name_en = 'CT trauma head', source = 'by hand'"
    )
    name = await named(db, "CT schedel", "CT")
    assert (name.name_en, name.source) == ("CT trauma head", "by hand")
