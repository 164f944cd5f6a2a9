"""What is answered to STOW-RS (PS3.18 10.5.3, Annex I)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from crossread.archive.candidate import Candidate
from crossread.archive.model import Reason, Study
from crossread.gateways.dicomweb import answers

# PS3.18 Table I.2-2, PS3.7 Annex C
OUT_OF_RESOURCES, PROCESSING_FAILURE, CANNOT_UNDERSTAND = 0xA700, 0x0110, 0xC000
REASONS: dict[Reason, int] = {
    Reason.NOT_DICOM: CANNOT_UNDERSTAND,
    Reason.TRUNCATED: CANNOT_UNDERSTAND,
    Reason.UNKNOWN_CHARACTERS: CANNOT_UNDERSTAND,
    Reason.UNSUPPORTED: 0xC122,  # transfer syntax not supported
    Reason.MISSING_UID: 0xA900,  # data set does not match SOP class
    Reason.WRONG_VALUE: 0xA900,
    Reason.OTHER_CLASS: 0xA900,
    Reason.OTHER_CONTENT: 0x0111,  # duplicate SOP instance
    Reason.OTHER_STUDY: 0xA900,
    Reason.ERASED: 0x0124,  # not authorised
}
RETRY_AFTER = 30  # seconds


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one part."""

    sop_class_uid: str
    sop_instance_uid: str
    study: Study | None = None  # of what was stored
    series_instance_uid: str = ""
    failure: int | None = None
    full: bool = False  # for want of room


def stored(candidate: Candidate) -> Taken:
    """It is kept."""
    one = candidate.instance
    return Taken(one.sop_class_uid, one.sop_instance_uid, candidate.study, one.series_instance_uid)


def refused(candidate: Candidate | None, uids: tuple[str, str], reason: Reason) -> Taken:
    """It cannot be taken in as it is."""
    return Taken(*_uids(candidate, uids), failure=REASONS.get(reason, PROCESSING_FAILURE))


def not_kept(candidate: Candidate | None, uids: tuple[str, str], *, full: bool) -> Taken:
    """The archive could not keep it now."""
    return Taken(*_uids(candidate, uids), failure=OUT_OF_RESOURCES, full=full)


def failed(candidate: Candidate | None, uids: tuple[str, str]) -> Taken:
    """It is not known what went wrong; a repeat may succeed."""
    return Taken(*_uids(candidate, uids), failure=PROCESSING_FAILURE)


def answer(
    request: Request, root: str, study_instance_uid: str, taken: Sequence[Taken]
) -> Response:
    """The Store Instances Response, in the form that is wanted (PS3.18 10.5.3)."""
    headers = {}
    code = status(taken)
    if code >= 500:
        headers["Retry-After"] = str(RETRY_AFTER)
    return answers.dataset(request, body(root, study_instance_uid, taken), code, headers)


def status(taken: Sequence[Taken]) -> int:
    """200, 202, 409, 503 or 507, by what became of the parts (PS3.18 Table 10.5.3-1)."""
    failures = [one for one in taken if one.failure is not None]
    if not taken:
        return 400
    if not failures:
        return 200
    if len(failures) < len(taken):
        return 202
    if all(one.failure in {OUT_OF_RESOURCES, PROCESSING_FAILURE} for one in failures):
        return 507 if all(one.full for one in failures) else 503
    return 409


def body(root: str, study_instance_uid: str, taken: Sequence[Taken]) -> dict[str, Any]:
    """The Store Instances Response Module (PS3.18 Table I.1-1), in the DICOM JSON model."""
    kept = [one for one in taken if one.failure is None]
    studies = {one.study.study_instance_uid for one in kept if one.study} or {study_instance_uid}
    written: dict[str, Any] = {}
    if len(studies) == 1 and studies != {""}:
        written["00081190"] = _one("UR", f"{root}/studies/{studies.pop()}")
    unnamed = [one for one in taken if one.failure is not None and not one.sop_instance_uid]
    named = [one for one in taken if one.failure is not None and one.sop_instance_uid]
    if named:
        written["00081198"] = _sequence([_reference(root, one) for one in named])
    if kept:
        written["00081199"] = _sequence([_reference(root, one) for one in kept])
    if unnamed:
        written["0008119A"] = _sequence([{"00081197": _one("US", one.failure)} for one in unnamed])
    return written


def _reference(root: str, one: Taken) -> dict[str, Any]:
    item = {
        "00081150": _one("UI", one.sop_class_uid),
        "00081155": _one("UI", one.sop_instance_uid),
    }
    if one.study is not None:
        url = (
            f"{root}/studies/{one.study.study_instance_uid}/series/{one.series_instance_uid}"
            f"/instances/{one.sop_instance_uid}"
        )
        item["00081190"] = _one("UR", url)
    if one.failure is not None:
        item["00081197"] = _one("US", one.failure)
    return item


def _uids(candidate: Candidate | None, uids: tuple[str, str]) -> tuple[str, str]:
    if candidate is None:
        return uids
    return candidate.instance.sop_class_uid, candidate.instance.sop_instance_uid


def _one(vr: str, value: object) -> dict[str, Any]:
    return {"vr": vr, "Value": [value]}


def _sequence(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"vr": "SQ", "Value": items}
