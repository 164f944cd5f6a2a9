"""What a value of a query means: the types of matching of PS3.4 C.2.2.2, as conditions."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from crossread.archive.attributes import ITEMS, Kind
from crossread.archive.read import day
from crossread.platform.errors import Unreadable

Asked = str | Sequence[str] | Sequence[Mapping[str, "Asked"]]
Moment = date | time | datetime

KEY_AT_MOST = 128  # characters of a name that are compared; the standard has 64
EMPTY = '""'  # asks for what has no value (PS3.4 C.2.2.2.7)
_ACCENTS = re.compile("[\u0300-\u036f]")
# capitals of the alphabets that names are written in; archive.folded in SQL has the same, since
# what lower() does there is a matter of the server's locale
_CAPITALS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÆÐØÞĐĦŁŊŒŦƏ"
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"
    "ЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯҐԱ"
    "ԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ"
)
_LOWERED = str.maketrans(_CAPITALS, _CAPITALS.lower())
# letters that Unicode does not take apart; likewise
_LETTERS = str.maketrans("øđłıħŧ", "odliht") | {
    ord("ß"): "ss",
    ord("æ"): "ae",
    ord("œ"): "oe",
    ord("þ"): "th",
}
_BETWEEN_WORDS = re.compile(r"[ \t\r\n^=,.'’-]+")
_TIME = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?")


@dataclass(frozen=True, slots=True)
class Texts:
    """One of these values, or one of these patterns (with * and ?)."""

    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name: for each representation a value or pattern, folded; '' fits all.

    One representation alone is looked for in all three (PS3.5 6.2.1.2: alphabetic, ideographic,
    phonetic).
    """

    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A person's name in which a word starts with each of these, wherever (fuzzy matching)."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Numbers:
    """One of these numbers."""

    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """From one day or moment to another, both included; None is without end."""

    first: Moment | None
    last: Moment | None


@dataclass(frozen=True, slots=True)
class Without:
    """No value at all."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a sequence fits all of these."""

    keys: tuple[tuple[str, "Condition"], ...]


Condition = Texts | Name | Words | Numbers | Within | Without | Item


def condition(  # noqa: PLR0911 - one way out for each kind
    keyword: str, kind: Kind, asked: Asked, *, fuzzy: bool = False
) -> Condition | None:
    """What `asked` of an attribute means; None where it fits everything (PS3.4 C.2.2.2.3).

    Raises Unreadable for what is no value of this kind.
    """
    if kind is Kind.SEQUENCE:
        return _item(keyword, asked)
    values = _values(asked)
    if not values or kind is Kind.FIGURE:
        return None
    if values == [EMPTY]:
        return Without()
    match kind:
        case Kind.UID:
            return Texts(tuple(values))
        case Kind.TEXT | Kind.TEXTS:
            return _texts(values)
        case Kind.NAME if fuzzy:
            words = tuple(one for one in words_of(values[0].replace("*", " ")) if one)
            return Words(words) if words else None
        case Kind.NAME:
            return _name(values[0])
        case Kind.NUMBER:
            return Numbers(tuple(_number(keyword, one) for one in values))
        case _:
            return _range(keyword, kind, values[0])


def is_pattern(value: str) -> bool:
    """Whether a value has wildcards (PS3.4 C.2.2.2.4)."""
    return "*" in value or "?" in value


def folded(value: str) -> str:
    """Text without case and accents: `archive.folded` in SQL does the same to what is kept."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", value))
    return plain.translate(_LOWERED).translate(_LETTERS)


def name_key(group: str) -> str:
    """One representation of a name as it is compared; `archive.name_key` in SQL does the same."""
    spaced = re.sub(r"[ \t\r\n]+", " ", folded(group))
    return re.sub(r" ?\^ ?", "^", spaced).strip(" ")[:KEY_AT_MOST].rstrip("^ ")


def words_of(name: str) -> list[str]:
    """The words of a name, folded, of whatever component or representation."""
    return [word for word in _BETWEEN_WORDS.split(folded(name)) if word]


def _values(asked: Asked) -> list[str]:
    many = asked.split("\\") if isinstance(asked, str) else asked
    return [one for one in (str(value).strip(" \0") for value in many) if one]


def _texts(values: list[str]) -> Texts | None:
    if any(set(one) == {"*"} for one in values):
        return None
    return Texts(
        tuple(one for one in values if not is_pattern(one)),
        tuple(one for one in values if is_pattern(one)),
    )


def _name(value: str) -> Name | None:
    groups = tuple("" if set(one) == {"*"} else name_key(one) for one in value.split("=")[:3])
    return Name(groups) if any(groups) else None


def _number(keyword: str, value: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise Unreadable(f"{keyword} must be a whole number.") from None
    if abs(number) >= 1 << 31:
        raise Unreadable(f"{keyword} is too large a number.")
    return number


def _range(keyword: str, kind: Kind, value: str) -> Within | None:
    """A value, or two with a dash between, of which one may be missing (PS3.4 C.2.2.2.5)."""
    read: Callable[[str, bool], Moment | None] = _day if kind is Kind.DATE else _time
    first, dash, last = (part.strip() for part in value.partition("-"))
    if not dash:
        last = first
    ends = (read(first, False) if first else None, read(last, True) if last else None)
    if (first and ends[0] is None) or (last and ends[1] is None):
        form = "YYYYMMDD" if kind is Kind.DATE else "HHMMSS"
        raise Unreadable(f"{keyword} must be {form}, or a range of two with a dash between.")
    return Within(*ends) if first or last else None


def _day(value: str, end: bool) -> date | None:
    return day(value) if re.fullmatch(r"\d{4}(\.?)\d{2}\1\d{2}", value) else None


def _time(value: str, end: bool) -> time | None:
    """A time; what is not said of it is the first moment that fits, or the last."""
    found = _TIME.fullmatch(value)  # the old form has colons
    if found is None:
        return None
    hour, minute, second, fraction = found.groups()
    rest = (fraction or "").ljust(6, "9" if end else "0")
    default = "59" if end else "00"
    try:
        # 60 is a leap second, which the index keeps as 59
        return time(int(hour), int(minute or default), min(59, int(second or default)), int(rest))
    except ValueError:
        return None


def _item(keyword: str, asked: Asked) -> Item | None:
    if isinstance(asked, str) or not asked:
        return None
    item = asked[0]  # a query holds one item at most (PS3.4 C.2.2.2.6)
    if isinstance(item, str):
        raise Unreadable(f"{keyword} is a sequence: ask for an attribute in it.")
    keys = []
    for inner, value in item.items():
        kind = ITEMS[keyword].get(inner)
        wanted = condition(inner, kind, value) if kind else None
        if wanted is not None:
            keys.append((inner, wanted))
    return Item(tuple(keys)) if keys else None
