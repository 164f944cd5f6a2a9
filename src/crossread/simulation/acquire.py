"""A user's own DICOM files as studies of a made-up hospital.

The images stay as they are, with their UIDs; only whose they are and which order they answer is
replaced by a made-up patient and accession number, so that a demo tells nothing of a real person
in those attributes. What is burned into the image or stands elsewhere in the header remains.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import MediaStorageDirectoryStorage

from crossread.simulation.headers import Occasion, readdress
from crossread.simulation.region import PlannedStudy, Urgency

_FILES_AT_MOST = 20_000
_TAGS = [
    "StudyInstanceUID",
    "SOPInstanceUID",
    "SOPClassUID",
    "Modality",
    "StudyDescription",
    "SeriesDescription",
    "BodyPartExamined",
]
_PERSON = "willem"  # is known in every hospital


@dataclass(frozen=True, slots=True)
class BroughtStudy:
    """One study among the user's files."""

    study_instance_uid: str
    modality: str
    description: str
    body_part: str
    files: tuple[Path, ...]


def scan(folder: Path) -> list[BroughtStudy]:
    """The studies under a folder, in the order of their files' names.

    What is not DICOM, or has no UIDs or image-like modality, is passed over. Raises
    FileNotFoundError when there is no such folder.
    """
    if not folder.is_dir():
        raise FileNotFoundError(f"There is no folder {folder.name}.")
    files: dict[str, list[Path]] = {}
    first: dict[str, Dataset] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file())[:_FILES_AT_MOST]:
        ds = _header(path)
        if ds is None:
            continue
        uid = str(ds.StudyInstanceUID)
        files.setdefault(uid, []).append(path)
        first.setdefault(uid, ds)
    return [
        BroughtStudy(
            study_instance_uid=uid,
            modality=str(ds.get("Modality", "")) or "OT",
            description=str(ds.get("StudyDescription") or ds.get("SeriesDescription") or ""),
            body_part=str(ds.get("BodyPartExamined") or ""),
            files=tuple(files[uid]),
        )
        for uid, ds in first.items()
    ]


def planned_for(study: BroughtStudy, hospital_id: str, number: int) -> PlannedStudy:
    """The order that a brought study answers."""
    return PlannedStudy(
        key=f"own-{number}",
        hospital_id=hospital_id,
        person_key=_PERSON,
        modality=study.modality,
        description=study.description[:64] or f"{study.modality} eigen beelden",
        code=f"EIGEN{number}",
        body_part=study.body_part,
        urgency=Urgency.URGENT,
        referrer=("01990999", "Gebruiker", "E."),
        department="Demo",
        patient_class="O",
        question="Eigen beelden, meegenomen naar de demonstratie.",
        acquired_before=timedelta(minutes=5 + number),
    )


def occasion_of(
    study: BroughtStudy, plan: PlannedStudy, acquired_at: datetime, salt: str
) -> Occasion:
    """A brought study as it is ordered and sent here."""
    return Occasion(plan, acquired_at, salt, given_study_uid=study.study_instance_uid)


def adopt(study: BroughtStudy, occasion: Occasion) -> Iterator[Dataset]:
    """Each instance with its made-up identity. Files that can't be rewritten are passed over."""
    for path in study.files:
        try:
            ds = dcmread(path)
            ds.decode()
        except (InvalidDicomError, LookupError, ValueError, NotImplementedError, OSError):
            continue
        ds.SpecificCharacterSet = "ISO_IR 192"
        readdress(ds, occasion)
        yield ds


def _header(path: Path) -> Dataset | None:
    try:
        ds = dcmread(path, specific_tags=_TAGS, stop_before_pixels=True)
    except (InvalidDicomError, OSError, ValueError, EOFError, NotImplementedError):
        return None
    if ds.get("SOPClassUID") in (None, "", MediaStorageDirectoryStorage):
        return None
    if not ds.get("StudyInstanceUID") or not ds.get("SOPInstanceUID"):
        return None
    return ds
