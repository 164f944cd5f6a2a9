"""Ask a hospital what it has, and see what of that is here."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from crossread.archive import store as archive
from crossread.audit.model import Entry
from crossread.audit.record import record
from crossread.hospitals.model import Endpoint, EndpointKind, Reader
from crossread.platform.database import Database
from crossread.platform.errors import Refused
from crossread.transfers.ways import Find, Found, Question


class Here(StrEnum):
    """How much of a study is in the archive."""

    ALL = "all"
    PART = "part"  # the hospital counts more images than are here
    GIVEN_UP = "given_up"  # by the cache
    NONE = "none"  # it sits in its hospital's PACS


@dataclass(frozen=True, slots=True)
class Standing:
    """A study that a hospital has, and how much of it is here."""

    found: Found
    here: Here
    study_id: UUID | None  # in the archive, where it is known


async def find(
    database: Database,
    endpoint: Endpoint,
    question: Question,
    ask: Find,
    *,
    reader: Reader | None,
    task_id: UUID | None = None,
) -> list[Standing]:
    """What an endpoint says that it has, newest first; asked and audited.

    Raises:
        Unreachable: it does not answer now.
        Refused: nothing was asked, or the endpoint answers no questions.
    """
    if question == Question(since=question.since):
        raise Refused("Ask for a patient number, an accession number or a study.")
    if any(mark in value for value in _said(question) for mark in "*?\\"):
        # they would name other patients too (PS3.4 C.2.2.2)
        raise Refused("Ask for whole numbers, without wildcards.")
    if endpoint.kind not in {EndpointKind.PACS, EndpointKind.WEB}:
        raise Refused(f"{endpoint.id} is no archive of images.")
    answers = await ask(endpoint, question)
    standings = []
    async with database.transaction() as db:
        for found in answers:
            study = await archive.study_by_uid(db, endpoint.hospital_id, found.study_instance_uid)
            if study is None:
                here = Here.NONE
            elif study.availability != "online":
                here = Here.GIVEN_UP
            else:
                here = Here.PART if (found.instances or 0) > study.instance_count else Here.ALL
            standings.append(Standing(found, here, study.id if study else None))
        await record(
            db,
            Entry(
                action="query",
                purpose="own_file" if task_id is None else "timeline",
                subject_kind="query",
                subject_id="endpoint",
                allowed=True,
                reader_id=reader.id if reader else None,
                reader_hospital_id=reader.hospital_id if reader else None,
                hospital_id=endpoint.hospital_id,
                task_id=task_id,
                facts={"rows": len(answers), "endpoint": endpoint.id},
            ),
        )
    return sorted(standings, key=lambda one: one.found.study_date, reverse=True)


def _said(question: Question) -> tuple[str, ...]:
    return (question.patient_number, question.accession_number, question.study_instance_uid)
