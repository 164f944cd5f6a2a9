"""A study as a ZIP for a CD, a stick or a colleague: its files, a DICOMDIR, and a word of advice.

Nothing is gathered in memory or on disk: each file goes out as it is read, the directory last.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from enum import StrEnum

from crossread.archive import outgoing, part10
from crossread.archive.model import Instance, NotHere, Study
from crossread.archive.retrieve import Damaged, announce_damaged
from crossread.archive.transcode import NotConvertible, transcoded
from crossread.gateways.media.directory import Directory
from crossread.gateways.media.readme import readme
from crossread.gateways.media.zip_writer import ZipWriter
from crossread.platform.database import Database
from crossread.platform.errors import NotFound
from crossread.platform.objects import Objects

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"


class Profile(StrEnum):
    """How the images are written."""

    GENERAL = "general"  # uncompressed, Explicit VR Little Endian: what every viewer reads
    AS_KEPT = "as_kept"  # in the transfer syntax in which the hospital sent them


def see_that_it_is_here(instances: Sequence[Instance]) -> None:
    """Nothing, or why a study cannot be exported now. Raises NotFound, NotHere."""
    if not instances:
        raise NotFound("This study holds no images.")
    if any(one.object_key is None for one in instances):
        raise NotHere("Not all of this study is here now; fetch it from its hospital first.")


async def exported(
    database: Database,
    objects: Objects,
    study: Study,
    instances: Sequence[Instance],
    *,
    hospital: str,
    profile: Profile,
    now: datetime,
    told: Callable[[int], None] = lambda count: None,
) -> AsyncIterator[bytes]:
    """The pieces of the ZIP, in order; `told` hears how many images are in it.

    Raises NotFound, NotHere, and Damaged, which is announced: a ZIP that is not whole must not look
    as if it were.

    Source: PS3.10 8 (file-set), PS3.11 Annex D (STD-GEN), PS3.12 Annex V (ZIP).
    """
    archive, directory, names = ZipWriter(now), Directory(), _Names()
    as_kept = 0
    try:
        async for instance, content in outgoing.stream(database, objects, instances):
            dataset, syntax = await asyncio.to_thread(_written, instance, content, profile)
            as_kept += profile is Profile.GENERAL and syntax != EXPLICIT_LITTLE
            head = part10.head(instance.sop_class_uid, instance.sop_instance_uid, syntax, "")
            parts = names.of(instance)
            await asyncio.to_thread(directory.add, dataset, instance, syntax, parts)
            file = head + dataset
            yield archive.head("/".join(parts), file)
            yield file
            told(names.count)
    except Damaged as damage:
        await announce_damaged(database, damage.instance)
        raise
    for name, content in (
        ("DICOMDIR", await asyncio.to_thread(directory.written)),
        ("README.TXT", readme(hospital, names.count, names.series, as_kept, now)),
    ):
        yield archive.head(name, content)
        yield content
    yield archive.end()


def _written(instance: Instance, content: bytes, profile: Profile) -> tuple[bytes, str]:
    """The data set as it goes out, and its transfer syntax."""
    dataset, kept = content[instance.dataset_offset :], instance.transfer_syntax_uid
    if profile is Profile.AS_KEPT or kept == EXPLICIT_LITTLE:
        return dataset, kept
    try:
        return transcoded(dataset, kept, EXPLICIT_LITTLE), EXPLICIT_LITTLE
    except NotConvertible:  # video, or pixels that no decoder here understands
        return dataset, kept


class _Names:
    """File IDs: three parts of at most eight capitals and digits (PS3.10 8.2, 8.5)."""

    def __init__(self) -> None:
        self._series: dict[str, int] = {}
        self._images: dict[str, int] = {}
        self.count = 0

    @property
    def series(self) -> int:
        """How many series have a name."""
        return len(self._series)

    def of(self, instance: Instance) -> list[str]:
        """The name of the next file."""
        series = self._series.setdefault(instance.series_instance_uid, len(self._series) + 1)
        number = self._images[instance.series_instance_uid] = (
            self._images.get(instance.series_instance_uid, 0) + 1
        )
        self.count += 1
        return ["DICOM", f"SE{series:06}", f"IM{number:06}"]
