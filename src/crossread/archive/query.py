"""A question to the archive, and what fits it: the same for C-FIND and QIDO-RS (PS3.4 C.4.1).

asked = ask(Level.STUDY, {"PatientName": "jans*", "StudyDate": "20260101-"}, limit=50)
found = await search.find(db, ["noord"], asked)
found[0].values["StudyInstanceUID"]
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from crossread.archive.attributes import ATTRIBUTES, MOMENTS, UNIQUE, Level, known
from crossread.archive.matching import Asked, Condition, Within, condition

Value = str | int | list[str] | list[dict[str, str]] | None


@dataclass(frozen=True, slots=True)
class Key:
    """An attribute and what it must be."""

    keyword: str
    condition: Condition


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for, and what to say of what is found. Made by `ask`."""

    level: Level
    keys: tuple[Key, ...] = ()
    wanted: tuple[str, ...] = ()  # keywords
    unknown: tuple[str, ...] = ()  # asked for, but not in the index at this level
    limit: int | None = None
    offset: int = 0
    after: tuple[Any, ...] | None = None  # the `place` of a match: go on behind it
    studies: tuple[UUID, ...] | None = None  # only in these, where a rule allows no more

    def condition(self, keyword: str) -> Condition | None:
        """What an attribute must be."""
        return next((key.condition for key in self.keys if key.keyword == keyword), None)


@dataclass(frozen=True, slots=True)
class Match:
    """One patient, study, series or image that fits.

    `values` has each attribute that was wanted, by keyword: text, dates and times as DICOM writes
    them ('' where there is none), numbers (None where there is none), lists, and items of
    sequences as dictionaries by keyword.
    """

    hospital_id: str
    study_id: UUID  # of a patient: the newest study
    place: tuple[Any, ...] = field(repr=False)  # in the order of answers, for `Query.after`
    values: Mapping[str, Value] = field(repr=False)


def ask(
    level: Level,
    values: Mapping[str, Asked],
    *,
    wanted: Iterable[str] = (),
    fuzzy: bool = False,
    combined: bool = False,
    limit: int | None = None,
    offset: int = 0,
    studies: Iterable[UUID] | None = None,
) -> Query:
    """A query from values by keyword, as a C-FIND identifier or a QIDO-RS URL has them.

    A value is text, several separated by backslashes or in a list; of a sequence it is a list with
    one dictionary. Attributes of higher levels may be asked for too. Every attribute of `values`,
    those of `wanted` and the unique keys come back. What the index does not hold is not matched,
    and named in `unknown`. `fuzzy` looks for words of a name that start so (PS3.4 C.2.2.2.1.1);
    `combined` takes a date and a time as one moment (C.2.2.2.5.4).

    Raises Unreadable, with what is wrong, for a date, time or number that is none.
    """
    here = known(level)
    keys = []
    for keyword, asked in values.items():
        attribute = ATTRIBUTES.get(keyword)
        if attribute is None or keyword not in here:
            continue
        meant = condition(keyword, attribute.kind, asked, fuzzy=fuzzy)
        if meant is not None:
            keys.append(Key(keyword, meant))
    unique = [UNIQUE[one] for one in Level if one.depth <= level.depth]
    named = dict.fromkeys([*unique, *values, *wanted])
    return Query(
        level=level,
        keys=tuple(_as_moments(keys) if combined else keys),
        wanted=tuple(one for one in named if one in here),
        unknown=tuple(one for one in named if one not in here),
        limit=limit,
        offset=offset,
        studies=None if studies is None else tuple(studies),
    )


def _as_moments(keys: list[Key]) -> list[Key]:
    """A range of days and one of times as one range of moments."""
    found = {key.keyword: key.condition for key in keys}
    for day_keyword, time_keyword in MOMENTS.items():
        days, times = found.get(day_keyword), found.get(time_keyword)
        if isinstance(days, Within) and isinstance(times, Within):
            found[day_keyword] = Within(
                _moment(days.first, times.first, time.min), _moment(days.last, times.last, time.max)
            )
            del found[time_keyword]
    return [Key(keyword, meant) for keyword, meant in found.items()]


def _moment(on: object, at: object, default: time) -> datetime | None:
    if not isinstance(on, date):
        return None
    return datetime.combine(on, at if isinstance(at, time) else default)
