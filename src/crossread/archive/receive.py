"""Take in one instance: durable and indexed when this returns, or refused with a reason."""

import asyncio
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID

from crossread.archive import store
from crossread.archive.model import (
    ArchiveEvent,
    Arrival,
    Instance,
    NotArchived,
    NotKept,
    Outcome,
    Reason,
    Series,
    Study,
    StudyState,
    study_id,
)
from crossread.archive.quarantine import hold
from crossread.archive.read import Contents, day, moment, read
from crossread.hospitals import store as hospitals
from crossread.platform import events
from crossread.platform.database import Connection, Database
from crossread.platform.objects import Objects

# our own root under 2.25 (PS3.5 B.2)
IMPLEMENTATION_CLASS_UID = UID("2.25.302063145896240119850742306811947562013")
IMPLEMENTATION_VERSION_NAME = "CROSSREAD_0"


async def receive(database: Database, objects: Objects, arrival: Arrival, now: datetime) -> Outcome:
    """Archive one instance.

    The file is on disk before its rows commit, and the rows are committed before this returns: a
    sender that hears of success can forget its copy. A crash in between leaves an object that
    nobody knows of, which the repeat overwrites.

    Raises:
        NotArchived: with the reason; what could matter lies in quarantine.
        NotKept: the object store is full or away; a repeat may succeed.
    """
    try:
        # in a thread: a large header takes a second, in which nobody else would be served
        contents = await asyncio.to_thread(read, arrival)
        return await _archive(database, objects, arrival, contents, now)
    except NotArchived as refusal:
        await hold(
            database,
            objects,
            hospital_id=arrival.hospital_id,
            sender=arrival.sender,
            protocol=arrival.protocol,
            reason=refusal.reason,
            sentence=refusal.sentence,
            content=part10(arrival)[0],
            uid=arrival.sop_instance_uid,
            now=now,
        )
        raise


async def _archive(
    database: Database, objects: Objects, arrival: Arrival, contents: Contents, now: datetime
) -> Outcome:
    async with database.transaction() as db:
        known = await store.instance(db, arrival.hospital_id, contents.sop_instance_uid)
        if known is not None:
            return _repeated(
                known, study_id(known.hospital_id, contents.study_instance_uid), contents
            )
        issuer = contents.text("IssuerOfPatientID") or await hospitals.own_issuer(
            db, arrival.hospital_id
        )
        study = _study(arrival, contents, issuer, now)
        series = _series(study, contents)
        await _same_study(db, series, study.hospital_id)
    content, offset = part10(arrival, contents)
    instance = _instance(arrival, contents, study, series, len(content), offset)
    try:
        await objects.put(instance.object_key, content)
    except Exception as error:  # each kind of store has its own; none may pass for success
        raise NotKept(
            "The archive cannot keep images now; send it again later.",
            cause=f"{type(error).__name__}: {instance.object_key}",
        ) from error
    async with database.transaction() as db:
        return await _index(db, study, series, instance, now)


async def _index(
    db: Connection, study: Study, series: Series, instance: Instance, now: datetime
) -> Outcome:
    """Write the rows. Locks go study, series, instance, always in this order."""
    kept, made = await store.lock_study(db, study)
    repeated = await store.instance(db, instance.hospital_id, instance.sop_instance_uid)
    if repeated is not None:  # another association brought it in the meantime
        return Outcome.REPEATED if repeated.digest == instance.digest else _other_content()
    await _same_study(db, series, study.hospital_id)
    new_series = await store.ensure_series(db, series, instance.hospital_id)
    await store.insert_instance(db, instance, now)
    await store.count_instance(db, instance, series.modality, new_series=new_series, now=now)
    if not made:
        await store.fill_blanks(db, study)
    if made or kept.state is StudyState.AT_REST:
        await events.append(
            db,
            ArchiveEvent.STUDY_ARRIVING,
            study.id,
            hospital_id=study.hospital_id,
            facts={"study_instance_uid": study.study_instance_uid, "late": not made},
        )
    return Outcome.STORED


