"""Modality performed procedure steps: what a machine says that it does and did (PS3.4 F.7)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydicom import Dataset

from crossread.platform.errors import CrossreadError


class StepState(StrEnum):
    """Performed Procedure Step Status (PS3.3 C.4.14)."""

    IN_PROGRESS = "IN PROGRESS"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"

    @property
    def is_final(self) -> bool:
        """Whether nothing may change any more."""
        return self is not StepState.IN_PROGRESS


class StepEvent(StrEnum):
    """What is announced of steps; the subject is the SOP Instance UID of the step."""

    STARTED = "step.started"  # facts: modality, studies
    COMPLETED = "step.completed"  # facts: modality, studies, instances
    DISCONTINUED = "step.discontinued"


EVENTS: Mapping[StepState, StepEvent] = {
    StepState.IN_PROGRESS: StepEvent.STARTED,
    StepState.COMPLETED: StepEvent.COMPLETED,
    StepState.DISCONTINUED: StepEvent.DISCONTINUED,
}


class StepFault(StrEnum):
    """Why what a machine says of a step is not taken."""

    MISSING_ATTRIBUTE = "missing_attribute"
    MISSING_VALUE = "missing_value"
    INVALID_VALUE = "invalid_value"
    DUPLICATE = "duplicate"  # another step is known under this UID
    UNKNOWN = "unknown"
    FINAL = "final"  # it is completed or discontinued


class StepRefused(CrossreadError):
    """Nothing was changed; the sentence names the attribute, never its value."""

    def __init__(self, fault: StepFault, sentence: str) -> None:
        super().__init__(sentence, cause=fault)
        self.fault = fault


# type 1 in N-CREATE, and before the final state may be reached (PS3.4 Table F.7.2-1)
NEEDED_AT_START = (
    "ScheduledStepAttributesSequence",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepStatus",
    "Modality",
)
NEEDED_AT_END = ("PerformedProcedureStepEndDate", "PerformedProcedureStepEndTime")
# what N-SET may not change: it stays as N-CREATE said it
FIXED = frozenset(NEEDED_AT_START) - {"PerformedProcedureStepStatus"} | {
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "ReferencedPatientSequence",
}
_REFERENCES = ("ReferencedImageSequence", "ReferencedNonImageCompositeSOPInstanceSequence")


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it stands."""

    state: StepState
    station: str
    modality: str
    studies: tuple[str, ...]
    accession_numbers: tuple[str, ...]
    instances: tuple[str, ...]


def begun(content: Dataset) -> Step:
    """The step that N-CREATE tells of. Raises StepRefused."""
    _need(content, NEEDED_AT_START)
    for item in content.ScheduledStepAttributesSequence:
        _need(item, ("StudyInstanceUID",))
    step = _step(content)
    if step.state is not StepState.IN_PROGRESS:
        raise StepRefused(
            StepFault.INVALID_VALUE, "Performed Procedure Step Status must be IN PROGRESS at first."
        )
    return step


def changed(content: Dataset, change: Dataset) -> tuple[Step, Dataset]:
    """A step in progress as N-SET changes it, and all that is said of it. Raises StepRefused."""
    merged = Dataset()
    merged.update(content)
    merged.update({e.tag: e for e in change if e.keyword not in FIXED or e.tag not in content})
    step = _step(merged)
    if step.state.is_final:
        _need(merged, NEEDED_AT_END)
        series = merged.get("PerformedSeriesSequence") or ()
        if step.state is StepState.COMPLETED and not len(series):
            raise StepRefused(
                StepFault.MISSING_VALUE, "Performed Series Sequence has no item; it needs one."
            )
        for item in series:
            _need(item, ("SeriesInstanceUID",))
    return step, merged


def _step(content: Dataset) -> Step:
    scheduled = content.get("ScheduledStepAttributesSequence") or ()
    return Step(
        state=_state(content),
        station=str(content.get("PerformedStationAETitle") or ""),
        modality=str(content.get("Modality") or ""),
        studies=_values(scheduled, "StudyInstanceUID"),
        accession_numbers=_values(scheduled, "AccessionNumber"),
        instances=tuple(dict.fromkeys(_made(content))),
    )


def _state(content: Dataset) -> StepState:
    try:
        return StepState(str(content.get("PerformedProcedureStepStatus") or "").strip())
    except ValueError as error:
        raise StepRefused(
            StepFault.INVALID_VALUE,
            "Performed Procedure Step Status is none of IN PROGRESS, COMPLETED, DISCONTINUED.",
        ) from error


def _made(content: Dataset) -> Iterator[str]:
    """The instances that were made, of each series."""
    for series in content.get("PerformedSeriesSequence") or ():
        for keyword in _REFERENCES:
            yield from _values(series.get(keyword) or (), "ReferencedSOPInstanceUID")


def _values(items: Iterable[Dataset], keyword: str) -> tuple[str, ...]:
    return tuple(str(item.get(keyword)) for item in items if item.get(keyword))


def _need(content: Dataset, keywords: Iterable[str]) -> None:
    for keyword in keywords:
        if keyword not in content:
            raise StepRefused(StepFault.MISSING_ATTRIBUTE, f"{keyword} is missing.")
        value = content[keyword].value
        if value is None or value == "" or not (content[keyword].VR != "SQ" or len(value)):
            raise StepRefused(StepFault.MISSING_VALUE, f"{keyword} is empty.")
