"""ZIPs and files that are spoilt in any way: refused with a reason, and no more than that."""

import random
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.images import ct_series

from crossread.gateways.media import sources
from crossread.gateways.media.sources import Unfit
from crossread.gateways.media.take_in import _BROKEN, _meta, _NoDicom
from crossread.platform.errors import Unreadable


def a_zip() -> bytes:
    chance = random.Random(1)  # noqa: S311
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name in ("A", "DIR/B", "DIR/C.zip"):
            zipped.writestr(name, chance.randbytes(300) + bytes(300))
    return whole.getvalue()


WHOLE = a_zip()
_IMAGE = BytesIO()
ct_series(slices=1)[0].save_as(_IMAGE, enforce_file_format=True)
FILE = _IMAGE.getvalue()[:2000]

spoils = st.lists(
    st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=6
)


def read_all(path: Path) -> int:
    """What taking in does with files, without the archive."""
    read = 0
    for found in sources.files_in(path):
        try:
            with found.open() as content:
                while piece := content.read(1 << 16):
                    read += len(piece)
        except (Unfit, *_BROKEN):
            continue
    return read


@settings(max_examples=500, deadline=None)
@given(spoils, st.integers(0, 60), st.booleans())
def test_a_spoilt_zip_is_read_in_part_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, int]],
    cut: int,
    from_end: bool,
) -> None:
    content = bytearray(WHOLE)
    for place, value in changes:
        content[len(content) - 1 - place if from_end else place] = value
    path = tmp_path_factory.getbasetemp() / "spoilt.zip"
    path.write_bytes(bytes(content[: len(content) - cut]))
    try:
        assert read_all(path) < 1 << 20
    except Unreadable as refusal:
        assert refusal.sentence


@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.tuples(st.integers(128, 600), st.integers(0, 255)), max_size=6),
    st.integers(0, len(FILE)),
)
def test_a_spoilt_head_is_read_or_refused(changes: list[tuple[int, int]], length: int) -> None:
    content = bytearray(FILE)
    for place, value in changes:
        content[place] = value
    try:
        meta, offset = _meta(bytes(content[:length]))
    except (Unfit, _NoDicom):
        return
    assert 0 <= offset <= length
    assert meta.transfer_syntax_uid
