"""The rule of access: everything that it must never allow, over all that can be known."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from crossread.access.model import Ground, Known, ReasonCode, Sight, decide
from crossread.consent.model import Decision
from crossread.hospitals.model import Form, Role

READERS = frozenset({Role.RADIOLOGIST, Role.RESIDENT})
ANYTHING = st.builds(
    Known,
    roles=st.frozensets(st.sampled_from(Role), min_size=1),
    sight=st.sampled_from(Sight),
    ground=st.sampled_from(Ground),
    agreed=st.booleans(),
    needs_consent=st.booleans(),
    consent=st.none() | st.sampled_from(Decision),
    form=st.sampled_from(Form),
)


@given(ANYTHING)
def test_a_refusal_always_says_why_and_what_would_help(known: Known) -> None:
    decision = decide(known)
    if decision.allowed:
        assert decision.form is not None
    else:
        assert decision.reason
        assert decision.sentence.endswith(".")
        assert decision.remedy.endswith(".")


@given(ANYTHING)
def test_of_others_nothing_is_seen_against_a_refusal(known: Known) -> None:
    if known.consent is Decision.DENY and known.ground is not Ground.OWN_FILE:
        assert not decide(known).allowed


@given(ANYTHING)
def test_of_others_nothing_is_seen_without_agreement_task_and_a_reading_role(
    known: Known,
) -> None:
    if known.ground is not Ground.OWN_FILE and decide(known).allowed:
        assert known.agreed
        assert known.ground is not Ground.NONE
        assert known.roles & READERS
        assert known.form is Form.IDENTIFIED
        assert known.consent is Decision.PERMIT or not known.needs_consent


@given(ANYTHING)
def test_content_of_the_own_hospital_is_for_those_who_work_with_images(known: Known) -> None:
    if known.ground is Ground.OWN_FILE and known.sight is Sight.CONTENT:
        clinical = READERS | {Role.PACS_ADMINISTRATOR}
        assert decide(known).allowed == bool(known.roles & clinical)


def test_each_reason_has_a_case() -> None:
    seen = {
        decide(Known(frozenset({role}), sight, ground, agreed, needs, consent, form)).reason
        for role, sight, ground, agreed, needs, consent, form in product(
            Role, Sight, Ground, (True, False), (True, False), (None, *Decision), Form
        )
    }
    assert seen == {None, *ReasonCode}
