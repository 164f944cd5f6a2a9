"""What we agree to on an association that only stores (PS3.8 9.3.3, PS3.7 Annex D, PS3.4 B.3).

Pure. Of the transfer syntaxes that a sender proposes the first is taken, as images are kept as they
come; only what the archive cannot look into is passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydicom._uid_dict import UID_dictionary

from crossread.archive.encoding import KNOWN
from crossread.archive.part10 import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from crossread.gateways.dicom import pdu
from crossread.gateways.dicom.pdu import Acceptance, Proposal, Request, Result

VERIFICATION = "1.2.840.10008.1.1"
PDU_LENGTH = 131_072  # bytes: the longest P-DATA-TF that we ask for; DCMTK sends no longer ones

_STANDARD = "1.2.840.10008."  # the root of what DICOM itself registers
_NOT_SENT = frozenset({"1.2.840.10008.1.3.10"})  # Media Storage Directory: on media only
# SOP classes of every table of storage that the standard has or had, retired ones too
STORAGE: frozenset[str] = (
    frozenset(
        uid
        for uid, (name, kind, *_) in UID_dictionary.items()
        if kind == "SOP Class" and "Storage" in name and "Storage Commitment" not in name
    )
    - _NOT_SENT
)
# level 2 (full), digital signatures kept as they are, no element coerced (PS3.4 B.3.1)
_STORAGE_SUPPORT = bytes((2, 0, 3, 0, 0, 0))


@dataclass(frozen=True, slots=True)
class Context:
    """An accepted presentation context."""

    id: int
    abstract_syntax: str
    transfer_syntax: str

    @property
    def stores(self) -> bool:
        """Whether images may come in it; the other service here is Verification."""
        return self.abstract_syntax != VERIFICATION


def only_stores(request: Request) -> bool:
    """Whether nothing but storage (and verification) is proposed."""
    return all(
        one.abstract_syntax == VERIFICATION or _is_storage(one.abstract_syntax)
        for one in request.contexts
    )


def contexts(request: Request, *, private_classes: bool) -> list[Acceptance]:
    """The answer to each proposed context of an association that only stores."""
    return [_answer(one, private_classes) for one in request.contexts]


def accepted(request: Request, answers: list[Acceptance]) -> dict[int, Context]:
    """The contexts that may be used, by number."""
    return {
        proposal.id: Context(proposal.id, proposal.abstract_syntax, answer.transfer_syntax)
        for proposal, answer in zip(request.contexts, answers, strict=True)
        if answer.result is Result.ACCEPTED
    }


def accept(request: Request, head: bytes, answers: list[Acceptance]) -> bytes:
    """The A-ASSOCIATE-AC; `head` is what it repeats of the request (PS3.8 Table 9-17)."""
    return pdu.compose_accept(
        head,
        answers,
        maximum_length=PDU_LENGTH,
        implementation_class=IMPLEMENTATION_CLASS_UID,
        implementation_version=IMPLEMENTATION_VERSION_NAME,
        roles=_roles(request),
        extended={uid: _STORAGE_SUPPORT for uid in request.extended if _is_storage(uid)},
    )


def _is_storage(uid: str) -> bool:
    """Whether a SOP class stores; of a private one nothing else can be meant."""
    return uid in STORAGE or not uid.startswith(_STANDARD)


def _answer(proposal: Proposal, private_classes: bool) -> Acceptance:
    first = proposal.transfer_syntaxes[0]
    uid = proposal.abstract_syntax
    if uid not in STORAGE and uid != VERIFICATION and not private_classes:
        return Acceptance(proposal.id, Result.ABSTRACT_SYNTAX_NOT_SUPPORTED, first)
    taken = next((one for one in proposal.transfer_syntaxes if one in KNOWN), None)
    if taken is None:
        return Acceptance(proposal.id, Result.TRANSFER_SYNTAXES_NOT_SUPPORTED, first)
    return Acceptance(proposal.id, Result.ACCEPTED, taken)


def _roles(request: Request) -> Mapping[str, tuple[bool, bool]]:
    """The requestor sends, and does not receive (PS3.7 D.3.3.4): there is no C-GET here."""
    return {uid: (as_scu, False) for uid, (as_scu, _) in request.roles.items()}
