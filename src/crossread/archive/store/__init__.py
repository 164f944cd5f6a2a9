"""All SQL of the archive, a file for each of its subjects."""

from crossread.archive.store.admit import admit, admit_one, bring_online, put_back
from crossread.archive.store.details import describe
from crossread.archive.store.instances import instance, instance_of, instances_by_id, instances_of
from crossread.archive.store.packs import (
    fill_pack,
    lock_open_pack,
    open_pack,
    open_packs,
    seal_packs,
)
from crossread.archive.store.quarantine import hold, quarantined
from crossread.archive.store.query import find, find_blocking, statement
from crossread.archive.store.studies import (
    arrive_again,
    arriving,
    ensure_series,
    fill_blanks,
    lock_study,
    locked_study,
    rest,
    series_of,
    series_study,
    studies,
    studies_of_patients,
    studies_with_uid,
    study,
    study_by_uid,
    study_of,
)

__all__ = [
    "admit",
    "admit_one",
    "arrive_again",
    "arriving",
    "bring_online",
    "describe",
    "ensure_series",
    "fill_blanks",
    "fill_pack",
    "find",
    "find_blocking",
    "hold",
    "instance",
    "instance_of",
    "instances_by_id",
    "instances_of",
    "lock_open_pack",
    "lock_study",
    "locked_study",
    "open_pack",
    "open_packs",
    "put_back",
    "quarantined",
    "rest",
    "seal_packs",
    "series_of",
    "series_study",
    "statement",
    "studies",
    "studies_of_patients",
    "studies_with_uid",
    "study",
    "study_by_uid",
    "study_of",
]
