"""Standard names for what hospitals call their procedures: the words and the pure rules."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class BodyRegion(StrEnum):
    """Where in the body, coarse enough to route by."""

    HEAD = "head"
    NECK = "neck"
    SPINE = "spine"
    CHEST = "chest"
    BREAST = "breast"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    UPPER_LIMB = "upper_limb"
    LOWER_LIMB = "lower_limb"
    WHOLE_BODY = "whole_body"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ProcedureName:
    """What a procedure is, whatever its hospital calls it."""

    code: str  # LOINC where we are sure, else empty
    system: str
    name_en: str
    name_nl: str
    modality: str
    body_region: str
    confidence: float  # 0 to 1
    source: str  # 'rule' or 'by hand'


LOINC = "http://loinc.org"

# words as hospitals write them, folded to lower case without accents; the first that fits
_WORDS: tuple[tuple[BodyRegion, str], ...] = (
    (BodyRegion.WHOLE_BODY, r"whole ?body|total ?body|trauma ?scan|skeletstatus"),
    (BodyRegion.SPINE, r"cwk|twk|lwk|wervel\w*|spine|spinal|lumb\w+|cervicale wk|sacrum"),
    (BodyRegion.BREAST, r"mamm\w+|breast|borst"),
    (BodyRegion.HEAD, r"schedel|hersen\w*|cerebr\w+|brain|head|hoofd|neuro\w*|sinus\w*|orbita"),
    (BodyRegion.NECK, r"hals|neck|carotis\w*|schildklier|thyr\w+"),
    (BodyRegion.CHEST, r"thorax|chest|long\w*|lung|rib\w*|hart|coronair\w*|cardiac"),
    (
        BodyRegion.ABDOMEN,
        r"abdom\w+|buik|bovenbuik|lever|liver|nier\w*|kidney|pancreas|colon|urineweg\w*",
    ),
    (BodyRegion.PELVIS, r"bekken|pelvis|prostaat|prostate|heup\w*|hip"),
    (
        BodyRegion.UPPER_LIMB,
        r"schouder|shoulder|elleboog|elbow|pols|wrist|hand|vinger\w*|duim|arm|humerus|scaphoid",
    ),
    (
        BodyRegion.LOWER_LIMB,
        r"knie|knee|enkel|ankle|voet|foot|been|leg|femur|tibia|teen|calcaneus",
    ),
)
_WITHOUT_CONTRAST = re.compile(r"\b(blanco|zonder contrast|z\.?c\.?|w/?o contrast|without)(?!\w)")
_WITH_CONTRAST = re.compile(r"\b(met contrast|m\.?c\.?|i\.?v\.? contrast|with contrast)(?!\w)")

_REGION_NAMES: dict[BodyRegion, tuple[str, str]] = {
    BodyRegion.HEAD: ("head", "hoofd"),
    BodyRegion.NECK: ("neck", "hals"),
    BodyRegion.SPINE: ("spine", "wervelkolom"),
    BodyRegion.CHEST: ("chest", "thorax"),
    BodyRegion.BREAST: ("breast", "borst"),
    BodyRegion.ABDOMEN: ("abdomen", "abdomen"),
    BodyRegion.PELVIS: ("pelvis and hip", "bekken en heup"),
    BodyRegion.UPPER_LIMB: ("upper limb", "arm en hand"),
    BodyRegion.LOWER_LIMB: ("lower limb", "been en voet"),
    BodyRegion.WHOLE_BODY: ("whole body", "gehele lichaam"),
    BodyRegion.OTHER: ("", ""),
}
_MODALITY_NAMES: dict[str, tuple[str, str]] = {
    "CT": ("CT", "CT"),
    "MR": ("MRI", "MRI"),
    "DX": ("X-ray", "Röntgenfoto"),
    "CR": ("X-ray", "Röntgenfoto"),
    "US": ("Ultrasound", "Echografie"),
    "MG": ("Mammography", "Mammografie"),
    "PT": ("PET", "PET"),
    "NM": ("Nuclear medicine", "Nucleaire geneeskunde"),
    "XA": ("Angiography", "Angiografie"),
    "RF": ("Fluoroscopy", "Doorlichting"),
}
# (modality, region, contrast) -> LOINC; only codes that we are sure of
_CODES: dict[tuple[str, BodyRegion, str], str] = {
    ("CT", BodyRegion.HEAD, "without"): "30799-1",  # CT Head WO contrast
    ("CT", BodyRegion.HEAD, ""): "24725-4",  # CT Head
    ("CT", BodyRegion.CHEST, ""): "24627-2",  # CT Chest
    ("MR", BodyRegion.HEAD, ""): "24590-2",  # MR Brain
    ("DX", BodyRegion.CHEST, ""): "30745-4",  # XR Chest Views
    ("CR", BodyRegion.CHEST, ""): "30745-4",
}


def name_by_rule(local_text: str, modality: str, body_part: str) -> ProcedureName:
    """Name a procedure by the words in its local description, its modality and its body part.

    The confidence is 0.9 when the description names the region, 0.6 when only BodyPartExamined
    does, and 0.2 when nothing does.
    """
    words = fold(local_text)
    region = _region(words)
    confidence = 0.9
    if region is None:
        region, confidence = _region(fold(body_part)), 0.6
    if region is None:
        region, confidence = BodyRegion.OTHER, 0.2
    contrast = _contrast(words)
    code = _CODES.get((modality, region, contrast)) or _CODES.get((modality, region, ""), "")
    name_en, name_nl = _names(modality, region, contrast)
    return ProcedureName(
        code=code,
        system=LOINC if code else "",
        name_en=name_en or local_text,
        name_nl=name_nl or local_text,
        modality=modality,
        body_region=region,
        confidence=confidence,
        source="rule",
    )


def fold(text: str) -> str:
    """Lower case, without accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _region(words: str) -> BodyRegion | None:
    for region, pattern in _WORDS:
        if re.search(rf"(?<![a-z])(?:{pattern})(?![a-z])", words):
            return region
    return None


def _contrast(words: str) -> str:
    if _WITHOUT_CONTRAST.search(words):
        return "without"
    return "with" if _WITH_CONTRAST.search(words) else ""


def _names(modality: str, region: BodyRegion, contrast: str) -> tuple[str, str]:
    modality_en, modality_nl = _MODALITY_NAMES.get(modality, (modality, modality))
    region_en, region_nl = _REGION_NAMES[region]
    if modality == "MR" and region is BodyRegion.HEAD:
        region_en, region_nl = "brain", "hersenen"
    if modality == "MG":
        region_en = region_nl = ""
    added = {
        "": ("", ""),
        "with": ("with contrast", "met contrast"),
        "without": ("without contrast", "zonder contrast"),
    }[contrast]
    return (
        " ".join(part for part in (modality_en, region_en, added[0]) if part),
        " ".join(part for part in (modality_nl, region_nl, added[1]) if part),
    )