async def _same_study(db: Connection, series: Series, hospital_id: str) -> None:
    """See that a series that is known is known in this study."""
    elsewhere = await store.series_study(db, hospital_id, series.series_instance_uid)
    if elsewhere is not None and elsewhere != series.study_id:
        raise NotArchived(
            Reason.OTHER_STUDY, "This series is in the archive as part of another study."
        )


def _repeated(known: Instance, study: UUID, contents: Contents) -> Outcome:
    if known.study_id != study:
        raise NotArchived(
            Reason.OTHER_STUDY, "This SOP Instance UID is in the archive as part of another study."
        )
    return Outcome.REPEATED if known.digest == contents.digest else _other_content()


def _other_content() -> Outcome:
    raise NotArchived(
        Reason.OTHER_CONTENT,
        "The archive has other content under this SOP Instance UID; the first is kept.",
    )


def part10(arrival: Arrival, contents: Contents | None = None) -> tuple[bytes, int]:
    """The data set as a file (PS3.10 7), untouched behind our file meta; and where it starts."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(
        contents.sop_class_uid if contents else arrival.sop_class_uid or "0"
    )
    meta.MediaStorageSOPInstanceUID = UID(
        contents.sop_instance_uid if contents else arrival.sop_instance_uid or "0"
    )
    meta.TransferSyntaxUID = UID(arrival.transfer_syntax_uid)
    meta.ImplementationClassUID = IMPLEMENTATION_CLASS_UID
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
    meta.SourceApplicationEntityTitle = arrival.sender[:16]
    buffer = DicomBytesIO()
    buffer.write(b"\x00" * 128 + b"DICM")
    write_file_meta_info(buffer, meta)
    head = buffer.getvalue()
    return head + arrival.dataset, len(head)


def _study(arrival: Arrival, contents: Contents, issuer: str, now: datetime) -> Study:
    return Study(
        id=study_id(arrival.hospital_id, contents.study_instance_uid),
        hospital_id=arrival.hospital_id,
        study_instance_uid=contents.study_instance_uid,
        state=StudyState.ARRIVING,
        accession_number=contents.text("AccessionNumber"),
        patient_number=contents.text("PatientID"),
        issuer=issuer,
        patient_name=contents.text("PatientName"),
        birth_date=day(contents.text("PatientBirthDate")),
        sex=contents.text("PatientSex")[:1],
        study_at=moment(contents.text("StudyDate"), contents.text("StudyTime")),
        description=contents.text("StudyDescription"),
        modalities=(),
        body_part=contents.text("BodyPartExamined"),
        sending_application=arrival.sender,
        series_count=0,
        instance_count=0,
        bytes=0,
        first_received_at=now,
        last_received_at=now,
        rests=0,
    )


def _series(study: Study, contents: Contents) -> Series:
    uid = contents.series_instance_uid
    return Series(
        id=uuid5(NAMESPACE_OID, f"crossread/series/{study.id}/{uid}"),
        study_id=study.id,
        series_instance_uid=uid,
        modality=contents.text("Modality"),
        number=contents.number("SeriesNumber"),
        description=contents.text("SeriesDescription"),
        body_part=contents.text("BodyPartExamined"),
        instance_count=0,
    )


def _instance(
    arrival: Arrival, contents: Contents, study: Study, series: Series, size: int, offset: int
) -> Instance:
    key = uuid5(NAMESPACE_OID, f"crossread/instance/{series.id}/{contents.sop_instance_uid}")
    start = contents.pixel_start
    return Instance(
        id=key,
        hospital_id=arrival.hospital_id,
        study_id=study.id,
        series_id=series.id,
        series_instance_uid=series.series_instance_uid,
        sop_instance_uid=contents.sop_instance_uid,
        sop_class_uid=contents.sop_class_uid,
        transfer_syntax_uid=arrival.transfer_syntax_uid,
        number=contents.number("InstanceNumber"),
        frames=contents.frames,
        object_key=f"images/{study.hospital_id}/{study.id}/{series.id}/{key}-{contents.digest[:12]}",
        bytes=size,
        digest=contents.digest,
        dataset_offset=offset,
        pixel_offset=offset + start if start is not None else None,
        pixel_bytes=contents.pixel_bytes,
        metadata=contents.metadata,
    )
