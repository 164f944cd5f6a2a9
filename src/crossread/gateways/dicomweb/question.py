"""What the parameters of a search ask for (PS3.18 8.3.4 and 10.6.1.2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pydicom.datadict import keyword_for_tag, tag_for_keyword
from starlette.datastructures import QueryParams

from crossread.archive.answer import USUAL
from crossread.archive.attributes import ATTRIBUTES, ITEMS, Kind, Level, known
from crossread.archive.matching import Asked
from crossread.platform.http import BadRequest

LIMIT = 1_000  # results of one answer
_OTHERS = frozenset(
    {"fuzzymatching", "includefield", "limit", "offset", "accept", "charset",
     "emptyvaluematching", "multiplevaluematching"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """A search, as `archive.query.ask` takes it."""

    level: Level
    values: dict[str, Asked]
    wanted: tuple[str, ...]
    unmatched: frozenset[str]  # asked for, but not in the index
    fuzzy: bool
    limit: int
    offset: int


def question(parameters: QueryParams, level: Level, *, within: Level | None) -> Question:
    """The search that these parameters ask for; `within`: down to which level the path names one.

    Raises BadRequest.
    """
    values: dict[str, Asked] = {}
    unmatched = set()
    for name, value in parameters.multi_items():
        if name in _OTHERS:
            continue
        keyword, *deeper = _keywords(name)
        if keyword not in known(level) or (deeper and deeper[0] not in ITEMS.get(keyword, {})):
            unmatched.add(".".join([keyword, *deeper]))
        elif deeper:
            items = values.setdefault(keyword, [{}])
            assert isinstance(items, list) and isinstance(items[0], dict)  # noqa: S101 - made here
            items[0][deeper[0]] = value
        else:
            values[keyword] = _value(keyword, value)
    uids = ("StudyInstanceUID", "SeriesInstanceUID")
    for keyword in uids[: 0 if within is None else within.depth]:
        values.pop(keyword, None)  # the path says it
    wanted = dict.fromkeys([*_usual(level, within), *_fields(parameters, level), *uids])
    return Question(
        level,
        values,
        tuple(one for one in wanted if one in known(level)),
        frozenset(unmatched),
        parameters.get("fuzzymatching", "false").lower() == "true",
        min(LIMIT, _number(parameters, "limit", LIMIT)),
        _number(parameters, "offset", 0),
    )


def _usual(level: Level, within: Level | None) -> Iterator[str]:
    """What is told without being asked: also of the levels above that the path does not name."""
    above = within.depth if within is not None else 0
    for one in Level:
        if above < one.depth <= level.depth:
            yield from USUAL[one]


def _fields(parameters: QueryParams, level: Level) -> Iterator[str]:
    for listed in parameters.getlist("includefield"):
        for name in listed.split(","):
            if name.strip().lower() == "all":
                yield from known(level)
            elif name.strip():
                yield _keywords(name.strip())[0]


def _value(keyword: str, value: str) -> Asked:
    """UIDs may be a list (PS3.18 8.3.4.1)."""
    if ATTRIBUTES[keyword].kind is Kind.UID and "," in value:
        return [one.strip() for one in value.split(",") if one.strip()]
    return value


def _keywords(name: str) -> list[str]:
    """The keywords of an attribute, or of a path of them, by keyword or tag. Raises BadRequest."""
    return [_keyword(one) for one in name.split(".")]


@cache
def _keyword(name: str) -> str:
    if len(name) == 8:
        try:
            return keyword_for_tag(int(name, 16)) or name.upper()
        except ValueError:
            pass
    if tag_for_keyword(name) is None:
        raise BadRequest(f"'{name[:64]}' is no attribute: name a keyword or a tag of eight digits.")
    return name


def _number(parameters: QueryParams, name: str, otherwise: int) -> int:
    text = parameters.get(name)
    if text is None or text == "":
        return otherwise
    if not text.isascii() or not text.isdigit():
        raise BadRequest(f"'{name}' is a number from 0.")
    return int(text[:9])
