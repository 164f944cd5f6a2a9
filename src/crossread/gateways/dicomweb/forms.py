"""In which form images are given: kind of body, and transfer syntax (PS3.18 8.7.3)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from crossread.archive import frame_forms, htj2k, part10, retrieve
from crossread.archive.encoding import is_native
from crossread.archive.model import Instance
from crossread.archive.transcode import convertible, transcoded
from crossread.gateways.dicomweb.media import EXPLICIT_LITTLE, MEDIA_OF, OCTETS
from crossread.gateways.dicomweb.negotiation import ANY, NotAcceptable, Offer, Wish
from crossread.platform.objects import Objects

DICOM = "application/dicom"
COPIES = (htj2k.SYNTAX, htj2k.ALSO)  # a copy may be called either
_HTJ2K = MEDIA_OF[htj2k.SYNTAX]


@dataclass(frozen=True, slots=True)
class Form:
    """How to write what is asked for."""

    kind: str  # media type of a part
    related: bool
    syntax: str = ANY  # "*": as it is kept

    def syntax_for(self, instance: Instance) -> str:
        """The transfer syntax in which this image goes out."""
        return instance.transfer_syntax_uid if self.syntax == ANY else self.syntax

    def changes(self, instance: Instance) -> bool:
        """Whether it goes out otherwise than it is kept."""
        return self.syntax_for(instance) != instance.transfer_syntax_uid


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
        # without a word it is Explicit VR Little Endian that is meant (Table 8.7.3-2)
        syntax = wish.syntax or (ANY if anything else EXPLICIT_LITTLE)
        if syntax == ANY or all(convertible(one, syntax) for one in kept):
            return Form(DICOM, wish.related or anything, syntax)
        if not wish.syntax:  # a film cannot be written so, and is given as it is
            return Form(DICOM, wish.related)
    offers = [*sorted(kept), EXPLICIT_LITTLE]
    raise NotAcceptable([str(Offer(DICOM, one)) for one in offers])


def of_frames(
    asked: Sequence[Wish], instance: Instance, *, single: bool, copied: bool = False
) -> Form:
    """The form of frames; `copied`: there is an HTJ2K copy too. Raises NotAcceptable."""
    offers = list(_frame_offers(instance.transfer_syntax_uid))
    if copied:  # last: who does not ask for it gets what is kept
        offers += [Offer(kind, one) for kind in (_HTJ2K, OCTETS) for one in COPIES]
    for wish in asked:
        if wish.quality == 0:
            continue
        anything = wish.kind == "*/*" and not wish.related
        if not (wish.related or anything or single):
            continue
        for offer in offers:
            if wish.fits(offer.kind) and _is_meant(wish, offer, anything=anything):
                return Form(offer.kind, wish.related or anything, offer.syntax)
    raise NotAcceptable([str(offer) for offer in offers])


def ask_for_copies(asked: Sequence[Wish]) -> bool:
    """Whether a client could do with an HTJ2K copy, and says so."""
    return any(wish.kind == _HTJ2K or wish.syntax in COPIES for wish in asked)


def _frame_offers(kept: str) -> Sequence[Offer]:
    """As it is kept first; pixels of every native syntax are those of Explicit Little Endian."""
    if is_native(kept):
        return [Offer(OCTETS, EXPLICIT_LITTLE)]
    own = [Offer(MEDIA_OF[kept], kept)] if kept in MEDIA_OF else []
    plain = [Offer(OCTETS, EXPLICIT_LITTLE)] if convertible(kept, EXPLICIT_LITTLE) else []
    return [*own, Offer(OCTETS, kept), *plain]


def _is_meant(wish: Wish, offer: Offer, *, anything: bool) -> bool:
    if wish.syntax:
        return wish.syntax in {ANY, offer.syntax}
    if wish.kind == OCTETS and not anything:  # uncompressed is meant without a word
        return offer.syntax == EXPLICIT_LITTLE
    return True


async def file(instance: Instance, content: bytes, form: Form) -> bytes:
    """A file on its way out, in this form. Raises NotConvertible."""
    syntax = form.syntax_for(instance)
    if not form.changes(instance):
        return content
    return await asyncio.to_thread(_written, instance, content, syntax)


async def frame(objects: Objects, instance: Instance, number: int, form: Form) -> bytes:
    """Frame `number` (from 1) in this form. Raises NotFound, NotHere, NotConvertible."""
    if form.syntax in {ANY, instance.transfer_syntax_uid}:
        return await retrieve.frame(objects, instance, number)
    return await frame_forms.uncompressed(objects, instance, number)


def _written(instance: Instance, content: bytes, syntax: str) -> bytes:
    dataset = content[instance.dataset_offset :]
    head = part10.head(instance.sop_class_uid, instance.sop_instance_uid, syntax, "CROSSREAD")
    return head + transcoded(dataset, instance.transfer_syntax_uid, syntax)
