"""SQL of finding: a query becomes one statement that reads no more than a page needs."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from crossread.archive.attributes import ATTRIBUTES, Kind, Level
from crossread.archive.matching import Condition, Texts, Within, Words
from crossread.archive.query import Key, Match, Query, Value
from crossread.archive.store.conditions import COLUMNS, Bound, escaped, line, within
from crossread.platform.database import Connection

_STUDY = "archive.study st"
_SERIES = "join archive.series se on se.study_id = st.id and se.hospital_id = st.hospital_id"
_IMAGE = "join archive.instance i on i.series_id = se.id and i.hospital_id = st.hospital_id"
_SHOWN = "i.rejection = ''"  # what a rejection note hides is not found (IHE IOCM)
# neither is what is erased, and that of which every image is hidden; the table of terms lacks it
_STUDY_SHOWN = "not st.hidden"
_SERIES_SHOWN = "(se.instance_count > 0 or se.bytes = 0)"
_JOINED = {
    Level.PATIENT: (),
    Level.STUDY: (),
    Level.SERIES: (_SERIES,),
    Level.IMAGE: (_SERIES, _IMAGE),
}
# by number, those without one last; all descending, so that one comparison says what comes after
_SERIES_PLACE = ("coalesce(-se.number, -2147483648)", "se.id")
_IMAGE_PLACE = ("coalesce(-i.number, -2147483648)", "i.id")

# asking for one of these leaves few studies; then it is not the modality that leads to them
_TELLING = frozenset(
    {"PatientID", "PatientName", "PatientBirthDate", "AccessionNumber", "StudyInstanceUID"}
    | {"SeriesInstanceUID", "SOPInstanceUID"}
)

_RELATED = """
    cross join lateral (
        select count(*) as studies, sum(series_count)::bigint as series,
               sum(instance_count)::bigint as instances
        from archive.study one
        where one.hospital_id = st.hospital_id
          and one.issuer = st.issuer
          and one.patient_number = st.patient_number
    ) related
