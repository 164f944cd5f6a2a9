"""The files of a made-up PACS: kept on disk, found again after a restart.

Two places: what the hospital made itself, and what others sent to it. Each reception is also a line
in a log, so that somebody can see whether the same object came twice.
"""

import json
import os
import re
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue

_INDEXED = (
    "SpecificCharacterSet",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "StudyDescription",
    "AccessionNumber",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "SeriesDate",
    "SeriesTime",
    "BodyPartExamined",
    "InstanceNumber",
    "ContentDate",
    "ContentTime",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "IssuerOfPatientID",
    "ReferringPhysicianName",
    "Rows",
    "Columns",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One file and what can be asked of it."""

    path: Path
    attributes: Dataset
    transfer_syntax: str

    @property
    def sop_class(self) -> str:
        """SOP Class UID."""
        return str(self.attributes.SOPClassUID)

    @property
    def sop_instance(self) -> str:
        """SOP Instance UID."""
        return str(self.attributes.SOPInstanceUID)


@dataclass(frozen=True, slots=True)
class Reception:
    """An object that was sent to this PACS, once."""

    sop_class: str
    sop_instance: str
    study: str
    sender: str  # calling AE title
    received_at: str  # ISO 8601, UTC
    path: str
    repeated: bool  # the same object had been received before
    differs: bool  # and it was not the same to the byte


class Shelf:
    """All files of one PACS. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        self._own, self._received = folder / "own", folder / "received"
        self._log = folder / "received.jsonl"
        self._lock = threading.Lock()
        self._kept: dict[str, Kept] = {}
        for place in (self._own, self._received):
            place.mkdir(parents=True, exist_ok=True)
            for path in sorted(place.rglob("*.dcm")):
                self._index(path)
        self.receptions = [Reception(**entry) for entry in read_lines(self._log)]

    def put_own(self, ds: Dataset) -> Path:
        """Keep an instance that this hospital made."""
        place = self._own / str(ds.StudyInstanceUID)
        place.mkdir(exist_ok=True)
        path = place / f"{ds.SOPInstanceUID}.dcm"
        ds.save_as(path, enforce_file_format=True)
        with self._lock:
            self._index(path)
        return path

    def receive(self, content: bytes, sop_instance: str, sender: str) -> Reception:
        """Keep what was sent; on disk for certain before this returns.

        Raises InvalidDicomError when the content can't be read or lacks its UIDs.
        """
        if not re.fullmatch(r"[0-9.]{1,64}", sop_instance):
            raise InvalidDicomError("The SOP Instance UID is not a UID.")
        path = self._received / f"{sop_instance}.dcm"
        with self._lock:
            before = path.read_bytes() if path.exists() else None
            partial = path.with_suffix(".part")
            write_through(partial, content)
            kept = self._index(partial, final=path)
            partial.replace(path)
            reception = Reception(
                sop_class=kept.sop_class,
                sop_instance=kept.sop_instance,
                study=str(kept.attributes.get("StudyInstanceUID", "")),
                sender=sender,
                received_at=datetime.now(UTC).isoformat(),
                path=str(path),
                repeated=before is not None,
                differs=before is not None and before != content,
            )
            append_line(self._log, asdict(reception))
            self.receptions.append(reception)
        return reception

    def own_study(self, study_uid: str) -> list[Kept]:
        """The instances of a study that this hospital made, in series and instance order."""
        return sorted(
            (k for k in self._all() if k.path.is_relative_to(self._own) and _of(k, study_uid)),
            key=_order,
        )

    def matching(self, identifier: Dataset) -> list[Kept]:
        """The instances that a query or retrieve identifier asks for (PS3.4 C.2.2.2)."""
        keys = [e for e in identifier if e.keyword in _INDEXED and e.value not in (None, "", [])]
        keys = [e for e in keys if e.keyword != "SpecificCharacterSet"]
        found = (k for k in self._all() if all(_fits(k.attributes, e) for e in keys))
        return sorted(found, key=_order)

    def _all(self) -> list[Kept]:
        with self._lock:
            return list(self._kept.values())

    def _index(self, path: Path, final: Path | None = None) -> Kept:
        ds = dcmread(path, specific_tags=list(_INDEXED), stop_before_pixels=True)
        if not ds.get("SOPInstanceUID") or not ds.get("SOPClassUID"):
            raise InvalidDicomError("The object has no SOP Class or SOP Instance UID.")
        kept = Kept(final or path, ds, str(ds.file_meta.TransferSyntaxUID))
        self._kept[kept.sop_instance] = kept
        return kept


def write_through(path: Path, content: bytes) -> None:
    """Write a file that survives the loss of power."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def append_line(path: Path, entry: dict[str, Any]) -> None:
    """Add a line of JSON that survives the loss of power."""
    with path.open("ab") as file:
        file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The lines of JSON in a log; a last one that was never finished is cut off."""
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        write_through(path, whole)
    return [json.loads(line) for line in whole.splitlines() if line]


def _of(kept: Kept, study_uid: str) -> bool:
    return bool(kept.attributes.get("StudyInstanceUID") == study_uid)


def _order(kept: Kept) -> tuple[str, int, int, str]:
    ds = kept.attributes
    return (
        str(ds.get("StudyInstanceUID", "")),
        int(ds.get("SeriesNumber") or 0),
        int(ds.get("InstanceNumber") or 0),
        kept.sop_instance,
    )


def _fits(ds: Dataset, key: Any) -> bool:
    """Whether one attribute matches: list of UIDs, range, wildcard or single value."""
    value = str(ds.get(key.keyword, "") or "")
    if key.VR == "UI":
        return value in _each(key.value)
    asked = str(key.value)
    if key.VR in ("DA", "TM") and "-" in asked:
        first, _, last = asked.partition("-")
        return (not first or value >= first) and (not last or value[: len(last)] <= last)
    pattern = re.escape(asked).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, value, re.IGNORECASE) is not None


def _each(value: Any) -> Iterable[str]:
    return [str(v) for v in value] if isinstance(value, MultiValue | list) else [str(value)]
