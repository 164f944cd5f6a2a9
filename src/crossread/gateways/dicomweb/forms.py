"""In which form images are given: kind of body, and transfer syntax (PS3.18 8.7.3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossread.archive.model import Instance
from crossread.gateways.dicomweb.media import EXPLICIT_LITTLE, MEDIA_OF, OCTETS
from crossread.gateways.dicomweb.negotiation import ANY, NotAcceptable, Offer, Wish

DICOM = "application/dicom"


@dataclass(frozen=True, slots=True)
class Form:
    """How to write what is asked for."""

    kind: str  # media type of a part
    related: bool
    syntax: str = ANY  # "*": as it is kept

    def syntax_for(self, instance: Instance) -> str:
        """The transfer syntax in which this image goes out."""
        return instance.transfer_syntax_uid if self.syntax == ANY else self.syntax


def of_instances(asked: Sequence[Wish], instances: Sequence[Instance], *, single: bool) -> Form:
    """The form of whole instances; `single`: one body without parts will do as well.

    Raises NotAcceptable.
    """
    kept = {one.transfer_syntax_uid for one in instances}
    for wish in asked:
        if wish.quality == 0 or not wish.fits(DICOM):
            continue
        anything = wish.kind == "*/*" and not wish.related
        if not (wish.related or anything or single):
            continue
        syntax = wish.syntax or (ANY if anything else EXPLICIT_LITTLE)
        form = Form(DICOM, wish.related or anything, syntax)
        if all(syntax in {ANY, one} for one in kept):
            return form
        if not wish.syntax:  # nothing was said, and what is the default cannot be made of it
            return Form(DICOM, form.related)
    raise NotAcceptable([str(Offer(DICOM, one)) for one in sorted(kept)])


def of_frames(asked: Sequence[Wish], instance: Instance, *, single: bool) -> Form:
    """The form of frames. Raises NotAcceptable."""
    kept = instance.transfer_syntax_uid
    media = MEDIA_OF.get(kept)
    own = kept if media is not None else EXPLICIT_LITTLE
    offers = [Offer(media or OCTETS, own), Offer(OCTETS, own)]
    for wish in asked:
        if wish.quality == 0 or not (wish.related or single or wish.kind == "*/*"):
            continue
        for offer in offers:
            if wish.fits(offer.kind) and wish.syntax in {"", ANY, own, kept}:
                return Form(offer.kind, wish.related or wish.kind == "*/*", own)
    raise NotAcceptable([str(offer) for offer in offers])
