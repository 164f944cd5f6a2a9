"""Who may claim a task, with every reason against it: pure, so that a screen can ask it too."""

from enum import StrEnum

from crossread.hospitals.model import Reader
from crossread.platform.errors import Refused
from crossread.worklist.model import HeldBack, Task, TaskState


class Against(StrEnum):
    """Why a reader may not claim a task."""

    NO_REPORTING_ROLE = "no_reporting_role"
    NOT_OFFERED_TO_HOSPITAL = "not_offered_to_hospital"
    HELD_BACK = "held_back"
    NO_IMAGES = "no_images"
    DONE = "done"
    NEEDS_RADIOLOGIST = "needs_radiologist"


SENTENCES: dict[Against, str] = {
    Against.NO_REPORTING_ROLE: "Your role does not report; a radiologist or resident can.",
    Against.NOT_OFFERED_TO_HOSPITAL: "No agreement lets your hospital read this study.",
    Against.HELD_BACK: "Something holds this study back; see the reasons beside it.",
    Against.NO_IMAGES: "The images are not here yet.",
    Against.DONE: "This study has been read.",
    Against.NEEDS_RADIOLOGIST: "A resident has signed; a radiologist must sign the final report.",
}

HELD_SENTENCES: dict[HeldBack, tuple[str, str]] = {
    HeldBack.NO_ORDER: (
        "No order came with these images.",
        "The hospital's RIS can send the order; it is matched by accession number or study UID.",
    ),
    HeldBack.NO_IMAGES: ("The images are not here yet.", "They come when the scan is done."),
    HeldBack.ARRIVING: ("Images are still arriving.", "Wait until the study has come to rest."),
    HeldBack.NO_AGREEMENT: (
        "No agreement covers reading this kind of study for its hospital.",
        "The hospitals can conclude one; see `crossread agreement`.",
    ),
    HeldBack.NO_CONSENT: (
        "Of this person's file at this hospital nothing is known about sharing.",
        "Ask at the desk, and record the answer in the consent register.",
    ),
    HeldBack.CONSENT_DENIED: (
        "This person does not permit sharing of her file at this hospital.",
        "Only her own hospital can read it.",
    ),
    HeldBack.PATIENT_MISMATCH: (
        "The order and the images name different patients.",
        "The hospital must correct one of them before anybody reads this.",
    ),
}


class NotEligible(Refused):
    """This reader may not claim this task."""

    def __init__(self, against: tuple[Against, ...]) -> None:
        super().__init__(
            " ".join(SENTENCES[reason] for reason in against),
            reasons=tuple(str(reason) for reason in against),
        )
        self.against = against


def reasons_against(task: Task, reader: Reader) -> tuple[Against, ...]:
    """Everything that keeps `reader` from claiming `task`; empty when she may."""
    against = []
    if not reader.may_report:
        against.append(Against.NO_REPORTING_ROLE)
    if reader.hospital_id != task.hospital_id and reader.hospital_id not in task.offered_to:
        against.append(Against.NOT_OFFERED_TO_HOSPITAL)
    match task.state:
        case TaskState.EXPECTED:
            against.append(Against.NO_IMAGES)
        case TaskState.INCOMPLETE:
            against.append(Against.HELD_BACK)
        case TaskState.PRELIMINARY if not reader.may_sign_final:
            against.append(Against.NEEDS_RADIOLOGIST)
        case TaskState.FINAL | TaskState.DELIVERED | TaskState.CANCELLED:
            against.append(Against.DONE)
        case _:
            pass
    return tuple(against)


def require(task: Task, reader: Reader) -> None:
    """Nothing, or NotEligible with each reason."""
    against = reasons_against(task, reader)
    if against:
        raise NotEligible(against)
