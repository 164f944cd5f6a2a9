"""Send a data set as it was received, bit for bit.

pynetdicom encodes every data set that its C-MOVE and C-GET services give out. A kept one knows its
encoded bytes already; it is only encoded anew for a peer that does not take its transfer syntax.
"""

from io import BytesIO

from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID
from pynetdicom import association
from pynetdicom.dsutils import decode
from pynetdicom.dsutils import encode as encode_anew

from crossread.archive.model import Instance


class KeptDataset(Dataset):
    """An instance of the archive on its way out."""

    def __init__(self, instance: Instance, encoded: bytes) -> None:
        super().__init__()
        self.SOPClassUID = UID(instance.sop_class_uid)
        self.SOPInstanceUID = UID(instance.sop_instance_uid)
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = UID(instance.transfer_syntax_uid)
        self.file_meta = meta
        object.__setattr__(self, "_encoded", encoded)

    def encoded(self, *, implicit: bool, little: bool, deflated: bool) -> bytes | None:
        """The bytes, in the encoding that was agreed with the peer."""
        kept: bytes = object.__getattribute__(self, "_encoded")
        syntax = UID(self.file_meta.TransferSyntaxUID)
        own = (syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
        if own == (implicit, little, deflated):
            return kept
        dataset = decode(BytesIO(kept), *own)
        answer: bytes | None = encode_anew(dataset, implicit, little, deflated)
        return answer


def _encode(dataset: Dataset, implicit: bool, little: bool, deflated: bool = False) -> bytes | None:
    if isinstance(dataset, KeptDataset):
        return dataset.encoded(implicit=implicit, little=little, deflated=deflated)
    answer: bytes | None = encode_anew(dataset, implicit, little, deflated)
    return answer


# the one place where pynetdicom turns an outgoing C-STORE's data set into bytes
association.encode = _encode  # type: ignore[attr-defined, assignment]
