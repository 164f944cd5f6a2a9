"""C-FIND as SCU: what a hospital's PACS says it has (PS3.4 C.4.1)."""

import asyncio
from collections.abc import Iterator
from io import BytesIO

from pydicom import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom.dsutils import encode

from crossread.gateways.dicom import speech
from crossread.gateways.dicom.call import Call, Caller
from crossread.gateways.dicom.propose import Context, Wanted
from crossread.gateways.dicom.speech import Field
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import Refused, Unreachable
from crossread.transfers.model import Item
from crossread.transfers.ways import Found, Portion, Question

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
SYNTAXES = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
ANSWERS_AT_MOST = 100_000
_STUDY_KEYS = (
    "StudyDate", "StudyTime", "AccessionNumber", "PatientID", "IssuerOfPatientID",
    "StudyDescription", "ModalitiesInStudy", "StudyInstanceUID", "NumberOfStudyRelatedInstances",
)  # fmt: skip


async def find(endpoint: Endpoint, question: Question, caller: Caller) -> list[Found]:
    """The studies that fit. Raises Unreachable, Refused."""
    return await asyncio.to_thread(_find, endpoint, question, caller)


def _find(endpoint: Endpoint, question: Question, caller: Caller) -> list[Found]:
    call = Call.open(endpoint, [Wanted(STUDY_ROOT_FIND, SYNTAXES)], caller)
    try:
        return [
            found for one in matches(call, endpoint, _asked(question)) if (found := _found(one))
        ]
    finally:
        call.release()


def matches(call: Call, endpoint: Endpoint, asked: Dataset) -> Iterator[Dataset]:
    """Each match of an identifier. Raises Unreachable, Refused."""
    context = call.context(STUDY_ROOT_FIND)
    if context is None:
        raise Refused(f"{endpoint.application} answers no queries.")
    number = call.next_id()
    call.say(
        context.id, speech.ask(Field.FIND_RQ, number, STUDY_ROOT_FIND), encoded(asked, context)
    )
    for _ in range(ANSWERS_AT_MOST):
        message = call.hear()
        status = message.heard.status
        if not message.heard.is_pending:
            if status:
                _complain(endpoint, status)
            return
        yield decoded(message.dataset, context)
    call.drop()


def images_of(call: Call, endpoint: Endpoint, portion: Portion) -> list[Item]:
    """Which images of a study or series a PACS has: its series first, then of each its images.

    Source: PS3.4 C.4.1.2.1, where each level needs the unique keys of those above.
    """
    series = [portion.series_instance_uid]
    if not portion.series_instance_uid:
        asked = _level("SERIES", portion.study_instance_uid)
        asked.SeriesInstanceUID = ""
        asked.SeriesNumber = ""
        rows = list(matches(call, endpoint, asked))
        rows.sort(key=lambda row: _number(row, "SeriesNumber"))
        series = [str(row.get("SeriesInstanceUID") or "") for row in rows]
    found = []
    for uid in filter(None, series):
        asked = _level("IMAGE", portion.study_instance_uid)
        asked.SeriesInstanceUID = uid
        asked.SOPInstanceUID = asked.SOPClassUID = asked.InstanceNumber = ""
        rows = list(matches(call, endpoint, asked))
        rows.sort(key=lambda row: _number(row, "InstanceNumber"))
        found += [
            Item(str(row.SOPInstanceUID), str(row.get("SOPClassUID") or ""), uid)
            for row in rows
            if row.get("SOPInstanceUID")
        ]
    return found


def encoded(identifier: Dataset, context: Context) -> bytes:
    """An identifier in the transfer syntax that was agreed on."""
    written = encode(identifier, context.transfer_syntax == ImplicitVRLittleEndian, True)
    assert written is not None  # noqa: S101 - of our own elements
    return bytes(written)


def decoded(content: bytes, context: Context) -> Dataset:
    """An identifier that came."""
    implicit = context.transfer_syntax == ImplicitVRLittleEndian
    return read_dataset(BytesIO(content), implicit, True)


def _asked(question: Question) -> Dataset:
    asked = Dataset()
    asked.SpecificCharacterSet = "ISO_IR 192"
    asked.QueryRetrieveLevel = "STUDY"
    for keyword in _STUDY_KEYS:
        setattr(asked, keyword, "")
    asked.PatientID = question.patient_number
    asked.AccessionNumber = question.accession_number
    asked.StudyInstanceUID = question.study_instance_uid
    if question.since:
        asked.StudyDate = f"{question.since}-"
    return asked


def _found(row: Dataset) -> Found | None:
    uid = _text(row, "StudyInstanceUID")
    if not uid:
        return None
    count = _number(row, "NumberOfStudyRelatedInstances")
    modalities = row.get("ModalitiesInStudy") or ()
    return Found(
        study_instance_uid=uid,
        patient_number=_text(row, "PatientID"),
        issuer=_text(row, "IssuerOfPatientID"),
        study_date=_text(row, "StudyDate"),
        study_time=_text(row, "StudyTime"),
        description=_text(row, "StudyDescription"),
        modalities=(modalities,) if isinstance(modalities, str) else tuple(map(str, modalities)),
        accession_number=_text(row, "AccessionNumber"),
        instances=int(count) if 0 < count < _NO_NUMBER else None,
    )


_NO_NUMBER = float("inf")


def _text(row: Dataset, keyword: str) -> str:
    try:
        return str(row.get(keyword) or "").strip()
    except Exception:  # a value that breaks its VR: we can do without it
        return ""


def _number(row: Dataset, keyword: str) -> float:
    try:
        return float(_text(row, keyword))
    except ValueError:
        return _NO_NUMBER


def _level(level: str, study_instance_uid: str) -> Dataset:
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    asked.StudyInstanceUID = study_instance_uid
    return asked


def _complain(endpoint: Endpoint, status: int) -> None:
    if status & 0xFF00 == 0xA700 or status == 0x0110:
        raise Unreachable(
            f"{endpoint.application} cannot answer now (status {status:04X}H).", cause=endpoint.id
        )
    raise Refused(
        f"{endpoint.application} does not answer this query (status {status:04X}H).",
        reasons=(f"{status:04X}H",),
    )
