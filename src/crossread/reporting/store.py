"""All SQL about drafts and reports."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from crossread.platform.database import Connection, Row
from crossread.platform.errors import NotFound
from crossread.reporting import bundle as written
from crossread.reporting.model import Draft, ReportBundle, digest


async def save_draft(db: Connection, draft: Draft) -> None:
    """Keep what is written so far, over what was."""
    await db.execute(
        """
        insert into reporting.draft
            (task_id, author, fence, sections, annotations, revision, saved_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        on conflict (task_id) do update
        set author = excluded.author, fence = excluded.fence, sections = excluded.sections,
            annotations = excluded.annotations, revision = excluded.revision,
            saved_at = excluded.saved_at
        """,
        (
            draft.task_id,
            draft.author,
            draft.fence,
            Jsonb(written.sections_to_json(draft.sections)),
            Jsonb([written.annotation_to_json(one) for one in draft.annotations]),
            draft.revision,
            draft.saved_at,
        ),
    )


async def draft(db: Connection, task_id: UUID) -> Draft | None:
    """What is written so far for this task."""
    cursor = await db.execute("select * from reporting.draft where task_id = %s", (task_id,))
    row = await cursor.fetchone()
    return _draft(row) if row else None


async def keep_orphan(db: Connection, draft: Draft) -> UUID:
    """Keep text that came too late, for the one who wrote it."""
    orphan = uuid4()
    await db.execute(
        """
        insert into reporting.orphan
            (id, task_id, author, fence, sections, annotations, saved_at)
        values (%s, %s, %s, %s, %s, %s, %s)
        """,
        (
            orphan,
            draft.task_id,
            draft.author,
            draft.fence,
            Jsonb(written.sections_to_json(draft.sections)),
            Jsonb([written.annotation_to_json(one) for one in draft.annotations]),
            draft.saved_at,
        ),
    )
    return orphan


async def orphans(db: Connection, author: UUID, task_id: UUID) -> list[Draft]:
    """What this reader wrote for this task too late, newest first."""
    cursor = await db.execute(
        """
        select task_id, author, fence, sections, annotations, 0 as revision, saved_at
        from reporting.orphan
        where author = %s and task_id = %s
        order by saved_at desc
        limit 20
        """,
        (author, task_id),
    )
    return [_draft(row) for row in await cursor.fetchall()]


async def insert_report(db: Connection, bundle: ReportBundle, fence: int) -> None:
    """Add a signed version; no version is ever changed."""
    body = written.to_json(bundle)
    await db.execute(
        """
        insert into reporting.report (
            id, task_id, study_id, hospital_id, version, status, author, fence, bundle, digest,
            signed_at
        )
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            bundle.report_id,
            bundle.task_id,
            bundle.study_id,
            bundle.hospital_id,
            bundle.version,
            bundle.status,
            bundle.author.reader_id,
            fence,
            Jsonb(body),
            digest(body),
            bundle.signed_at,
        ),
    )


async def report(db: Connection, report_id: UUID) -> ReportBundle:
    """One version of a report. Raises NotFound."""
    cursor = await db.execute("select bundle from reporting.report where id = %s", (report_id,))
    row = await cursor.fetchone()
    if row is None:
        raise NotFound("This report does not exist.", cause=str(report_id))
    return written.from_json(row["bundle"])


async def signed_under(
    db: Connection, task_id: UUID, author: UUID, fence: int
) -> ReportBundle | None:
    """The version that this reader signed under this fence, if she did."""
    cursor = await db.execute(
        """
        select bundle
        from reporting.report
        where task_id = %s and author = %s and fence = %s
        order by version desc
        limit 1
        """,
        (task_id, author, fence),
    )
    row = await cursor.fetchone()
    return written.from_json(row["bundle"]) if row else None


async def reports_of_task(db: Connection, task_id: UUID) -> list[ReportBundle]:
    """Every signed version for this task, oldest first."""
    cursor = await db.execute(
        "select bundle from reporting.report where task_id = %s order by version", (task_id,)
    )
    return [written.from_json(row["bundle"]) for row in await cursor.fetchall()]


async def latest_of_studies(db: Connection, study_ids: Sequence[UUID]) -> dict[UUID, ReportBundle]:
    """The newest version of the report of each of these studies that has one."""
    cursor = await db.execute(
        """
        select distinct on (study_id) study_id, bundle
        from reporting.report
        where study_id = any(%s)
        order by study_id, signed_at desc
        """,
        (list(study_ids),),
    )
    return {row["study_id"]: written.from_json(row["bundle"]) for row in await cursor.fetchall()}


def _draft(row: Row) -> Draft:
    return Draft(
        task_id=row["task_id"],
        author=row["author"],
        fence=row["fence"],
        sections=written.sections_from_json(row["sections"]),
        annotations=tuple(written.annotation_from_json(one) for one in row["annotations"]),
        revision=row["revision"],
        saved_at=row["saved_at"],
    )
