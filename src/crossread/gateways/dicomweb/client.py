"""DICOMweb as client: ask a hospital's server what it has, and get it (PS3.18 10.4, 10.6)."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event as Flag
from typing import Any, Self

import httpx
import structlog

from crossread.archive.intake import Intake, Receiver
from crossread.archive.model import Announced, NotArchived, NotKept
from crossread.archive.part10 import FileMeta, file_meta
from crossread.gateways.dicomweb import multipart
from crossread.gateways.dicomweb.multipart import PartBegins, PartEnds, PartGoesOn
from crossread.hospitals.model import Endpoint
from crossread.platform.errors import NotFound, Refused, Unreachable, Unreadable
from crossread.transfers.meter import Meter
from crossread.transfers.model import Item
from crossread.transfers.ways import Fetched, Found, Portion, Question

PAGE = 1000  # matches of one request
ANSWERS_AT_MOST = 100_000
_JSON = "application/dicom+json"
# as it is kept there, whatever that is (PS3.18 8.7.3.5.2)
_AS_KEPT = 'multipart/related; type="application/dicom"; transfer-syntax=*'
_SOP_CLASS, _SOP_INSTANCE, _SERIES, _STUDY = "00080016", "00080018", "0020000E", "0020000D"
_NUMBER = "00200013"

log = structlog.get_logger(__name__)


class Server:
    """A hospital's DICOMweb server."""

    def __init__(self, endpoint: Endpoint, timeout: float, authorities: Path | None) -> None:
        headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self.endpoint = endpoint
        self._http = httpx.Client(
            headers=headers,
            timeout=timeout,
            follow_redirects=False,  # a key goes nowhere else
            trust_env=False,
            verify=ssl.create_default_context(cafile=authorities),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def search(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        """All matches of a QIDO-RS query, page by page. Raises Unreachable, Refused, NotFound."""
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        while len(found) < ANSWERS_AT_MOST:
            page = self._page(path, query | {"limit": str(PAGE), "offset": str(len(found))})
            keys = [_key(row) for row in page]
            new = [row for row, key in zip(page, keys, strict=True) if key not in seen]
            seen.update(keys)
            found += new
            # a server that knows no paging answers all, or the same, again
            if len(new) < len(page) or len(page) < PAGE:
                break
        return found

    def files(self, path: str) -> Iterator[PartBegins | PartGoesOn | PartEnds]:
        """The files that are under a path, as their bytes come. Raises as `search`."""
        try:
            with self._http.stream("GET", self._url(path), headers={"Accept": _AS_KEPT}) as answer:
                self._check(answer.status_code)
                kind = answer.headers.get("content-type", "")
                if kind.lower().startswith("application/dicom"):
                    yield PartBegins({})
                    for piece in answer.iter_bytes():
                        yield PartGoesOn(memoryview(piece))
                    yield PartEnds()
                    return
                reader = multipart.Reader(multipart.boundary_of(kind))
                for piece in answer.iter_bytes():
                    yield from reader.feed(piece)
                reader.close()
        except (httpx.HTTPError, Unreadable) as error:
            raise self._lost(error) from error

    def _page(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        try:
            answer = self._http.get(self._url(path), params=query, headers={"Accept": _JSON})
            if answer.status_code == httpx.codes.NO_CONTENT:
                return []
            self._check(answer.status_code)
            rows = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise self._lost(error) from error
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _url(self, path: str) -> str:
        return f"{self.endpoint.url}/{path}"

    def _check(self, status: int) -> None:
        name = self.endpoint.application
        if status in {httpx.codes.OK, httpx.codes.PARTIAL_CONTENT}:
            return
        if status in {httpx.codes.NOT_FOUND, httpx.codes.GONE}:
            raise NotFound(f"{name} does not have this.", cause=f"HTTP {status}")
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            # a key can be mended: `crossread hospital endpoint`
            raise Unreachable(f"{name} does not accept our key (HTTP {status}).", cause=name)
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
            raise Unreachable(f"{name} cannot answer now (HTTP {status}).", cause=name)
        raise Refused(f"{name} refuses this (HTTP {status}).", reasons=(f"HTTP {status}",))

    def _lost(self, error: Exception) -> Unreachable:
        name = self.endpoint.application
        return Unreachable(f"{name} cannot be reached now.", cause=f"{name} {type(error).__name__}")


class WebSource:
    """A DICOMweb server, as a source of images."""

    def __init__(
        self,
        endpoint: Endpoint,
        intake: Intake,
        meter: Meter,
        *,
        timeout: float,
        authorities: Path | None = None,
    ) -> None:
        self._server = Server(endpoint, timeout, authorities)
        self._intake, self._meter = intake, meter

    async def listed(self, portion: Portion) -> list[Item] | None:
        """The images of a study or series. Raises Unreachable, Refused."""
        return await asyncio.to_thread(self._listed, portion)

    async def fetch(self, portion: Portion, stop: Flag) -> Fetched:
        """Have a portion come in. Raises Unreachable, Refused."""
        return await asyncio.to_thread(self._fetch, portion, stop)

    async def close(self) -> None:
        """Close its connections."""
        await asyncio.to_thread(self._server.close)

    def drop(self) -> None:
        """Close its connections."""
        self._server.close()

    def _listed(self, portion: Portion) -> list[Item]:
        path = f"studies/{portion.study_instance_uid}"
        if portion.series_instance_uid:
            path += f"/series/{portion.series_instance_uid}"
        try:
            rows = self._server.search(f"{path}/instances", {})
        except NotFound:
            return []
        rows.sort(key=lambda row: (_value(row, _SERIES), _as_number(_value(row, _NUMBER))))
        return [
            Item(
                _value(row, _SOP_INSTANCE),
                _value(row, _SOP_CLASS),
                _value(row, _SERIES) or portion.series_instance_uid,
            )
            for row in rows
            if _value(row, _SOP_INSTANCE)
        ]

    def _fetch(self, portion: Portion, stop: Flag) -> Fetched:
        receiver = self._intake.receiver()
        study = portion.study_instance_uid
        taking = _Taking(self._server.endpoint, receiver, self._meter, study)
        absent = 0
        try:
            for path in _paths(portion):
                if stop.is_set():
                    break
                try:
                    taking.take(self._server.files(path), stop)
                except NotFound:
                    absent += 1
        finally:
            taking.close()
        failed = taking.refused + absent
        sentence = taking.sentence
        if absent and not sentence:
            sentence = f"{self._server.endpoint.application} does not have this image."
        return Fetched(taking.kept, failed, sentence)


class _Taking:
    """Takes files into the archive as they come."""

    def __init__(
        self, endpoint: Endpoint, receiver: Receiver, meter: Meter, study_instance_uid: str
    ) -> None:
        self._endpoint, self._receiver, self._meter = endpoint, receiver, meter
        self._study = study_instance_uid  # to which all that comes must belong
        self._head: bytearray | None = None  # of a file whose data set has not begun
        self._size = 0
        self.kept = self.refused = 0
        self.sentence = ""

    def take(self, steps: Iterator[PartBegins | PartGoesOn | PartEnds], stop: Flag) -> None:
        """Every file, until `stop` is set between two."""
        for step in steps:
            match step:
                case PartBegins():
                    if stop.is_set():
                        return
                    self._head, self._size = bytearray(), 0
                case PartGoesOn(piece):
                    self._write(piece)
                case PartEnds():
                    self._finish()

    def close(self) -> None:
        """No more comes."""
        self._receiver.close()

    def _write(self, piece: memoryview) -> None:
        self._size += len(piece)
        if self._head is None:
            self._receiver.write(piece)
            return
        self._head += piece
        try:
            meta = file_meta(self._head)
        except NotArchived:
            return  # it is no file (PS3.10): said when it ends
        if meta is not None:
            self._begin(meta)

    def _begin(self, meta: FileMeta) -> None:
        assert self._head is not None  # noqa: S101 - by its only caller
        self._receiver.begin(
            Announced(
                hospital_id=self._endpoint.hospital_id,
                sender=self._endpoint.application[:16],
                transfer_syntax_uid=meta.transfer_syntax_uid,
                sop_class_uid=meta.sop_class_uid,
                sop_instance_uid=meta.sop_instance_uid,
                protocol="stow",
                study_instance_uid=self._study,
            )
        )
        self._receiver.write(bytes(self._head[meta.length :]))
        self._head = None

    def _finish(self) -> None:
        if self._head is not None:
            self.refused += 1
            self.sentence = "What came is not a DICOM file (PS3.10)."
            return
        try:
            self._receiver.finish()
        except NotArchived as refusal:
            self.refused += 1
            self.sentence = refusal.sentence
        except NotKept:
            raise  # the archive is full or away: as if nothing answered
        else:
            self.kept += 1
        time.sleep(self._meter.wait(self._size))


async def find(
    endpoint: Endpoint, question: Question, *, timeout: float, authorities: Path | None = None
) -> list[Found]:
    """The studies that fit (QIDO-RS). Raises Unreachable, Refused."""
    return await asyncio.to_thread(_find, endpoint, question, timeout, authorities)


async def probe(endpoint: Endpoint, *, authorities: Path | None = None) -> None:
    """See that the server answers a query. Raises Unreachable, Refused."""
    question = Question(study_instance_uid="1.2.3")
    await find(endpoint, question, timeout=10.0, authorities=authorities)


def _find(
    endpoint: Endpoint, question: Question, timeout: float, authorities: Path | None
) -> list[Found]:
    asked = {
        "PatientID": question.patient_number,
        "AccessionNumber": question.accession_number,
        "StudyInstanceUID": question.study_instance_uid,
        "StudyDate": f"{question.since}-" if question.since else "",
    }
    query = {keyword: value for keyword, value in asked.items() if value}
    query["includefield"] = "StudyDescription"
    with Server(endpoint, timeout, authorities) as server:
        try:
            rows = server.search("studies", query)
        except NotFound:
            rows = []
    return [_found(row) for row in rows if _value(row, _STUDY)]


def _found(row: dict[str, Any]) -> Found:
    count = _as_number(_value(row, "00201208"))
    return Found(
        study_instance_uid=_value(row, _STUDY),
        patient_number=_value(row, "00100020"),
        issuer=_value(row, "00100021"),
        study_date=_value(row, "00080020"),
        study_time=_value(row, "00080030"),
        description=_value(row, "00081030"),
        modalities=tuple(str(one) for one in _values(row, "00080061")),
        accession_number=_value(row, "00080050"),
        instances=int(count) if 0 < count < float("inf") else None,
    )


def _paths(portion: Portion) -> list[str]:
    path = f"studies/{portion.study_instance_uid}"
    if portion.series_instance_uid:
        path += f"/series/{portion.series_instance_uid}"
    if not portion.sop_instance_uids:
        return [path]
    return [f"{path}/instances/{uid}" for uid in portion.sop_instance_uids]


def _values(row: dict[str, Any], tag: str) -> list[Any]:
    element = row.get(tag)
    found = element.get("Value") if isinstance(element, dict) else None
    return found if isinstance(found, list) else []


def _value(row: dict[str, Any], tag: str) -> str:
    values = _values(row, tag)
    return str(values[0]).strip() if values and values[0] is not None else ""


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("inf")


def _key(row: dict[str, Any]) -> str:
    return _value(row, _SOP_INSTANCE) or _value(row, _STUDY)
