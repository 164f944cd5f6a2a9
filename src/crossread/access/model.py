"""The rule of access, as a table: pure, first line that applies answers.

`RULES` is the rule itself and also what `docs/access.md` prints. It says who may see a study of
a hospital, for which purpose, and what a no would need to become a yes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from crossread.consent.model import Decision as ConsentDecision
from crossread.hospitals.model import Form, Role
from crossread.platform.errors import Refused


class Sight(StrEnum):
    """How much is asked to be seen."""

    ROW = "row"  # that it exists and where it stands
    CONTENT = "content"  # identity, images, report


class Ground(StrEnum):
    """What the asker's wish stands on, for this study."""

    OWN_FILE = "own_file"  # her hospital made the images
    TASK = "task"  # the study of a task that she holds
    OFFERED = "offered"  # the study of a task that she may claim
    PRIOR = "prior"  # another study of the person of a task that she holds or may claim
    READ = "read"  # she signed its report
    NONE = "none"


class ReasonCode(StrEnum):
    """Why not."""

    ROLE = "role"
    CONSENT_DENIED = "consent_denied"
    CONSENT_UNKNOWN = "consent_unknown"
    NO_AGREEMENT = "no_agreement"
    FORM = "form"
    NO_TASK = "no_task"


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the rule looks at."""

    roles: frozenset[Role]
    sight: Sight
    ground: Ground
    agreed: bool  # an agreement in force lets her hospital read this study's hospital's work
    needs_consent: bool  # and asks for the patient's permission
    consent: ConsentDecision | None  # None: nothing is known
    form: Form  # in which the agreement lets it be seen


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, with its reasons; what is allowed is allowed in `form` only."""

    allowed: bool
    rule: str
    form: Form | None = None
    reason: ReasonCode | None = None
    sentence: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    name: str
    applies: Callable[[Known], bool]
    when: str  # the same in words
    reason: ReasonCode | None = None  # None: allowed
    sentence: str = ""
    remedy: str = ""


_CLINICAL = frozenset({Role.RADIOLOGIST, Role.RESIDENT, Role.PACS_ADMINISTRATOR})
_READING = frozenset({Role.RADIOLOGIST, Role.RESIDENT})

RULES: tuple[Rule, ...] = (
    Rule(
        "own row",
        lambda k: k.ground is Ground.OWN_FILE and k.sight is Sight.ROW,
        "her own hospital's work, and only that it exists and where it stands",
    ),
    Rule(
        "own role",
        lambda k: k.ground is Ground.OWN_FILE and not k.roles & _CLINICAL,
        "her own hospital's file, in a role that does not work with images",
        ReasonCode.ROLE,
        "Your role does not open images or reports.",
        "A radiologist, resident or PACS administrator of your hospital can.",
    ),
    Rule(
        "own file",
        lambda k: k.ground is Ground.OWN_FILE,
        "her own hospital's file",
    ),
    Rule(
        "role",
        lambda k: not k.roles & _READING,
        "another hospital's file, in a role that does not read",
        ReasonCode.ROLE,
        "Your role does not open studies of other hospitals.",
        "A radiologist or resident with a task can.",
    ),
    Rule(
        "denied",
        lambda k: k.consent is ConsentDecision.DENY,
        "the patient has refused sharing of this file",
        ReasonCode.CONSENT_DENIED,
        "This person does not permit sharing of her file at this hospital.",
        "Only she can change that, at the desk of that hospital.",
    ),
    Rule(
        "no agreement",
        lambda k: not k.agreed,
        "no agreement in force between that hospital and hers",
        ReasonCode.NO_AGREEMENT,
        "No agreement lets your hospital see this hospital's studies.",
        "The two hospitals can conclude one.",
    ),
    Rule(
        "consent unknown",
        lambda k: k.needs_consent and k.consent is None,
        "nothing is known of the patient's permission, and the agreement asks for it",
        ReasonCode.CONSENT_UNKNOWN,
        "Of this person's file at this hospital nothing is known about sharing.",
        "Ask at the desk of that hospital to record her answer.",
    ),
    Rule(
        "form",
        lambda k: k.form is not Form.IDENTIFIED,
        "the agreement allows only a form without identity, which cannot be made yet",
        ReasonCode.FORM,
        "This agreement allows only a pseudonymised form, and that cannot be shown yet.",
        "An agreement for identified reading would allow it.",
    ),
    Rule(
        "task",
        lambda k: k.ground in {Ground.TASK, Ground.OFFERED},
        "the study of a task that she holds or may claim",
    ),
    Rule(
        "prior",
        lambda k: k.ground is Ground.PRIOR,
        "a study of the same person, around a task that she holds or may claim",
    ),
    Rule(
        "read",
        lambda k: k.ground is Ground.READ,
        "a study whose report she signed",
    ),
    Rule(
        "no task",
        lambda _: True,
        "anything else",
        ReasonCode.NO_TASK,
        "You have no task that this study belongs to.",
        "Claim a task of this person, or ask its hospital to offer one.",
    ),
)


def decide(known: Known) -> Decision:
    """Whether this may be seen: the first rule that applies.

    Source: design, "Access, in one rule"; NEN 7510, NEN 7513.
    """
    rule = next(rule for rule in RULES if rule.applies(known))
    if rule.reason is None:
        form = Form.IDENTIFIED if known.ground is Ground.OWN_FILE else known.form
        return Decision(True, rule.name, form)
    return Decision(False, rule.name, None, rule.reason, rule.sentence, rule.remedy)


class AccessDenied(Refused):
    """The rule says no."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(
            decision.sentence,
            reasons=(str(decision.reason),),
            remedies=(decision.remedy,) if decision.remedy else (),
        )
        self.decision = decision
