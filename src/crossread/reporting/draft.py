"""Save what is written so far, under the live lease."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from crossread.archive import retrieve
from crossread.archive import store as archive
from crossread.archive.model import Instance
from crossread.hospitals.model import Reader
from crossread.platform.database import Connection, Database
from crossread.platform.objects import Objects
from crossread.reporting import store
from crossread.reporting.measure import WrongAnnotation, geometry, measurements, within
from crossread.reporting.model import Annotation, Draft, Section, Tool
from crossread.reporting.pixels import pixels
from crossread.worklist import lease, transition
from crossread.worklist import store as tasks
from crossread.worklist.model import LeaseLost, Move


@dataclass(frozen=True, slots=True)
class Written:
    """What a reader has written, and under which lease."""

    task_id: UUID
    reader: Reader
    token: UUID
    fence: int
    sections: tuple[tuple[Section, str], ...]
    annotations: tuple[Annotation, ...]

    def draft(self, revision: int, now: datetime) -> Draft:
        """The same as a draft."""
        return Draft(
            self.task_id,
            self.reader.id,
            self.fence,
            self.sections,
            self.annotations,
            revision,
            now,
        )


async def save(database: Database, objects: Objects, written: Written, now: datetime) -> Draft:
    """Keep the draft, with the values of its annotations as measured here.

    Raises:
        LeaseLost: the lease is no longer hers; the text is kept as an orphan and named.
        WrongAnnotation: an annotation that cannot be measured on its image.
    """
    measured = replace(written, annotations=await measure(database, objects, written))
    try:
        async with database.transaction() as db:
            task, _ = await lease.require(db, written.task_id, written.token, written.fence, now)
            known = await store.draft(db, written.task_id)
            draft = measured.draft(known.revision + 1 if known else 1, now)
            await store.save_draft(db, draft)
            await transition.move(db, task, Move.SAVE, now, actor=written.reader.id)
            return draft
    except LeaseLost as lost:
        raise await keep(database, measured, now) from lost


async def keep(database: Database, written: Written, now: datetime) -> LeaseLost:
    """Keep what came too late, in a transaction of its own; the refusal that names it."""
    async with database.transaction() as db:
        return LeaseLost(await store.keep_orphan(db, written.draft(0, now)))


async def measure(database: Database, objects: Objects, written: Written) -> tuple[Annotation, ...]:
    """Each annotation with its values, computed from the archived image."""
    found = []
    for annotation in written.annotations:
        async with database.transaction() as db:
            instance = await _image(db, written, annotation)
        header = await retrieve.metadata(objects, instance)
        shape = geometry(header, annotation.frame)
        placed = within(annotation, shape)
        needs_pixels = annotation.tool is Tool.ELLIPSE
        frame = await pixels(objects, instance, annotation.frame) if needs_pixels else None
        found.append(
            replace(
                placed,
                sop_class_uid=instance.sop_class_uid,
                study_instance_uid=header["0020000D"]["Value"][0],
                series_instance_uid=instance.series_instance_uid,
                measurements=measurements(placed, shape, frame),
            )
        )
    return tuple(found)


async def _image(db: Connection, written: Written, annotation: Annotation) -> Instance:
    """The image that was drawn on: one of the task's own study, since only those go home."""
    task = await tasks.task(db, written.task_id)
    instance = await archive.instance(db, task.hospital_id, annotation.sop_instance_uid)
    if instance is None or instance.study_id != task.study_id:
        raise WrongAnnotation(
            "An annotation must lie on an image of the study that is being read.",
            reasons=("image",),
        )
    if not 1 <= annotation.frame <= instance.frames:
        raise WrongAnnotation("This image has no such frame.", reasons=("frame",))
    return instance
