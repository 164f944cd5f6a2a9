"""An instance that has come in whole, as the rows it would become."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from crossread.archive.model import (
    Announced,
    Instance,
    Series,
    Study,
    StudyState,
    spans,
    study_id,
)
from crossread.archive.read import Contents, Header, day, moment


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file of an instance was written."""

    pack_id: UUID
    object_key: str
    start: int  # of the file in the pack
    bytes: int  # of the file
    dataset_offset: int  # of the data set in the file


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the index is asked to take."""

    study: Study
    series: Series
    instance: Instance
    received_at: datetime
    header: Header = field(repr=False)  # good until the sender has its answer


def candidate(
    announced: Announced,
    contents: Contents,
    place: Place,
    digest: str,
    own_issuer: str,
    now: datetime,
) -> Candidate:
    """The rows of an instance; `own_issuer` gives its patient number where it names none."""
    study = _study(announced, contents, own_issuer, now)
    series = _series(study, contents)
    instance = _instance(announced, contents, series, place, digest)
    return Candidate(study, series, instance, now, contents.header)


def _study(announced: Announced, contents: Contents, own_issuer: str, now: datetime) -> Study:
    header = contents.header
    return Study(
        id=study_id(announced.hospital_id, contents.study_instance_uid),
        hospital_id=announced.hospital_id,
        study_instance_uid=contents.study_instance_uid,
        state=StudyState.ARRIVING,
        accession_number=header.text("AccessionNumber"),
        patient_number=header.text("PatientID"),
        issuer=header.text("IssuerOfPatientID") or own_issuer,
        patient_name=header.text("PatientName"),
        birth_date=day(header.text("PatientBirthDate")),
        sex=header.text("PatientSex")[:1],
        study_at=moment(header.text("StudyDate"), header.text("StudyTime")),
        description=header.text("StudyDescription"),
        modalities=(),
        body_part=header.text("BodyPartExamined"),
        sending_application=announced.sender,
        series_count=0,
        instance_count=0,
        bytes=0,
        first_received_at=now,
        last_received_at=now,
        rests=0,
    )


def _series(study: Study, contents: Contents) -> Series:
    uid, header = contents.series_instance_uid, contents.header
    return Series(
        id=uuid5(NAMESPACE_OID, f"crossread/series/{study.id}/{uid}"),
        study_id=study.id,
        series_instance_uid=uid,
        modality=header.text("Modality"),
        number=header.number("SeriesNumber"),
        description=header.text("SeriesDescription"),
        body_part=header.text("BodyPartExamined"),
        instance_count=0,
    )


def _instance(
    announced: Announced, contents: Contents, series: Series, place: Place, digest: str
) -> Instance:
    key = uuid5(NAMESPACE_OID, f"crossread/instance/{series.id}/{contents.sop_instance_uid}")
    offset, start = place.dataset_offset, contents.pixel_start
    header = contents.header
    frames = spans((offset + at, length) for at, length in contents.spans)
    return Instance(
        id=key,
        hospital_id=announced.hospital_id,
        study_id=series.study_id,
        series_id=series.id,
        series_instance_uid=series.series_instance_uid,
        sop_instance_uid=contents.sop_instance_uid,
        sop_class_uid=contents.sop_class_uid,
        transfer_syntax_uid=announced.transfer_syntax_uid,
        number=header.number("InstanceNumber"),
        frames=contents.frames,
        pack_id=place.pack_id,
        object_key=place.object_key,
        start=place.start,
        bytes=place.bytes,
        digest=digest,
        dataset_offset=offset,
        header_bytes=contents.header_bytes,
        pixel_offset=offset + start if start is not None else None,
        pixel_bytes=contents.pixel_bytes,
        frame_bytes=contents.frame_bytes,
        fragments=frames or None,
        pixel_rows=header.number("Rows"),
        pixel_columns=header.number("Columns"),
        bits_allocated=header.number("BitsAllocated"),
        content_at=moment(header.text("ContentDate"), header.text("ContentTime")),
    )
