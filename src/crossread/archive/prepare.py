"""Write the metadata of each series down once, so that it is given out without any image file.

It is the JSON array that WADO-RS answers with (PS3.18 10.4.1.1.2), compressed; a BulkDataURI in it
is relative to the series.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import imagecodecs
import structlog

from crossread.archive import retrieve, store
from crossread.archive.model import Instance, NotHere, Study
from crossread.archive.store import prepared
from crossread.archive.store.prepared import Prepared
from crossread.platform.database import Connection, Database
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects

LEVEL = 6  # of compression

log = structlog.get_logger(__name__)


async def prepare(
    database: Database, objects: Objects, study_id: UUID, now: datetime, *, anew: bool = False
) -> int:
    """Prepare each series of a study of which not all is prepared; how many that were.

    `anew` prepares all, after an instance has changed. A series that grows in the meantime is
    prepared when its study comes to rest again.
    """
    async with database.transaction() as db:
        try:
            study = await store.study(db, study_id)
        except NotFound:  # erased in the meantime
            return 0
        waiting = [one for one in await prepared.of_study(db, study_id) if anew or not one.whole]
        found = await shown(db, study_id) if waiting else []
    made = 0
    for series in waiting:
        instances = [one for one in found if one.series_id == series.series_id]
        try:
            await prepare_series(database, objects, study, series, instances, now)
            made += 1
        except (NotHere, NotFound) as error:  # given up by the cache: what was prepared stays
            log.info("metadata.not_prepared", series=str(series.series_id), cause=error.cause)
    return made


async def shown(
    db: Connection, study_id: UUID, series_instance_uid: str | None = None
) -> list[Instance]:
    """The instances of a study or a series that no rejection note hides."""
    found = await store.instances_of(db, study_id, series_instance_uid)
    return [one for one in found if not one.rejection]


async def prepare_series(
    database: Database,
    objects: Objects,
    study: Study,
    series: Prepared,
    instances: Sequence[Instance],
    now: datetime,
) -> bytes:
    """The metadata of a series, kept for the next who asks. Raises NotFound, NotHere."""
    content = encoded(await retrieve.described(objects, instances))
    key = f"metadata/{study.hospital_id}/{str(study.id)[:2]}/{study.id}/{uuid4()}"
    await objects.put(key, compressed(content, LEVEL))
    async with database.transaction() as db:
        await prepared.keep(db, series, key, len(instances), now)
    return content


def encoded(described: Sequence[dict[str, Any]]) -> bytes:
    """Data sets of the DICOM JSON model as one array, without a space too many."""
    return json.dumps(described, ensure_ascii=False, separators=(",", ":")).encode()


def compressed(content: bytes, level: int) -> bytes:
    """As gzip (RFC 1952)."""
    return bytes(imagecodecs.gzip_encode(content, level=level))


def expanded(content: bytes) -> bytes:
    """What was compressed."""
    return bytes(imagecodecs.gzip_decode(content))
