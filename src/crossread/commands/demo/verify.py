"""See at the hospital itself that everything arrived, and that it says what was signed."""

import asyncio
from collections.abc import Iterator
from typing import Any

import numpy as np
from pydicom import Dataset, dcmread
from rich.console import Console

from crossread.commands.demo.radiologist import Failed, Reading
from crossread.commands.demo.stage import Stage

MEASUREMENTS = "1.2.840.10008.5.1.4.1.1.88.33"  # Comprehensive SR
ANNOTATIONS = "1.2.840.10008.5.1.4.1.1.11.1"  # Grayscale Softcopy Presentation State
CLOSE = 1e-3  # pixels; SCOORD and graphic data are single precision


async def verify(stage: Stage, reading: Reading, console: Console) -> None:
    """Compare the report with what the hospital's RIS and PACS hold. Raises Failed."""
    hospital = stage.hospitals[stage.main["hospital"]]
    accession = stage.main["accession_number"]
    own = [one["text"] for one in await hospital.inbox() if accession in one["text"]]
    _compare_statuses(own)
    _compare_text(own, reading)
    objects = {
        one["SOPClassUID"]: one
        for one in await hospital.objects()
        if one["StudyInstanceUID"] == stage.main["study_instance_uid"]
    }
    for uid, name in ((MEASUREMENTS, "SR"), (ANNOTATIONS, "presentation state")):
        if uid not in objects:
            raise Failed(f"The {name} is not in the hospital's PACS.")
        if objects[uid]["differs"]:
            raise Failed(f"The {name} came twice, with different content.")
    sr = await asyncio.to_thread(dcmread, objects[MEASUREMENTS]["path"])
    state = await asyncio.to_thread(dcmread, objects[ANNOTATIONS]["path"])
    _compare_identity(sr, stage)
    _compare_identity(state, stage)
    _compare_measurement(sr, reading.annotations[0])
    _compare_drawing(state, reading.annotations[0])
    console.print(
        "  [green]✓[/green] Back home: the text in the RIS, the measurement (SR) and the drawing"
        " (presentation state) in the PACS, each compared"
    )


def _compare_statuses(messages: list[str]) -> None:
    statuses = [
        line.split("|")[5]
        for text in messages
        for line in text.replace("\n", "\r").split("\r")
        if line.startswith("ORC|SC|")
    ]
    if statuses != ["SC", "IP", "CM"]:
        raise Failed(f"The RIS heard the statuses {statuses}, not received, in progress, final.")


def _compare_text(messages: list[str], reading: Reading) -> None:
    reports = [text for text in messages if "ORU^R01" in text]
    if len(reports) != 1:
        raise Failed(f"The RIS has {len(reports)} reports of this order, not one.")
    for section in reading.sections.values():
        for line in section.splitlines():
            if line.strip() and line.strip() not in reports[0]:
                raise Failed("A line of the report is not in the message that the RIS has.")


def _compare_identity(made: Dataset, stage: Stage) -> None:
    main = stage.main
    if (str(made.PatientID), str(made.AccessionNumber), str(made.StudyInstanceUID)) != (
        main["patient_number"],
        main["accession_number"],
        main["study_instance_uid"],
    ):
        raise Failed("An object in the PACS names another patient, order or study.")


def _compare_measurement(sr: Dataset, annotation: dict[str, Any]) -> None:
    measured = annotation["measurements"][0]
    for item in _items(sr):
        if item.get("ValueType") == "NUM":
            value = item.MeasuredValueSequence[0]
            unit = value.MeasurementUnitsCodeSequence[0].CodeValue
            drawing = item.ContentSequence[0]
            same = (
                abs(float(value.NumericValue) - measured["value"]) < 1e-3 * measured["value"]
                and unit == measured["unit"]
                and np.allclose(
                    np.reshape(drawing.GraphicData, (-1, 2)), annotation["points"], atol=CLOSE
                )
                and drawing.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID
                == annotation["sop_instance_uid"]
            )
            if same:
                return
    raise Failed("The measurement in the SR is not the one that was made.")


def _compare_drawing(state: Dataset, annotation: dict[str, Any]) -> None:
    for one in state.GraphicAnnotationSequence:
        for drawn in one.get("GraphicObjectSequence", ()):
            points = np.reshape(drawn.GraphicData, (-1, 2))
            if np.allclose(points, annotation["points"], atol=CLOSE):
                return
    raise Failed("The drawing in the presentation state is not the one that was made.")


def _items(item: Dataset) -> Iterator[Dataset]:
    """Every content item of a structured report, from the root down."""
    yield item
    for inner in item.get("ContentSequence", ()):
        yield from _items(inner)
