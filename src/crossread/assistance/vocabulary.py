"""The words in which hospitals describe procedures, in Dutch and English.

All patterns are for text that was folded: lower case, no accents, single spaces.
"""

import re
from dataclasses import dataclass

from crossread.assistance.model import BodyRegion

# what may follow a part of the body in one Dutch word: kniefoto, bekkenoverzicht, mammaecho
_ENDINGS = r"(?:foto(?:'?s)?|scan|echo|overzicht|opname|onderzoek|gewricht)?"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the body, as far as names and codes tell it apart."""

    key: str
    region: BodyRegion
    name_en: str
    name_nl: str
    words: re.Pattern[str]


def words(pattern: str, endings: str = "") -> re.Pattern[str]:
    """Any of these as whole words."""
    return re.compile(rf"(?<![a-z0-9])(?:{pattern}){endings}(?![a-z0-9])")


def _part(key: str, region: BodyRegion, en: str, nl: str, pattern: str) -> Part:
    return Part(key, region, en, nl, words(pattern, _ENDINGS))


_R = BodyRegion
# where one is part of another, the more exact one stands first and takes its words away
PARTS: tuple[Part, ...] = (
    _part(
        "whole_body",
        _R.WHOLE_BODY,
        "whole body",
        "gehele lichaam",
        r"whole ?body|total ?body|wholebody|gehele lichaam|trauma ?scan|skeletstatus|skelet",
    ),
    _part(
        "cervical_spine",
        _R.SPINE,
        "cervical spine",
        "cervicale wervelkolom",
        r"cwk|cervicale (?:wk|wervel\w*)|cervical spine|c-?spine",
    ),
    _part(
        "thoracic_spine",
        _R.SPINE,
        "thoracic spine",
        "thoracale wervelkolom",
        r"twk|thoracale (?:wk|wervel\w*)|thoracic spine|t-?spine",
    ),
    _part(
        "lumbar_spine",
        _R.SPINE,
        "lumbar spine",
        "lumbale wervelkolom",
        r"lwk|lumbale (?:wk|wervel\w*)|lumbar spine|l-?spine|lumba\w+",
    ),
    _part("sacrum", _R.SPINE, "sacrum", "sacrum", r"sacrum|s-?spine|stuitje|coccyx|heiligbeen"),
    _part(
        "spine",
        _R.SPINE,
        "spine",
        "wervelkolom",
        r"wervel\w*|spine|spinal|spinaal|myelum|ctspine|ctlspine|tlspine|rug",
    ),
    _part("breast", _R.BREAST, "breast", "borst", r"mamm\w+|borst(?:en)?|breasts?"),
    _part(
        "sinuses",
        _R.HEAD,
        "sinuses",
        "neusbijholten",
        r"sinus(?:sen|es)?|nbh|neusbijholten?|bijholten",
    ),
    _part("orbit", _R.HEAD, "orbit", "orbita", r"orbita(?:'?s|e)?|orbits?|oogkas\w*"),
    _part("pituitary", _R.HEAD, "pituitary", "hypofyse", r"hypofyse|pituitary|sella|sella turcica"),
    _part(
        "temporal_bone",
        _R.HEAD,
        "temporal bone",
        "rotsbeen",
        r"rotsbe?en(?:en|deren)?|mastoid\w*|os petrosum|temporal bones?|iac|brughoek\w*",
    ),
    _part(
        "face",
        _R.HEAD,
        "face",
        "aangezicht",
        r"aangezicht\w*|face|facial|maxillofaciaal|kaak|kaken|mandibula|mandible|jaw|neus|nasal"
        r"|zygoma|gebit|dental|opg",
    ),
    _part(
        "head",
        _R.HEAD,
        "head",
        "hoofd",
        r"schedel|hersen\w*|cerebr\w+|brain|head|hoofd|skull|cranium|neurocranium|neuro",
    ),
    _part("carotids", _R.NECK, "carotid arteries", "halsslagaders", r"carot\w+"),
    _part("thyroid", _R.NECK, "thyroid", "schildklier", r"schildklier|thyr\w+"),
    _part("neck", _R.NECK, "neck", "hals", r"hals|neck|larynx|pharynx|farynx|nasopharynx"),
    _part(
        "heart", _R.CHEST, "heart", "hart", r"hart|heart|cardia\w*|cor|coronair\w*|coronar\w*|aorta"
    ),
    _part("ribs", _R.CHEST, "ribs", "ribben", r"ribben|ribs?|sternum"),
    _part("chest", _R.CHEST, "chest", "thorax", r"thorax|chest|long(?:en|embolie\w*)?|lungs?"),
    _part("liver", _R.ABDOMEN, "liver", "lever", r"lever|liver"),
    _part(
        "kidneys",
        _R.ABDOMEN,
        "kidneys and urinary tract",
        "nieren en urinewegen",
        r"nier(?:en|stenen)?|kidneys?|renal|urinewegen|urinary tract|blaas|bladder|ureter\w*",
    ),
    _part(
        "bowel",
        _R.ABDOMEN,
        "bowel",
        "darmen",
        r"colon|darm(?:en)?|dunne darm|bowel|colo\w*|appendix|oesophagus|slokdarm|maag|stomach",
    ),
    _part(
        "upper_abdomen",
        _R.ABDOMEN,
        "upper abdomen",
        "bovenbuik",
        r"bovenbuik|upper abdomen|pancreas|galblaas|galwegen|gallbladder|milt|spleen|mrcp",
    ),
    _part("abdomen", _R.ABDOMEN, "abdomen", "abdomen", r"abdom\w+|buik|boz"),
    _part("prostate", _R.PELVIS, "prostate", "prostaat", r"prostaat|prostate"),
    _part("scrotum", _R.PELVIS, "scrotum", "scrotum", r"scrotum|testis|testes|testikels?"),
    _part("hip", _R.PELVIS, "hip", "heup", r"heup(?:en)?|hips?"),
    _part(
        "pelvis",
        _R.PELVIS,
        "pelvis",
        "bekken",
        r"bekken|pelvis|onderbuik|uterus|ovari\w+|gynaecologisch|si-?gewrichten|rectum|anus",
    ),
    _part(
        "shoulder",
        _R.UPPER_LIMB,
        "shoulder",
        "schouder",
        r"schouders?|shoulders?|scapula|ac-?gewricht",
    ),
    _part(
        "clavicle", _R.UPPER_LIMB, "clavicle", "sleutelbeen", r"clavicul\w+|clavicle|sleutelbeen"
    ),
    _part("humerus", _R.UPPER_LIMB, "upper arm", "bovenarm", r"bovenarm|humerus|upper arm"),
    _part("elbow", _R.UPPER_LIMB, "elbow", "elleboog", r"elle?bo(?:og|gen)|elbows?"),
    _part(
        "forearm",
        _R.UPPER_LIMB,
        "forearm",
        "onderarm",
        r"onderarm|forearm|antebrachium|radius|ulna",
    ),
    _part(
        "wrist",
        _R.UPPER_LIMB,
        "wrist",
        "pols",
        r"pols(?:en)?|wrists?|scaph?oid\w*|carpus|handwortel",
    ),
    _part("thumb", _R.UPPER_LIMB, "thumb", "duim", r"duim(?:en)?|thumbs?"),
    _part("finger", _R.UPPER_LIMB, "finger", "vinger", r"vingers?|fingers?|dig(?:itus)?"),
    _part("hand", _R.UPPER_LIMB, "hand", "hand", r"hand(?:en|s)?"),
    _part("arm", _R.UPPER_LIMB, "arm", "arm", r"arm(?:en|s)?|upper (?:limb|extremity)"),
    _part("knee", _R.LOWER_LIMB, "knee", "knie", r"knie(?:en)?|knees?|patella|meniscus"),
    _part("ankle", _R.LOWER_LIMB, "ankle", "enkel", r"enkels?|ankles?|osg|bsg"),
    _part("calcaneus", _R.LOWER_LIMB, "heel", "hiel", r"calcaneus|hiel|heel"),
    _part("toes", _R.LOWER_LIMB, "toes", "tenen", r"te?en|tenen|toes?|hallux"),
    _part("foot", _R.LOWER_LIMB, "foot", "voet", r"(?:voor|midden)?voet(?:en)?|foot|feet"),
    _part("femur", _R.LOWER_LIMB, "thigh", "bovenbeen", r"bovenbe(?:en|nen)|femur|thigh"),
    _part(
        "lower_leg",
        _R.LOWER_LIMB,
        "lower leg",
        "onderbeen",
        r"onderbe(?:en|nen)|lower leg|crus|tibia|fibula",
    ),
    _part("leg", _R.LOWER_LIMB, "leg", "been", r"been|benen|legs?|lower (?:limb|extremity)"),
)

# what a modality is called where only words name it, surest first
MODALITIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("PT", words(r"pet(?:-?ct|-?mri?)?")),
    ("MG", words(r"mammogra\w*|tomosynthese")),
    ("CT", words(r"cta?|ct-?scan|hrct")),
    ("MR", words(r"mri?|mra|mrcp|mri-?scan")),
    ("US", words(r"echo\w*|\w+echo|us|ultraso\w*|duplex|doppler")),
    ("NM", words(r"\w*scintigra\w*|botscan|spect|schildklierscan")),
    ("RF", words(r"doorlichting|slikfoto'?s?|fluorosc\w*")),
    ("DX", words(r"x|xr|rx|rontgen\w*|\w*foto'?s?|radiogra\w*|x-?ray|bucky\w*|\w+overzicht")),
)

# another examination than the plain one of that part, with a code of its own or none
SPECIAL = words(
    r"angio\w*|cta|mra|mrv|venogra\w*|perfusi\w*|punc?ti\w*|biops?\w*|biopt\w*|drain\w*"
    r"|\w*geleide?|\w*guided|arth?ro\w*|doppler|duplex|spectro\w*|fmri|functionele?|planning"
    r"|radiotherap\w*|calcium\w*|tomosynthese|mrcp|colografie|enterografie|enteroclys\w*|myelogra\w*"
    r"|stereota\w*|limited|beperkt|low ?dose|embolie\w*|longembolie\w*"
)

_AGENT = r"(?: ?i\.?v\.?)?[ -]?contrast\w*"
WITHOUT_CONTRAST = words(
    r"blanco|nati(?:ve|ef)|z\.?c\.?|ongecontrasteerd"
    rf"|zonder(?= ?(?:en|/|\+|&) ?met)|(?:zonder|geen){_AGENT}"
    r"|without(?= ?(?:and|/|\+|&) ?with)|w/?o(?= ?(?:and|/|\+|&) ?w)"
    rf"|(?:without|w/?o|no|non){_AGENT}"
)
WITH_CONTRAST = words(
    r"m\.?c\.?|gecontrasteerd"
    rf"|met(?= ?(?:en|/|\+|&) ?zonder)|met{_AGENT}"
    rf"|with(?= ?(?:and|/|\+|&) ?without)|w(?= ?(?:and|/|\+|&) ?w/?o)|(?:with|w){_AGENT}"
    r"|i\.?v\.?[ -]?contrast\w*|contrast-?(?:ct|mri?)"
)
BOTH_CONTRASTS = words(r"w/?wo|w/o ?& ?w")

LEFT = words(r"links|li|linker|left")
RIGHT = words(r"rechts|re|rechter|right")
BOTH_SIDES = words(r"beiderzijds|bdz|beide|bilatera\w*|dubbelzijdig")

TWO_VIEWS = words(r"2 ?r|twee richtingen|2 richtingen|2 views|(?:pa|ap) (?:en|and|\+|&) lat\w*")
