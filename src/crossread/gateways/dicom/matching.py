"""Attribute matching (PS3.4 C.2.2.2) of an identifier against a data set that we made."""

import re
from collections.abc import Iterable

from pydicom import Dataset
from pydicom.charset import python_encoding
from pydicom.dataelem import DataElement
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence

from crossread.archive.matching import is_pattern, name_key

UTF8 = "ISO_IR 192"
_RANGES = frozenset({"DA", "TM", "DT"})
_WILDCARDS = frozenset({"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})


def fits(asked: Dataset, entry: Dataset) -> bool:
    """Whether `entry` has everything that `asked` names; a key that it lacks is not supported."""
    return all(
        element_fits(element, entry[element.tag])
        for element in asked
        if element.tag in entry and element.keyword != "SpecificCharacterSet"
    )


def element_fits(asked: DataElement, known: DataElement) -> bool:
    """Whether one attribute fits its key: universal, list, sequence, range, wildcard or single."""
    if asked.VR == "SQ":
        wanted = asked.value[0] if asked.value else Dataset()
        return not len(wanted) or any(fits(wanted, item) for item in known.value or ())
    keys, values = texts(asked.value), texts(known.value) or [""]
    return not keys or any(_one(asked.VR, key, value) for key in keys for value in values)


def texts(value: object) -> list[str]:
    """The values of an element as text, without padding; none where it is empty."""
    many = value if isinstance(value, MultiValue | list | tuple) else [value]
    found = ("" if one is None else str(one).strip(" \0") for one in many)
    return [one for one in found if one]


def _one(vr: str, key: str, value: str) -> bool:
    if vr in _RANGES:
        return within(vr, key, value)
    if vr == "PN":
        groups = [name_key(one) for one in value.split("=")]
        return any(_fits(name_key(key), one) for one in groups)
    return _fits(key, value) if vr in _WILDCARDS else key == value


def _fits(key: str, value: str) -> bool:
    return _pattern(key).fullmatch(value) is not None if is_pattern(key) else key == value


def _pattern(key: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in key)
    return re.compile("".join(parts), re.DOTALL)


def within(vr: str, key: str, value: str) -> bool:
    """Range matching (C.2.2.2.5): `a-b`, `a-`, `-b`, or a single value; both ends included."""
    if not value:
        return False
    first, dash, last = key.partition("-")
    first, last, at = _moment(vr, first), _moment(vr, last), _moment(vr, value)
    if not dash:
        return at.startswith(first)  # 1030 is every moment of that minute
    return (not first or first <= at) and (not last or at[: len(last)] <= last)


def _moment(vr: str, text: str) -> str:
    """A date or time in the one form in which it can be compared as text."""
    plain = text.strip()
    return plain.replace(".", "") if vr == "DA" else plain.replace(":", "").partition(".")[0]


def as_asked(asked: Dataset, entry: Dataset) -> Dataset:
    """The attributes of `entry` that are asked for; those that we do not know are empty."""
    answer = Dataset()
    for element in asked:
        if element.tag.element == 0 or element.keyword == "SpecificCharacterSet":
            continue
        if element.tag not in entry:
            answer.add(DataElement(element.tag, element.VR, [] if element.VR == "SQ" else None))
        elif element.VR != "SQ":
            answer.add(entry[element.tag])
        else:
            wanted = element.value[0] if element.value else Dataset()
            items = entry[element.tag].value
            kept = [as_asked(wanted, item) for item in items] if len(wanted) else list(items)
            answer.add(DataElement(element.tag, "SQ", Sequence(kept)))
    return answer


def name_characters(answer: Dataset, asked: Dataset) -> Dataset:
    """Say in which character set `answer` is: the asker's own where it can hold it, else UTF-8."""
    every = list(_every_text(answer))
    if all(text.isascii() for text in every):
        return answer
    own = texts(asked.get("SpecificCharacterSet"))
    single = own[0] if len(own) == 1 else ""
    answer.SpecificCharacterSet = single if _can_write(single, every) else UTF8
    return answer


def _can_write(character_set: str, every: Iterable[str]) -> bool:
    encoding = python_encoding.get(character_set)
    if not character_set or encoding is None:
        return False
    try:
        "".join(every).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _every_text(dataset: Dataset) -> Iterable[str]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield from _every_text(item)
        else:
            yield from texts(element.value)
