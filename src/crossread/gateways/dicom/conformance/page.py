"""Pieces of a page in Markdown, and of names as DICOM writes them."""

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from pydicom.datadict import keyword_dict, tag_for_keyword
from pydicom.tag import Tag
from pydicom.uid import UID


def paragraph(text: str) -> Iterator[str]:
    """Sentences, a line each of at most a hundred characters."""
    yield from wrap(text, width=100, break_on_hyphens=False, break_long_words=False)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Rows under their heads."""
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    for row in rows:
        yield f"| {' | '.join(one.replace('|', '/') for one in row)} |"


def heading(text: str) -> Iterator[str]:
    """The title of a section, with its blank lines."""
    yield ""
    yield f"## {text}"
    yield ""


def name_of(uid: str) -> str:
    """What a UID is called."""
    return UID(uid).name.split(":")[0].strip()


def tag_of(keyword: str) -> str:
    """The tag of a keyword, as (0010,0020)."""
    assert keyword in keyword_dict, keyword  # noqa: S101 - a wrong keyword is a wrong table
    return str(Tag(tag_for_keyword(keyword) or 0)).replace(", ", ",")


def by_number(uid: str) -> list[int]:
    """What UIDs are sorted by, part by part."""
    return [int(part) for part in uid.split(".")]
