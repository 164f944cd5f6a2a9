"""Instances as a hospital sends them, for tests of the archive."""

from pydicom import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian
from pynetdicom.dsutils import encode

from crossread.archive.model import Announced, Arrival


def encoded(dataset: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The bytes of a data set in an uncompressed transfer syntax."""
    uid = UID(syntax)
    written = encode(dataset, uid.is_implicit_VR, uid.is_little_endian, uid.is_deflated)
    assert written is not None
    return written


def arrival(
    dataset: Dataset,
    *,
    hospital: str = "noord",
    syntax: str = ExplicitVRLittleEndian,
    content: bytes | None = None,
) -> Arrival:
    """What `hospital` sends: a data set, and what it announces of it."""
    announced = Announced(
        hospital_id=hospital,
        sender=f"{hospital.upper()}_PACS",
        transfer_syntax_uid=syntax,
        sop_class_uid=str(dataset.get("SOPClassUID", "")),
        sop_instance_uid=str(dataset.get("SOPInstanceUID", "")),
    )
    return Arrival(announced, encoded(dataset, syntax) if content is None else content)
