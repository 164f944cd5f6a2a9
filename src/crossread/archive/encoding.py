"""How the bytes of a data set are to be read, by its transfer syntax (PS3.5 Annex A)."""

import zlib
from dataclasses import dataclass

from pydicom._uid_dict import UID_dictionary
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from crossread.archive.model import Content, NotArchived, Reason

INFLATED_AT_MOST = 2 << 30  # bytes; more is a bomb, not a data set

# JPIP syntaxes deflate the whole data set as well (PS3.5 A.7, A.12)
_DEFLATED = frozenset(
    {
        str(DeflatedExplicitVRLittleEndian),
        "1.2.840.10008.1.2.4.95",
        "1.2.840.10008.1.2.4.205",
    }
)
_NATIVE = frozenset(
    {
        str(ImplicitVRLittleEndian),
        str(ExplicitVRLittleEndian),
        str(DeflatedExplicitVRLittleEndian),
        str(ExplicitVRBigEndian),
    }
)
# MIME and XML are not elements; SMPTE 2110 is for live video; Papyrus is a file of its own kind
_OTHER_FORMATS = ("1.2.840.10008.1.2.6.", "1.2.840.10008.1.2.7.", "1.2.840.10008.1.20")
KNOWN = frozenset(
    uid
    for uid, (_, kind, *_) in UID_dictionary.items()
    if kind == "Transfer Syntax" and not uid.startswith(_OTHER_FORMATS)
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """How tags, lengths and values are written."""

    implicit: bool  # no VR is written
    little: bool
    deflated: bool  # the data set as a whole

    def inflated(self, dataset: Content) -> Content:
        """The elements of a data set. Raises NotArchived when it cannot be inflated."""
        return _inflate(dataset) if self.deflated else dataset


def encoding(transfer_syntax_uid: str) -> Encoding:
    """The encoding of a transfer syntax. Raises NotArchived(UNSUPPORTED) for an unknown one."""
    if transfer_syntax_uid not in KNOWN:
        raise NotArchived(
            Reason.UNSUPPORTED, "The transfer syntax is not one of the standard (PS3.5 Annex A)."
        )
    return Encoding(
        implicit=transfer_syntax_uid == ImplicitVRLittleEndian,
        little=transfer_syntax_uid != ExplicitVRBigEndian,
        deflated=transfer_syntax_uid in _DEFLATED,
    )


def is_native(transfer_syntax_uid: str) -> bool:
    """Whether pixels are uncompressed, so that the data set may be written in another encoding."""
    return transfer_syntax_uid in _NATIVE


def _inflate(content: Content) -> bytes:
    try:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        inflated = inflater.decompress(content, INFLATED_AT_MOST)
    except zlib.error as error:
        raise NotArchived(Reason.NOT_DICOM, "The deflated data set cannot be inflated.") from error
    if inflater.unconsumed_tail:
        raise NotArchived(Reason.UNSUPPORTED, "The deflated data set is larger than 2 GB.")
    if not inflater.eof:
        raise NotArchived(Reason.TRUNCATED, "The deflated data set is cut off; send it again.")
    return inflated
