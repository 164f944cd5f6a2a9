"""C-MOVE and C-GET as SCU: images come in from a hospital's PACS (PS3.4 C.4.2, C.4.3)."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from threading import Event as Flag

import structlog
from pydicom import Dataset

from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Announced, NotArchived, NotKept
from crossread.gateways.dicom import speech
from crossread.gateways.dicom.call import Call, Caller, Message, Taker
from crossread.gateways.dicom.fault import fault
from crossread.gateways.dicom.find_out import STUDY_ROOT_FIND, SYNTAXES, encoded, images_of
from crossread.gateways.dicom.propose import CONTEXTS_AT_MOST, Wanted
from crossread.gateways.dicom.speech import Field, Heard
from crossread.gateways.dicom.storage import STATUS
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Refused, Unreachable
from crossread.transfers.meter import Meter
from crossread.transfers.model import Item
from crossread.transfers.ways import Fetched, Portion

STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"
FIRST_COMES_WITHIN = 600.0  # seconds: a PACS may have to get it from tape
LOOK = 0.5  # seconds between looks whether a person wants it stopped
_OUT_OF_RESOURCES, _FAILED = 0xA700, 0x0110
_DESTINATION_UNKNOWN = 0xA801
_CANCELLED = 0xFE00
# what images mostly come in; a peer has to choose one of those that it can write
_IMAGE_SYNTAXES = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202",
    "1.2.840.10008.1.2.4.203", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.100",
    "1.2.840.10008.1.2.4.102", "1.2.840.10008.1.2.4.103",
)  # fmt: skip
# what to propose where it was not said which classes a study has
_USUAL_CLASSES = tuple(
    f"1.2.840.10008.5.1.4.1.1.{last}"
    for last in (
        "2", "2.1", "4", "4.1", "1", "1.1", "1.1.1", "1.2", "1.2.1", "1.3", "6.1", "3.1", "7",
        "7.1", "7.2", "7.3", "7.4", "12.1", "12.1.1", "12.2", "12.2.1", "13.1.3", "20", "128",
        "130", "88.11", "88.22", "88.33", "88.59", "88.67", "11.1", "66", "66.1", "66.4", "104.1",
        "481.1", "481.2", "481.3", "481.5", "77.1.1", "77.1.4", "67", "30",
    )
)  # fmt: skip

log = structlog.get_logger(__name__)


class PacsSource(ABC):
    """An association with a PACS, over which it says what it has and gives it."""

    def __init__(self, endpoint: Endpoint, caller: Caller) -> None:
        self._endpoint, self._caller = endpoint, caller
        self._call: Call | None = None

    async def listed(self, portion: Portion) -> list[Item] | None:
        """The images of a study or series; None when it does not say. Raises Unreachable."""
        return await asyncio.to_thread(self._listed, portion)

    async def fetch(self, portion: Portion, stop: Flag) -> Fetched:
        """Have a portion come in. Raises Unreachable, Refused."""
        return await asyncio.to_thread(self._fetch, portion, stop)

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

    def _listed(self, portion: Portion) -> list[Item] | None:
        try:
            call = self._open([Wanted(STUDY_ROOT_FIND, SYNTAXES)])
        except Refused:
            return None
        try:
            return images_of(call, self._endpoint, portion)
        except Refused:
            return None

    @abstractmethod
    def _fetch(self, portion: Portion, stop: Flag) -> Fetched:
        """Have the images come, in the way that this PACS knows."""

    def _open(self, wanted: Sequence[Wanted]) -> Call:
        """An open call that has these; the one before is released."""
        call = self._call
        if call is not None and call.is_alive():
            if all(call.context(one.abstract_syntax) for one in wanted):
                return call
            call.release()
        self._call = Call.open(self._endpoint, wanted, self._caller)
        return self._call


class MoveSource(PacsSource):
    """C-MOVE to ourselves: the PACS must know our AE title, and where we listen."""

    def _fetch(self, portion: Portion, stop: Flag) -> Fetched:
        call = self._open([Wanted(STUDY_ROOT_MOVE, SYNTAXES)])
        context = call.context(STUDY_ROOT_MOVE)
        if context is None:
            raise Refused(f"{self._endpoint.application} does not offer C-MOVE.")
        number = call.next_id()
        request = speech.ask(Field.MOVE_RQ, number, STUDY_ROOT_MOVE, self._caller.ae_title)
        call.say(context.id, request, encoded(_identifier(portion), context))
        waiting = _Waiting(call, context.id, number, stop)
        while True:
            waiting.wait()
            heard = call.hear().heard
            if not heard.is_pending:
                return self._ended(heard)

    def _ended(self, heard: Heard) -> Fetched:
        name = self._endpoint.application
        if heard.status == _DESTINATION_UNKNOWN:
            raise Refused(
                f"{name} does not know {self._caller.ae_title} as a destination. Have it added"
                " there, or fetch by C-GET.",
                reasons=("A801H",),
            )
        if heard.status & 0xF000 == 0xC000:  # what Orthanc says to a destination unknown to it
            raise Refused(
                f"{name} does not move this study to {self._caller.ae_title} (status"
                f" {heard.status:04X}H). See that it knows us as a destination, or fetch by C-GET.",
                reasons=(f"{heard.status:04X}H",),
            )
        return _ended(name, heard)


class GetSource(PacsSource):
    """C-GET: images come on the association that asks for them."""

    def __init__(self, endpoint: Endpoint, caller: Caller, intake: Intake, meter: Meter) -> None:
        super().__init__(endpoint, caller)
        self._intake, self._meter = intake, meter

    def _fetch(self, portion: Portion, stop: Flag) -> Fetched:
        call = self._open(_propose(portion.sop_class_uids))
        context = call.context(STUDY_ROOT_GET)
        if context is None:
            raise Refused(f"{self._endpoint.application} does not offer C-GET.")
        number = call.next_id()
        request = speech.ask(Field.GET_RQ, number, STUDY_ROOT_GET)
        call.say(context.id, request, encoded(_identifier(portion), context))
        study = portion.study_instance_uid
        receiver = self._intake.receiver()
        receiving = _Receiving(call, self._endpoint, receiver, self._meter, study)
        waiting = _Waiting(call, context.id, number, stop)
        try:
            while True:
                waiting.wait()
                message = call.hear(receiving.begin)
                if message.heard.field == Field.STORE_RQ:
                    receiving.finish(message)
                elif not message.heard.is_pending:
                    return _ended(self._endpoint.application, message.heard)
        finally:
            receiving.close()


class _Receiving:
    """Takes what comes on a C-GET association into the archive."""

    def __init__(
        self,
        call: Call,
        endpoint: Endpoint,
        receiver: Receiver,
        meter: Meter,
        study_instance_uid: str,
    ) -> None:
        self._call, self._endpoint = call, endpoint
        self._study = study_instance_uid  # to which all that comes must belong
        self._receiver, self._meter = receiver, meter
        self._size = 0

    def begin(self, message: Message) -> Taker | None:
        """Who takes the data set of a message: of an image, the archive."""
        if message.heard.field != Field.STORE_RQ:
            return None
        context = next((one for one in self._call.contexts if one.id == message.context), None)
        if context is None:
            return None
        self._size = 0
        self._receiver.begin(
            Announced(
                hospital_id=self._endpoint.hospital_id,
                sender=self._endpoint.application,
                transfer_syntax_uid=context.transfer_syntax,
                sop_class_uid=message.heard.sop_class_uid,
                sop_instance_uid=message.heard.sop_instance_uid,
                study_instance_uid=self._study,
            )
        )
        return self._take

    def finish(self, message: Message) -> None:
        """Keep the image, and say so."""
        status = 0x0000
        try:
            self._receiver.finish()
        except NotArchived as refusal:
            status = STATUS[refusal.reason]
        except NotKept:
            status = _OUT_OF_RESOURCES
        except Exception as error:  # the peer must not think that we have it
            log.error("instance.failed", hospital=self._endpoint.hospital_id, **fault(error))
            status = _FAILED
        time.sleep(self._meter.wait(self._size))
        self._call.say(message.context, speech.stored(message.heard, status))

    def close(self) -> None:
        """No more comes."""
        self._receiver.close()

    def _take(self, piece: memoryview) -> None:
        self._size += len(piece)
        self._receiver.write(piece)


class _Waiting:
    """Waits for what a peer says next, and passes a person's wish to stop on to it, once."""

    def __init__(self, call: Call, context: int, number: int, stop: Flag) -> None:
        self._call, self._context, self._number, self._stop = call, context, number, stop
        self._cancelled = False

    def wait(self) -> None:
        """Come back when the peer says something, or should have."""
        end = time.monotonic() + FIRST_COMES_WITHIN
        while True:
            if self._stop.is_set() and not self._cancelled:
                self._call.say(self._context, speech.cancel(self._number))
                self._cancelled = True
            if self._call.says(LOOK) or time.monotonic() > end:
                return


