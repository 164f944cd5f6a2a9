"""The rule that names a procedure by the words of its hospital."""

import unicodedata

from crossread.assistance import loinc, vocabulary
from crossread.assistance.model import BodyRegion, ProcedureName
from crossread.assistance.vocabulary import Part

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
_CONTRAST_NAMES = {
    loinc.PLAIN: ("", ""),
    loinc.WITHOUT: ("without contrast", "zonder contrast"),
    loinc.WITH: ("with contrast", "met contrast"),
    loinc.BOTH: ("without and with contrast", "zonder en met contrast"),
}


def name_by_rule(local_text: str, modality: str, body_part: str) -> ProcedureName:
    """Name a procedure by the words in its local description, its modality and its body part.

    The confidence is 0.9 when the description names one part of the body, 0.7 when it names
    several, 0.6 when only BodyPartExamined does, and 0.2 when nothing does; at most 0.5 when the
    modality is not known. A code is given only to a plain examination of one part.
    """
    said = fold(local_text)
    modality = modality or _modality(said)
    parts = _parts(said)
    confidence = 0.9 if len(parts) == 1 else 0.7
    if not parts:
        parts = _parts(fold(body_part).replace("_", " "))
        confidence = 0.6 if parts else 0.2
    contrast = _contrast(said) if modality in {"CT", "MR"} else loinc.PLAIN
    code = _code(said, modality, parts, contrast)
    name_en, name_nl = _names(said, modality, parts, contrast)
    return ProcedureName(
        code=code,
        system=loinc.SYSTEM if code else "",
        name_en=name_en if parts else local_text or name_en,
        name_nl=name_nl if parts else local_text or name_nl,
        modality=modality,
        body_region=parts[0].region if parts else BodyRegion.OTHER,
        confidence=confidence if modality else min(confidence, 0.5),
        source="rule",
    )


def fold(text: str) -> str:
    """Lower case, without accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.lower())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _parts(said: str) -> list[Part]:
    """Each part of the body that is named; a word that names one names no other."""
    found, rest = [], said
    for part in vocabulary.PARTS:
        left = part.words.sub(" ", rest)
        if left != rest:
            found.append(part)
            rest = left
    exact = [part for part in found if part.key != "spine"]
    return exact if any(part.region is BodyRegion.SPINE for part in exact) else found


def _modality(said: str) -> str:
    return next((code for code, named in vocabulary.MODALITIES if named.search(said)), "")


def _contrast(said: str) -> str:
    rest = vocabulary.WITHOUT_CONTRAST.sub(" ", said)
    without, with_ = rest != said, bool(vocabulary.WITH_CONTRAST.search(rest))
    if vocabulary.BOTH_CONTRASTS.search(said) or (without and with_):
        return loinc.BOTH
    if without:
        return loinc.WITHOUT
    return loinc.WITH if with_ else loinc.PLAIN


def _code(said: str, modality: str, parts: list[Part], contrast: str) -> str:
    if len(parts) != 1 or vocabulary.SPECIAL.search(said):
        return ""
    made_with = "XR" if modality in {"DX", "CR"} else modality
    key = parts[0].key
    if (made_with, key) == ("XR", "chest") and vocabulary.TWO_VIEWS.search(said):
        return loinc.CHEST_TWO_VIEWS
    codes = loinc.CODES.get((made_with, key), {})
    return codes.get(contrast) or codes.get(loinc.PLAIN, "")


def _names(said: str, modality: str, parts: list[Part], contrast: str) -> tuple[str, str]:
    """The name in English and Dutch: what it is made with, which part, which side, contrast."""
    side = _side(said)
    named = [
        ("brain", "hersenen") if modality == "MR" and part.key == "head" else
        (part.name_en, part.name_nl)
        for part in parts
        if not (modality == "MG" and part.region is BodyRegion.BREAST)
    ]  # fmt: skip
    modality_names = _MODALITY_NAMES.get(modality, (modality, modality))
    return tuple(  # type: ignore[return-value]
        " ".join(
            word
            for word in (
                modality_names[language],
                _listed([name[language] for name in named], ("and", "en")[language]),
                side[language],
                _CONTRAST_NAMES[contrast][language],
            )
            if word
        )
        for language in (0, 1)
    )


def _listed(names: list[str], conjunction: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {conjunction} {names[-1]}"


def _side(said: str) -> tuple[str, str]:
    left, right = bool(vocabulary.LEFT.search(said)), bool(vocabulary.RIGHT.search(said))
    if vocabulary.BOTH_SIDES.search(said) or (left and right):
        return "both sides", "beiderzijds"
    if left:
        return "left", "links"
    return ("right", "rechts") if right else ("", "")