"""


async def find(db: Connection, hospital_ids: Sequence[str], query: Query) -> list[Match]:
    """What of these hospitals fits, newest study first; patients by issuer and number."""
    text, values = statement(hospital_ids, query)
    async with db.cursor(row_factory=tuple_row) as cursor:
        # planned anew each time: which index is best depends on the values
        await cursor.execute(sql.SQL(text), values, prepare=False)
        return _matches(query, await cursor.fetchall())


def find_blocking(
    connection: psycopg.Connection, hospital_ids: Sequence[str], query: Query
) -> list[Match]:
    """`find`, for a thread without an event loop."""
    text, values = statement(hospital_ids, query)
    cursor = connection.execute(sql.SQL(text), values, prepare=False)
    return _matches(query, cursor.fetchall())


def _matches(query: Query, rows: Sequence[tuple[Any, ...]]) -> list[Match]:
    kinds = [(keyword, _READ.get(ATTRIBUTES[keyword].kind)) for keyword in query.wanted]
    width = len(_place(query.level, "study")[0])
    return [_match(row, kinds, width) for row in rows]


def statement(hospital_ids: Sequence[str], query: Query) -> tuple[str, dict[str, Any]]:
    """The one statement of a query, and what is bound in it."""
    bound = Bound()
    if len(hospital_ids) == 1:
        page = _page(query, bound, bound(hospital_ids[0]), query.limit, query.offset)
    else:
        # each hospital's own first ones, of which the first of all are among them
        most = None if query.limit is None else query.limit + query.offset
        inner = _page(query, bound, "hospital.id", most, 0)
        order = ", ".join(
            f"page.p{n} {direction}" for n, direction in enumerate(_directions(query.level))
        )
        page = f"""
            select page.*
            from unnest({bound(list(hospital_ids))}::text[]) as hospital (id)
            cross join lateral ({inner}) page
            order by {order}
            {_cut(bound, query.limit, query.offset)}
        """
    return _rows(query, page), bound.values


def _page(query: Query, bound: Bound, hospital: str, limit: int | None, offset: int) -> str:
    """The ids of what fits, in order: where possible out of an index alone."""
    source, lines = _source(query, bound, hospital)
    led = source != _STUDY
    place, order = _place(query.level, "term" if led else "study")
    if query.after is not None:
        lines += _behind(query, bound, place)
    if query.studies is not None:
        lines.append(f"st.id = any({bound(list(query.studies))})")
    if query.level.depth >= Level.SERIES.depth:
        lines.append(_SERIES_SHOWN)
    if query.level is Level.IMAGE:
        lines.append(_SHOWN)
    if query.level is Level.PATIENT:
        return _patients(query, source, lines) + _cut(bound, limit, offset)
    fields = [f"{one} as p{n}" for n, one in enumerate(place)]
    return f"""
        select {", ".join(fields)}
        from {source}
        {" ".join(_JOINED[query.level])}
        where {" and ".join(lines)}
        order by {", ".join(order)}
        {_cut(bound, limit, offset)}
    """


def _patients(query: Query, source: str, lines: Sequence[str]) -> str:
    """Each patient once, with her newest study.

    Where a key leaves few studies, they are found first (`offset 0` is what the planner does not
    look behind); else it might walk all patients in their order to find the few that fit.
    """
    place, order = _place(Level.PATIENT, "study")
    fields = [f"{one} as p{n}" for n, one in enumerate(place)]
    found = f"from {source} where {' and '.join(lines)}"
    if _TELLING & {key.keyword for key in query.keys}:
        columns = "st.issuer, st.patient_number, st.hospital_id, st.sorted_at, st.id"
        found = f"from (select {columns} {found} offset 0) st"
    return f"""
        select distinct on (st.issuer, st.patient_number) {", ".join(fields)}, st.id as study_id
        {found}
        order by {", ".join(order)}
    """


def _source(query: Query, bound: Bound, hospital: str) -> tuple[str, list[str]]:
    """Where the search starts, and every line of its `where`.

    A modality or the beginnings of words lead to their studies by the table of terms; anything
    else is left to the planner, which knows how many studies have it.
    """
    answered = _led(query.keys)
    keys = [key for key in query.keys if key not in answered]
    if not answered:
        lines = [f"st.hospital_id = {hospital}", _STUDY_SHOWN]
        return _STUDY, lines + [line(key.keyword, key.condition, bound) for key in keys]
    days = next((key for key in keys if key.keyword == "StudyDate"), None)
    narrow = f"t.hospital_id = {hospital}"
    if days is not None and isinstance(days.condition, Within):
        narrow += f" and {within('t.sorted_at', days.condition, bound, by_day=True)}"
        keys.remove(days)
    lines = [line(one.keyword, one.condition, bound) for one in keys]
    terms = [term for key in answered for term in _terms(key.condition, bound)]
    if len(terms) == 1 and "like" not in terms[0]:  # in the order of the answers as it stands
        source, lines = "archive.study_term t", [narrow, terms[0], *lines]
    else:
        sets = " intersect ".join(
            f"select t.study_id, t.sorted_at from archive.study_term t where {narrow} and {term}"
            for term in terms
        )
        # two words of one name may start alike
        source = f"({sets}) t" if len(terms) > 1 else f"(select distinct * from ({sets}) s) t"
    # a left join costs nothing where no line asks for the study itself
    return f"{source} left join archive.study st on st.id = t.study_id", lines or ["true"]


def _led(keys: Sequence[Key]) -> list[Key]:
    """The keys that the table of terms is to answer."""
    names = {key.keyword for key in keys}
    words = [
        key for key in keys if key.keyword == "PatientName" and isinstance(key.condition, Words)
    ]
    modality = [
        key
        for key in keys
        if key.keyword == "ModalitiesInStudy"
        and isinstance(key.condition, Texts)
        and len(key.condition.values) == 1
        and not key.condition.patterns
    ]
    return words + modality if words or not _TELLING & names else []


def _terms(wanted: Condition, bound: Bound) -> list[str]:
    match wanted:
        case Words():
            return [
                f"t.kind = 'word' and t.term like {bound(escaped(word) + '%')}"
                for word in wanted.words
            ]
        case Texts():
            return [f"t.kind = 'modality' and t.term = {bound(wanted.values[0])}"]
        case _:
            raise AssertionError("only words and modalities are terms")


def _place(level: Level, source: str) -> tuple[list[str], list[str]]:
    """What orders the answers: the fields, and the lines of `order by`."""
    if level is Level.PATIENT:
        fields = ["st.issuer", "st.patient_number", "st.hospital_id"]
        return fields, ["st.issuer", "st.patient_number", "st.sorted_at desc"]
    fields = ["t.sorted_at", "t.study_id"] if source == "term" else ["st.sorted_at", "st.id"]
    if level.depth >= Level.SERIES.depth:
        fields += _SERIES_PLACE
    if level is Level.IMAGE:
        fields += _IMAGE_PLACE
    return fields, [f"{field} desc" for field in fields]


def _directions(level: Level) -> list[str]:
    return ["" if level is Level.PATIENT else "desc"] * len(_place(level, "study")[0])


def _behind(query: Query, bound: Bound, place: list[str]) -> list[str]:
    """Only what comes after a match that was given already."""
    assert query.after is not None  # noqa: S101 - the caller looked
    values = [bound(value) for value in query.after]
    if query.level is Level.PATIENT:
        return [f"({', '.join(place)}) > ({', '.join(values)})"]
    lines = [f"({', '.join(place)}) < ({', '.join(values)})"]
    if len(place) > 2:  # the same in terms of one table, for its index
        lines.append(f"({place[0]}, {place[1]}) <= ({values[0]}, {values[1]})")
    return lines


def _cut(bound: Bound, limit: int | None, offset: int) -> str:
    lines = [] if limit is None else [f"limit {bound(limit)}"]
    return " ".join(lines + ([f"offset {bound(offset)}"] if offset else []))


def _rows(query: Query, page: str) -> str:
    """The rows behind the ids of a page."""
    width = len(_place(query.level, "study")[0])
    fields = [f"page.p{n}" for n in range(width)]
    ids = {
        Level.PATIENT: ("join archive.study st on st.id = page.study_id",),
        Level.STUDY: ("join archive.study st on st.id = page.p1",),
        Level.SERIES: (
            "join archive.study st on st.id = page.p1",
            "join archive.series se on se.id = page.p3",
        ),
        Level.IMAGE: (
            "join archive.study st on st.id = page.p1",
            "join archive.series se on se.id = page.p3",
            "join archive.instance i on i.id = page.p5",
        ),
    }[query.level]
    columns = [f"{COLUMNS[keyword]}" for keyword in query.wanted]
    related = _RELATED if any(one.startswith("related.") for one in columns) else ""
    order = ", ".join(
        f"{field} {direction}"
        for field, direction in zip(fields, _directions(query.level), strict=True)
    )
    return f"""
        select st.hospital_id, st.id, {", ".join([*fields, *columns])}
        from ({page}) page
        {" ".join(ids)}
        {related}
        order by {order}
    """


def _match(
    row: tuple[Any, ...], kinds: list[tuple[str, Callable[[Any], Value] | None]], width: int
) -> Match:
    found = zip(kinds, row[2 + width :], strict=True)
    values = {keyword: value if read is None else read(value) for (keyword, read), value in found}
    return Match(row[0], row[1], row[2 : 2 + width], values)


def _date_text(value: date | None) -> str:
    return "" if value is None else f"{value.year:04}{value.month:02}{value.day:02}"


def _time_text(value: datetime | None) -> str:
    return "" if value is None else f"{value.hour:02}{value.minute:02}{value.second:02}"


_READ: dict[Kind, Callable[[Any], Value]] = {Kind.DATE: _date_text, Kind.TIME: _time_text}