def _identifier(portion: Portion) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    asked.StudyInstanceUID = portion.study_instance_uid
    if portion.series_instance_uid:
        asked.QueryRetrieveLevel = "SERIES"
        asked.SeriesInstanceUID = portion.series_instance_uid
    if portion.sop_instance_uids:
        asked.QueryRetrieveLevel = "IMAGE"
        asked.SOPInstanceUID = list(portion.sop_instance_uids)
    return asked


def _propose(classes: Iterable[str]) -> list[Wanted]:
    """C-GET, and each class of image as one that we take (PS3.4 C.5.3)."""
    named = sorted(uid for uid in classes if uid) or list(_USUAL_CLASSES)
    storing = [Wanted(uid, _IMAGE_SYNTAXES, as_scp=True) for uid in named]
    return [
        Wanted(STUDY_ROOT_FIND, SYNTAXES),
        Wanted(STUDY_ROOT_GET, SYNTAXES),
        *storing[: CONTEXTS_AT_MOST - 2],
    ]


def _ended(name: str, heard: Heard) -> Fetched:
    completed = heard.completed + heard.warning
    if heard.status in {0x0000, _CANCELLED, 0xB000}:
        failed = heard.failed
        sentence = f"{name} could not give {failed} of the images." if failed else ""
        return Fetched(completed, failed, sentence, heard.status)
    if heard.status & 0xFF00 == 0xA700 or heard.status == _FAILED:
        raise Unreachable(f"{name} cannot give images now (status {heard.status:04X}H).")
    raise Refused(
        f"{name} does not give this study (status {heard.status:04X}H).",
        reasons=(f"{heard.status:04X}H",),
    )
