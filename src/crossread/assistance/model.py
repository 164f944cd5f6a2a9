"""Standard names for what hospitals call their procedures."""

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
