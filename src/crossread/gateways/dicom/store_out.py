"""C-STORE as SCU: images go to a hospital's PACS as they are kept (PS3.4 Annex B)."""

import asyncio
from collections.abc import Iterable, Sequence

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from crossread.archive.model import Instance
from crossread.archive.transcode import NotConvertible, convertible, transcoded
from crossread.gateways.dicom import speech
from crossread.gateways.dicom.call import Call, Caller
from crossread.gateways.dicom.propose import CONTEXTS_AT_MOST, Context, Wanted
from crossread.gateways.dicom.speech import RESPONSE, Field
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Refused, Unreachable
from crossread.transfers.ways import Answer

# coercion of elements, elements discarded, data set does not match: kept all the same (PS3.4 B.2)
_KEPT = frozenset({0x0000, 0xB000, 0xB006, 0xB007})
# the same instance is there: as far as this endpoint goes, it has arrived
_DUPLICATE = 0x0111
_NO_CONTEXT = 0x0122  # what we note where a peer takes no context for an image
_FALLBACK = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))

_Kind = tuple[str, str]  # SOP class, transfer syntax


class StoreOutlet:
    """An association with a PACS, opened when it is needed and opened anew for other kinds."""

    def __init__(self, endpoint: Endpoint, caller: Caller) -> None:
        self._endpoint, self._caller = endpoint, caller
        self._call: Call | None = None
        self._proposed: frozenset[_Kind] = frozenset()
        self._refused: frozenset[_Kind] = frozenset()  # by a peer that takes nothing proposed

    async def prepare(self, instances: Sequence[Instance]) -> None:
        """Have an association in which these can be sent. Raises Unreachable."""
        kinds = frozenset((one.sop_class_uid, one.transfer_syntax_uid) for one in instances)
        alive = self._call is not None and self._call.is_alive()
        if alive and kinds <= self._proposed | self._refused:
            return
        if alive:
            kinds |= self._proposed  # so that the next portion of the former kind finds its place
        await self.close()
        await asyncio.to_thread(self._open, kinds)

    async def send(self, instance: Instance, dataset: memoryview) -> Answer:
        """C-STORE. Raises Unreachable when no answer came."""
        return await asyncio.to_thread(self._send, instance, dataset)

    async def close(self) -> None:
        """Release the association, if there is one."""
        call, self._call = self._call, None
        if call is not None:
            await asyncio.to_thread(call.release)

    def drop(self) -> None:
        """Cut the connection."""
        call, self._call = self._call, None
        if call is not None:
            call.drop()

    def _open(self, kinds: frozenset[_Kind]) -> None:
        wanted, taken = _propose(kinds)
        self._proposed, self._refused = frozenset(), frozenset()
        try:
            self._call = Call.open(self._endpoint, wanted, self._caller)
        except Refused:
            self._refused = taken
            return
        self._proposed = taken

    def _send(self, instance: Instance, dataset: memoryview) -> Answer:
        name = self._endpoint.application
        call, found = self._call, self._context(instance)
        if found is None:
            return Answer(False, _NO_CONTEXT, f"{name} does not take images of this kind.")
        if call is None:
            raise Unreachable(f"{name} is not reached now.", cause=self._endpoint.id)
        content: bytes | memoryview = dataset
        if found.transfer_syntax != instance.transfer_syntax_uid:
            try:
                content = transcoded(
                    bytes(dataset), instance.transfer_syntax_uid, found.transfer_syntax
                )
            except NotConvertible as error:
                return Answer(False, _NO_CONTEXT, error.sentence)
        number = call.next_id()
        request = speech.store(number, instance.sop_class_uid, instance.sop_instance_uid)
        call.say(found.id, request, content)
        heard = call.hear().heard
        if heard.field != Field.STORE_RQ | RESPONSE or heard.message_id != number:
            call.drop()
            raise Unreachable(f"{name} answers out of turn.", cause=self._endpoint.id)
        return _answer(name, heard.status)

    def _context(self, instance: Instance) -> Context | None:
        """In which context an image goes: as it is kept where that is taken."""
        if self._call is None:
            return None
        kept = instance.transfer_syntax_uid
        as_kept = self._call.context(instance.sop_class_uid, kept)
        if as_kept is not None or not _can_rewrite(kept):
            return as_kept
        for syntax in _FALLBACK:
            found = self._call.context(instance.sop_class_uid, syntax)
            if found is not None:
                return found
        return None


def _can_rewrite(kept: str) -> bool:
    return convertible(kept, _FALLBACK[0])


def _propose(kinds: Iterable[_Kind]) -> tuple[list[Wanted], frozenset[_Kind]]:
    """A context for each kind as it is kept, and one in which it can be rewritten if need be."""
    wanted: list[Wanted] = []
    taken: set[_Kind] = set()
    native: set[str] = set()
    for sop_class, syntax in sorted(kinds):
        needs_fallback = _can_rewrite(syntax) and sop_class not in native
        if len(wanted) + 1 + needs_fallback > CONTEXTS_AT_MOST:
            break  # the rest waits for another association
        taken.add((sop_class, syntax))
        wanted.append(Wanted(sop_class, (syntax,)))
        if needs_fallback:
            native.add(sop_class)
            wanted.append(Wanted(sop_class, _FALLBACK))
    return wanted, frozenset(taken)


def _answer(name: str, status: int) -> Answer:
    if status in _KEPT or status == _DUPLICATE:
        return Answer(True, status)
    if status & 0xFF00 == 0xA700 or status == 0x0110:
        sentence = f"{name} cannot store now (status {status:04X}H)."
        return Answer(False, status, sentence, again=True)
    return Answer(False, status, f"{name} refuses this image (status {status:04X}H).")
