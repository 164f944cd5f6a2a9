"""PS3.4 C.2.2.2 read aloud: does this study fit that query? Slow, and without the index."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True)
class Plain:
    """A study as its images say."""

    uid: str
    number: str = ""
    name: str = ""
    born: date | None = None
    accession: str = ""
    at: datetime | None = None
    description: str = ""
    modalities: tuple[str, ...] = ()
    referrer: str = ""
    codes: tuple[tuple[str, str], ...] = ()  # value and scheme


def fits(study: Plain, asked: dict[str, object]) -> bool:
    """Whether a study fits every key."""
    days, times = asked.get("StudyDate", ""), asked.get("StudyTime", "")
    return (
        text(study.uid, asked.get("StudyInstanceUID", ""), wild=False)
        and text(study.number, asked.get("PatientID", ""))
        and text(study.accession, asked.get("AccessionNumber", ""))
        and text(study.description, asked.get("StudyDescription", ""))
        and name(study.name, asked.get("PatientName", ""))
        and name(study.referrer, asked.get("ReferringPhysicianName", ""))
        and between(study.born, asked.get("PatientBirthDate", ""), day)
        and between(study.at and study.at.date(), days, day)
        and between(study.at and study.at.time(), times, moment)
        and several(study.modalities, asked.get("ModalitiesInStudy", ""))
        and codes(study.codes, asked.get("ProcedureCodeSequence", []))
    )


def text(value: str, asked: object, *, wild: bool = True) -> bool:
    """Single value, list, wildcard, universal and empty value matching."""
    wanted = [one for one in str(asked).split("\\") if one]
    if not wanted:
        return True
    if wanted == ['""']:
        return value == ""
    return any(like(one, value) if wild else one == value for one in wanted)


def like(pattern: str, value: str) -> bool:
    """Wildcard matching (C.2.2.2.4): * is any text, also none; ? is one letter."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return like(pattern[1:], value) or (bool(value) and like(pattern, value[1:]))
    return bool(value) and pattern[0] in ("?", value[0]) and like(pattern[1:], value[1:])


def name(value: str, asked: object) -> bool:
    """Names: components that are empty at the end do not count, nor case, accents and spaces."""
    wanted = str(asked)
    if not wanted:
        return True
    if wanted == '""':
        return value == ""
    kept = [plain(group) for group in (value + "==").split("=")[:3]]
    groups = [plain(group) for group in wanted.split("=")]
    if len(groups) == 1:
        group = groups[0]
        candidates = [kept[0]] if group.isascii() else [kept[0]] + [one for one in kept[1:] if one]
        return set(group) <= {"*"} or any(like(group, one) for one in candidates)
    return all(
        set(group) <= {"*"} or like(group, one) for group, one in zip(groups, kept, strict=False)
    )


def words(value: str, asked: str) -> bool:
    """Fuzzy matching: each word that is asked begins a word of the name."""
    here = plain(value.replace("=", "^")).replace("^", " ").replace("-", " ").split()
    wanted = plain(asked.replace("=", "^")).replace("^", " ").replace("-", " ").split()
    return all(any(word.startswith(one) for word in here) for one in wanted)


def plain(group: str) -> str:
    """Without case, accents and needless spaces and delimiters."""
    letters = unicodedata.normalize("NFD", group)
    bare = (
        "".join(one for one in letters if not unicodedata.combining(one)).lower().replace("ø", "o")
    )
    components = [" ".join(one.split()) for one in bare.split("^")]
    while components and not components[-1]:
        components.pop()
    return "^".join(components)


def several(values: tuple[str, ...], asked: object) -> bool:
    """An attribute of several values fits when one of them does."""
    if str(asked) == '""':
        return not values
    if any(set(one) == {"*"} for one in str(asked).split("\\")):
        return True  # any text is also none (C.2.2.2.4)
    return text("", asked) if not str(asked) else any(text(one, asked) for one in values)


def codes(kept: tuple[tuple[str, str], ...], asked: object) -> bool:
    """Sequence matching (C.2.2.2.6): one item fits every key of the item asked for."""
    if not isinstance(asked, list) or not asked or not any(asked[0].values()):
        return True
    value, scheme = asked[0].get("CodeValue", ""), asked[0].get("CodingSchemeDesignator", "")
    return any(text(one, value) and text(other, scheme) for one, other in kept)


def between(value: date | time | None, asked: object, read: object) -> bool:
    """Range matching (C.2.2.2.5), both ends included; what has no value fits no range."""
    wanted = str(asked)
    if not wanted:
        return True
    if wanted == '""':
        return value is None
    first, dash, last = wanted.partition("-")
    assert callable(read)
    start = read(first, False) if first else None
    end = (read(last, True) if last else None) if dash else read(first, True)
    return value is not None and (start is None or value >= start) and (end is None or value <= end)


def day(digits: str, _: bool) -> date:
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))


def moment(digits: str, end: bool) -> time:
    whole = digits + "595959"[len(digits) :] if end else digits.ljust(6, "0")
    at = time(int(whole[:2]), int(whole[2:4]), int(whole[4:6]))
    return at.replace(microsecond=999_999) if end else at
