"""LOINC codes of plain examinations (LOINC/RSNA Radiology Playbook), only those looked up.

Source: loinc.org, as listed by name in public value sets; PS3.16 CID 7000 for CT Abdomen.
"""

SYSTEM = "http://loinc.org"

PLAIN = ""  # the code that says nothing of contrast
WITHOUT, WITH, BOTH = "without", "with", "both"

# (what it is made with, part of the body) -> contrast -> code
CODES: dict[tuple[str, str], dict[str, str]] = {
    ("CT", "head"): {PLAIN: "24725-4", WITHOUT: "30799-1", WITH: "24727-0", BOTH: "24726-2"},
    ("CT", "sinuses"): {PLAIN: "30588-8"},
    ("CT", "neck"): {PLAIN: "36051-1"},
    ("CT", "chest"): {PLAIN: "24627-2", WITHOUT: "29252-4", WITH: "24628-0", BOTH: "30598-7"},
    ("CT", "abdomen"): {PLAIN: "41806-1"},
    ("CT", "pelvis"): {PLAIN: "24865-8", WITHOUT: "30615-9", WITH: "24866-6", BOTH: "30616-7"},
    ("CT", "cervical_spine"): {PLAIN: "24932-6", WITHOUT: "30592-0", WITH: "24933-4"},
    ("CT", "thoracic_spine"): {PLAIN: "24978-9", WITHOUT: "30597-9", WITH: "24979-7"},
    ("CT", "lumbar_spine"): {PLAIN: "24963-1", WITHOUT: "30620-9", WITH: "24964-9"},
    ("CT", "spine"): {PLAIN: "28566-8"},
    ("CT", "shoulder"): {PLAIN: "36062-8"},
    ("CT", "elbow"): {PLAIN: "35962-0"},
    ("CT", "hand"): {PLAIN: "36002-4"},
    ("CT", "hip"): {PLAIN: "36014-9"},
    ("CT", "knee"): {PLAIN: "36037-0"},
    ("CT", "ankle"): {PLAIN: "35940-6"},
    ("CT", "foot"): {PLAIN: "35991-9"},
    ("MR", "head"): {PLAIN: "24590-2", WITHOUT: "30657-1", WITH: "24589-4", BOTH: "24587-8"},
    ("MR", "neck"): {PLAIN: "24839-3", WITHOUT: "30660-5", WITH: "24841-9", BOTH: "24840-1"},
    ("MR", "cervical_spine"): {
        PLAIN: "24935-9", WITHOUT: "30667-0", WITH: "24938-3", BOTH: "24937-5"
    },
    ("MR", "thoracic_spine"): {PLAIN: "24980-5", WITH: "24982-1", BOTH: "24981-3"},
    ("MR", "lumbar_spine"): {
        PLAIN: "24968-0", WITHOUT: "30679-5", WITH: "30678-7", BOTH: "24967-2"
    },
    ("MR", "breast"): {PLAIN: "30794-2"},
    ("MR", "abdomen"): {PLAIN: "24556-3", WITHOUT: "30668-8", BOTH: "24557-1"},
    ("MR", "liver"): {PLAIN: "36046-1", WITHOUT: "30669-6", BOTH: "30670-4"},
    ("MR", "pelvis"): {PLAIN: "24867-4", WITHOUT: "30673-8", BOTH: "30674-6"},
    ("MR", "prostate"): {PLAIN: "30675-3"},
    ("MR", "shoulder"): {PLAIN: "24905-2", WITHOUT: "30693-6", BOTH: "24906-0"},
    ("MR", "elbow"): {PLAIN: "24674-4", WITHOUT: "30796-7", BOTH: "24675-1"},
    ("MR", "wrist"): {PLAIN: "25033-2", BOTH: "25035-7"},
    ("MR", "hand"): {PLAIN: "24720-5", WITHOUT: "30685-2", BOTH: "30686-0"},
    ("MR", "hip"): {PLAIN: "36013-1", WITHOUT: "30687-8", BOTH: "30688-6"},
    ("MR", "knee"): {PLAIN: "24802-1", WITHOUT: "30691-0", BOTH: "24803-9"},
    ("MR", "ankle"): {PLAIN: "24538-1", WITHOUT: "30680-3", BOTH: "24539-9"},
    ("MR", "foot"): {PLAIN: "24707-2", WITHOUT: "30681-1", BOTH: "30682-9"},
    ("XR", "head"): {PLAIN: "28564-3"},
    ("XR", "sinuses"): {PLAIN: "24916-9"},
    ("XR", "chest"): {PLAIN: "30745-4"},
    ("XR", "cervical_spine"): {PLAIN: "24946-6"},
    ("XR", "thoracic_spine"): {PLAIN: "24983-9"},
    ("XR", "lumbar_spine"): {PLAIN: "24972-2"},
    ("XR", "pelvis"): {PLAIN: "28561-9"},
    ("XR", "hip"): {PLAIN: "24762-7"},
    ("XR", "shoulder"): {PLAIN: "24909-4"},
    ("XR", "clavicle"): {PLAIN: "24664-5"},
    ("XR", "humerus"): {PLAIN: "28567-6"},
    ("XR", "elbow"): {PLAIN: "24676-9"},
    ("XR", "wrist"): {PLAIN: "24619-9"},
    ("XR", "hand"): {PLAIN: "28582-5"},
    ("XR", "finger"): {PLAIN: "24706-4"},
    ("XR", "thumb"): {PLAIN: "25006-8"},
    ("XR", "femur"): {PLAIN: "24704-9"},
    ("XR", "knee"): {PLAIN: "28565-0"},
    ("XR", "ankle"): {PLAIN: "24541-5"},
    ("XR", "calcaneus"): {PLAIN: "24612-4"},
    ("XR", "foot"): {PLAIN: "24709-8"},
    ("XR", "toes"): {PLAIN: "25013-4"},
    ("US", "abdomen"): {PLAIN: "24558-9"},
    ("US", "liver"): {PLAIN: "28614-6"},
    ("US", "breast"): {PLAIN: "24601-7"},
    ("US", "carotids"): {PLAIN: "24616-5"},
    ("US", "neck"): {PLAIN: "24842-7"},
    ("US", "pelvis"): {PLAIN: "24869-0"},
    ("US", "scrotum"): {PLAIN: "25002-7"},
    ("US", "shoulder"): {PLAIN: "24907-8"},
    ("US", "thyroid"): {PLAIN: "25010-0"},
}  # fmt: skip
CHEST_TWO_VIEWS = "36643-5"
