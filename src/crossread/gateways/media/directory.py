"""The DICOMDIR of a file-set (PS3.3 Annex F, PS3.10 8): patients, studies, series, images."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.fileset import DIRECTORY_RECORDERS, _four_level_record_type
from pydicom.filewriter import write_dataset, write_file_meta_info
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian, MediaStorageDirectoryStorage, generate_uid
from pydicom.valuerep import PersonName

from crossread.archive.encoding import encoding
from crossread.archive.model import Instance
from crossread.archive.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.archive.structure import PIXEL_DATA

_UTF8 = "ISO_IR 192"
_ITEM = 8  # bytes of an item's tag and length
_IN_USE = 0xFFFF
# what a record needs, and old or odd images do not have (types 1 of PS3.3 F.5)
_UNSAID: Mapping[str, object] = {
    "PatientID": "UNKNOWN",
    "StudyDate": "19000101",
    "StudyTime": "000000",
    "StudyID": "1",
    "Modality": "OT",
    "SeriesNumber": 0,
    "InstanceNumber": 0,
    "ContentDate": "19000101",
    "ContentTime": "000000",
    "ContentLabel": "UNKNOWN",
    "PresentationCreationDate": "19000101",
    "PresentationCreationTime": "000000",
    "CompletionFlag": "PARTIAL",
    "VerificationFlag": "UNVERIFIED",
    "DoseSummationType": "PLAN",
    "StructureSetLabel": "UNKNOWN",
    "RTPlanLabel": "UNKNOWN",
    "MIMETypeOfEncapsulatedDocument": "application/octet-stream",
}


@dataclass(slots=True)
class _Node:
    """A record, and those below it."""

    kind: str
    record: Dataset
    below: "dict[str, _Node]" = field(default_factory=dict)
    offset: int = 0


class Directory:
    """Grows with each file of the set; written at the end."""

    def __init__(self) -> None:
        self._root: dict[str, _Node] = {}

    def add(self, content: bytes, instance: Instance, syntax: str, parts: list[str]) -> None:
        """A file: its data set in `syntax`, and its File ID in parts (PS3.10 8.2)."""
        header = _header(content, syntax)
        kind = _four_level_record_type(header)
        _fill(header)
        patient = _below(self._root, "PATIENT", str(header.PatientID), header)
        study = _below(patient.below, "STUDY", str(header.StudyInstanceUID), header)
        series = _below(study.below, "SERIES", instance.series_instance_uid, header)
        record = _record(kind, header)
        record.ReferencedFileID = parts
        record.ReferencedSOPClassUIDInFile = instance.sop_class_uid
        record.ReferencedSOPInstanceUIDInFile = instance.sop_instance_uid
        record.ReferencedTransferSyntaxUIDInFile = UID(syntax)
        series.below[instance.sop_instance_uid] = _Node(kind, record)

    def written(self) -> bytes:
        """The DICOMDIR file."""
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
        meta.MediaStorageSOPInstanceUID = generate_uid(prefix=None)
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
        meta.ImplementationVersionName = IMPLEMENTATION_VERSION_NAME
        head = DicomBytesIO()
        head.write(b"\0" * 128 + b"DICM")
        write_file_meta_info(head, meta)
        nodes = _in_order(self._root)
        for node in nodes:  # offsets are numbers of four bytes: their values change no length
            _link(node, None, None)
        offset = head.tell() + len(_encoded(self._fileset([]))) + _ITEM + 4  # tag, VR, length
        for node in nodes:
            node.offset = offset
            offset += _ITEM + len(_encoded(node.record))
        _link_all(self._root)
        return head.getvalue() + _encoded(self._fileset([node.record for node in nodes]))

    def _fileset(self, records: list[Dataset]) -> Dataset:
        first = next(iter(self._root.values()), None)
        last = next(reversed(self._root.values()), None)
        fileset = Dataset()
        fileset.FileSetID = "CROSSREAD"
        fileset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = (
            first.offset if first else 0
        )
        fileset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = last.offset if last else 0
        fileset.FileSetConsistencyFlag = 0
        if records:
            fileset.DirectoryRecordSequence = Sequence(records)
        return fileset


def _header(content: bytes, syntax: str) -> Dataset:
    """What stands before the pixels."""
    written = encoding(syntax)
    header = read_dataset(
        BytesIO(bytes(written.inflated(content))),
        written.implicit,
        written.little,
        stop_when=lambda tag, _, __: tag in PIXEL_DATA,
    )
    with suppress(Exception):  # pydicom raises many kinds; what it cannot decode goes as it came
        header.decode()
    return header


def _fill(header: Dataset) -> None:
    """Say what a record needs and the image does not say; and no more than it needs."""
    for keyword, value in _UNSAID.items():
        if not _says(header, keyword):
            setattr(header, keyword, value)
    for keyword, mark in (("Date", "."), ("Time", ":")):  # as old systems wrote them (PS3.5 6.2)
        for subject in ("Study", "Content", "PresentationCreation"):
            plain = str(header.get(subject + keyword, "")).replace(mark, "")
            header[subject + keyword].value = plain
    if header.VerificationFlag == "VERIFIED" and "VerificationDateTime" not in header:
        header.VerificationDateTime = _verified_at(header)
    if "ContentSequence" in header:  # only what qualifies the title belongs in a record (F.5.25)
        header.ContentSequence = [
            item
            for item in header.ContentSequence
            if item.get("RelationshipType") == "HAS CONCEPT MOD"
        ]
        if not header.ContentSequence:
            del header.ContentSequence


def _verified_at(header: Dataset) -> str:
    """When the last observer verified a report, as far as it says (PS3.3 C.17.2)."""
    observers = header.get("VerifyingObserverSequence") or []
    told = [str(one.get("VerificationDateTime", "")) for one in observers]
    return max([*told, f"{header.ContentDate}{header.ContentTime}"[:14]])


def _says(header: Dataset, keyword: str) -> bool:
    """Whether there is a value that can be read."""
    try:
        return keyword in header and bool(str(header[keyword].value or "").strip())
    except Exception:  # pydicom raises many kinds for values that break their VR
        return False


def _below(nodes: dict[str, _Node], kind: str, key: str, header: Dataset) -> _Node:
    node = nodes.get(key)
    if node is None:
        node = nodes[key] = _Node(kind, _record(kind, header))
    return node


def _record(kind: str, header: Dataset) -> Dataset:
    """The keys of a record (PS3.3 F.5), in UTF-8 where ASCII will not do."""
    try:
        keys = DIRECTORY_RECORDERS[kind](header)
    except (ValueError, AttributeError):  # it lacks what its own kind of record needs
        keys = DIRECTORY_RECORDERS["IMAGE"](header)
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = _IN_USE
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    plain = True
    for element in keys:
        value = element.value
        if isinstance(value, PersonName):
            value = str(value)
        plain = plain and element.VR != "SQ" and str(value).isascii()
        record.add_new(element.tag, element.VR, value)
    if not plain:
        record.SpecificCharacterSet = _UTF8
    return record


def _in_order(nodes: dict[str, _Node]) -> list[_Node]:
    """Each record before those below it."""
    found = []
    for node in nodes.values():
        found += [node, *_in_order(node.below)]
    return found


def _link_all(nodes: dict[str, _Node]) -> None:
    siblings = list(nodes.values())
    for place, node in enumerate(siblings):
        following = siblings[place + 1] if place + 1 < len(siblings) else None
        _link(node, following, next(iter(node.below.values()), None))
        _link_all(node.below)


def _link(node: _Node, following: _Node | None, lower: _Node | None) -> None:
    record = node.record
    record.OffsetOfTheNextDirectoryRecord = following.offset if following else 0
    record.OffsetOfReferencedLowerLevelDirectoryEntity = lower.offset if lower else 0


def _encoded(dataset: Dataset) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_dataset(buffer, dataset)
    return buffer.getvalue()
