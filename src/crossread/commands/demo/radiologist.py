"""A scripted radiologist: reads over the public HTTP API, as the reading room does."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crossread.web.sign_in import DEMO_PASSWORD

Json = dict[str, Any]
CLOT = (56, 90)  # Hounsfield units of fresh blood
SMALLEST = 60  # pixels; less is noise, or calcium


class Failed(Exception):
    """The journey did not go as it should; says where."""


class Person:
    """Somebody signed in at a browser of hers."""

    def __init__(self, url: str, username: str) -> None:
        self.username = username
        self._http = httpx.AsyncClient(
            base_url=url, headers={"X-Crossread": "1"}, timeout=60, trust_env=False
        )

    async def sign_in(self) -> None:
        """Sign in with the password of the demo."""
        await self.call("POST", "/api/sign-in", username=self.username, password=DEMO_PASSWORD)

    async def call(self, method: str, path: str, **body: Any) -> Any:
        """The answer of an API route. Raises Failed with its sentence."""
        answer = await self._http.request(method, path, json=body or None)
        if answer.status_code >= 400:
            sentence = answer.json().get("sentence", answer.text)
            raise Failed(f"{method} {path} answers {answer.status_code}: {sentence}")
        return answer.json() if answer.content else None

    async def frame(self, path: str) -> bytes:
        """One frame, out of its multipart answer."""
        answer = await self._http.get(path)
        if answer.status_code != 200:
            raise Failed(f"{path} answers {answer.status_code}")
        head, _, rest = answer.content.partition(b"\r\n\r\n")
        boundary = head.split(b"\r\n", 1)[0]
        return rest[: rest.rindex(b"\r\n" + boundary)]

    async def hear(self, heard: list[tuple[float, Json]]) -> None:
        """Keep the live feed open, and note what comes and when, until cancelled."""
        async with self._http.stream("GET", "/api/feed", timeout=None) as answer:
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    heard += [(time.monotonic(), json.loads(line[6:]))]

    async def close(self) -> None:
        """Close the browser."""
        await self._http.aclose()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the radiologist did, to be compared with what arrived."""

    task_id: str
    annotations: list[Json]
    sections: dict[str, str]
    report: Json
    priors: int
    seconds_until_seen: dict[str, float] = field(default_factory=dict)


async def find_task(person: Person, accession_number: str, seconds: float = 60) -> Json:
    """The task of this order, as soon as it is on offer. Raises Failed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for task in (await person.call("GET", "/api/worklist"))["tasks"]:
            if task["accession_number"] == accession_number and task["may_claim"]:
                found: Json = task
                return found
        await asyncio.sleep(0.1)
    raise Failed(f"The study did not come on offer within {seconds:.0f} s.")


async def images(person: Person, task_id: str, study_uid: str) -> list[Json]:
    """Metadata of every image of a study, in order."""
    root = f"/api/tasks/{task_id}/dicom-web/studies/{study_uid}"
    found: list[Json] = await person.call("GET", f"{root}/metadata")
    return [one for one in found if "00280010" in one]


async def measure(
    person: Person, task_id: str, study_uid: str, told: Callable[[int, int], None]
) -> Json:
    """The longest diameter of the haemorrhage, found slice by slice; else a line on image one."""
    found = await images(person, task_id, study_uid)
    if not found:
        raise Failed("The study has no images.")
    best: tuple[float, Json, tuple[tuple[float, float], ...]] | None = None
    for number, image in enumerate(found, start=1):
        told(number, len(found))
        line = _longest(await _pixels(person, task_id, study_uid, image))
        if line is not None:
            length = float(np.hypot(line[1][0] - line[0][0], line[1][1] - line[0][1]))
            if best is None or length > best[0]:
                best = length, image, line
    if best is None:
        rows, columns = _value(found[0], "00280010"), _value(found[0], "00280011")
        line = ((columns * 0.25, rows * 0.5), (columns * 0.75, rows * 0.5))
        best = 0.0, found[0], line
    _, image, points = best
    return {
        "tracking_uid": f"2.25.{int.from_bytes(np.random.default_rng().bytes(15))}",
        "tool": "Length",
        "study_instance_uid": study_uid,
        "series_instance_uid": _value(image, "0020000E"),
        "sop_instance_uid": _value(image, "00080018"),
        "frame": 1,
        "points": [list(point) for point in points],
        "label": "Bloeding" if best[0] else "Maat",
    }


async def _pixels(
    person: Person, task_id: str, study_uid: str, image: Json
) -> NDArray[np.float64] | None:
    """Hounsfield units of an uncompressed CT image; None for any other."""
    if _value(image, "00080060") != "CT" or not str(_value(image, "00083002")).startswith(
        ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
    ):
        return None
    series, instance = _value(image, "0020000E"), _value(image, "00080018")
    content = await person.frame(
        f"/api/tasks/{task_id}/dicom-web/studies/{study_uid}/series/{series}"
        f"/instances/{instance}/frames/1"
    )
    rows, columns = _value(image, "00280010"), _value(image, "00280011")
    if len(content) != rows * columns * 2:
        return None
    kind = "<i2" if _value(image, "00280103") else "<u2"
    stored = np.frombuffer(content, dtype=kind).reshape(rows, columns)
    return stored * float(_value(image, "00281053")) + float(_value(image, "00281052"))


def _longest(
    units: NDArray[np.float64] | None,
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The two farthest points of the largest patch of fresh blood inside the skull."""
    if units is None:
        return None
    smooth = ndimage.gaussian_filter(units, 1.5)
    inside = ndimage.binary_erosion(
        ndimage.binary_fill_holes(smooth > 250) & (smooth < 200), iterations=8
    )
    labels, count = ndimage.label(inside & (smooth > CLOT[0]) & (smooth < CLOT[1]))
    if not count:
        return None
    sizes = np.bincount(labels.ravel())[1:]
    if sizes.max() < SMALLEST:
        return None
    rows, columns = np.nonzero(labels == sizes.argmax() + 1)
    points = np.column_stack((columns + 0.5, rows + 0.5))
    distances = np.linalg.norm(points[:, None, :] - points[None, :, :], axis=2)
    first, last = np.unravel_index(distances.argmax(), distances.shape)
    return tuple(points[first].tolist()), tuple(points[last].tolist())


def _value(image: Json, tag: str) -> Any:
    values = image.get(tag, {}).get("Value") or [0]
    return values[0]
