"""A report is kept as it was signed."""

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.reporting.bundles import bundle

from crossread.reporting.bundle import from_json, to_json
from crossread.reporting.model import Section, digest, object_uid, report_id


@given(st.dictionaries(st.sampled_from(Section), st.text(min_size=1)))
def test_a_report_reads_back_as_it_was_written(texts: dict[Section, str]) -> None:
    sections = tuple((section, texts[section]) for section in Section if section in texts)
    signed = bundle(sections=sections)
    assert from_json(json.loads(json.dumps(to_json(signed)))) == signed


def test_any_change_changes_the_digest() -> None:
    assert digest(to_json(bundle())) != digest(to_json(bundle(version=2)))


def test_the_objects_of_a_report_keep_their_uids() -> None:
    signed = bundle()
    assert report_id(signed.task_id, 1) == report_id(signed.task_id, 1)
    assert object_uid(signed.report_id, "sr") == object_uid(signed.report_id, "sr")
    assert object_uid(signed.report_id, "sr") != object_uid(signed.report_id, "pr/0")
    assert len(object_uid(signed.report_id, "sr")) <= 64
