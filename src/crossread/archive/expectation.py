"""What is said of a study beside its images, and by which rule it has come to rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

STILL_RECEIVING = 4  # quiet times that an open association is given; some stay open for ever
LOOK_EVERY = timedelta(seconds=2)  # while all is said and not all is here


class RestRule(StrEnum):
    """Why a study is taken as complete; the first of these that is satisfied is said."""

    COMMITTED = "committed"  # its sender asked us to answer for all of it (Storage Commitment)
    PERFORMED = "performed"  # the machine is done (MPPS), and all that it made is here
    COUNTED = "counted"  # as many instances are here as were said to come
    QUIET = "quiet"  # nothing came for the quiet time, and who sent it has hung up


class ExpectationEvent(StrEnum):
    """What is announced of expectations; the subject is the study's id, known or not."""

    SAID = "study.expected"  # facts: rule, whole, instances


@dataclass(frozen=True, slots=True)
class Expectation:
    """What one source says of a study."""

    rule: RestRule
    whole: bool  # False: the source is not done yet
    named: int  # how many instances it names
    missing: int  # how many of those are not here
    number: int | None = None  # how many there are to be, where it only counts


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an arriving study stands."""

    instances: int
    last_received_at: datetime
    receiving: bool = False  # an association that brought some of it is still open
    not_committed: int = 0  # instances that nobody asked us to answer for
    expectations: tuple[Expectation, ...] = field(default=())

    def said(self, rule: RestRule) -> list[Expectation]:
        """What is said under one rule."""
        return [one for one in self.expectations if one.rule is rule]

    def quiet_at(self, quiet: timedelta) -> datetime:
        """When it has been quiet for long enough, if nothing comes."""
        return self.last_received_at + quiet * (STILL_RECEIVING if self.receiving else 1)


def _committed(standing: Standing) -> bool:
    said = standing.said(RestRule.COMMITTED)
    whole = not standing.not_committed and not any(one.missing for one in said)
    # some machines ask for each series, or image, while the next is on its way
    return bool(said) and whole and not standing.receiving


def _performed(standing: Standing) -> bool:
    said = standing.said(RestRule.PERFORMED)
    return any(one.named for one in said) and all(one.whole and not one.missing for one in said)


def _counted(standing: Standing) -> bool:
    numbers = [one.number for one in standing.said(RestRule.COUNTED) if one.number is not None]
    return bool(numbers) and standing.instances >= max(numbers)


# each rule that needs no waiting, surest first
RULES: tuple[tuple[RestRule, Callable[[Standing], bool]], ...] = (
    (RestRule.COMMITTED, _committed),
    (RestRule.PERFORMED, _performed),
    (RestRule.COUNTED, _counted),
)


# for people
WORDS: Mapping[RestRule, str] = {
    RestRule.COMMITTED: "its sender asked for Storage Commitment of every instance that is here,"
    " and has closed the association that brought them",
    RestRule.PERFORMED: "every MPPS of it is COMPLETED or DISCONTINUED, and every instance that"
    " they name is here",
    RestRule.COUNTED: "as many instances are here as were said to come",
    RestRule.QUIET: "nothing came for `archive.quiet_seconds`, and the association that brought it"
    f" is closed (one that stays open is given {STILL_RECEIVING} times as long)",
}


def rested_by(standing: Standing, quiet: timedelta, now: datetime) -> RestRule | None:
    """The rule by which an arriving study has come to rest; None while it has not."""
    if not standing.instances:
        return None
    for rule, satisfied in RULES:
        if satisfied(standing):
            return rule
    return RestRule.QUIET if now >= standing.quiet_at(quiet) else None


def look_again(standing: Standing, quiet: timedelta, now: datetime) -> datetime:
    """When to look again at a study that has not come to rest."""
    at = max(standing.quiet_at(quiet), now)
    waited_for = any(one.whole or one.number is not None for one in standing.expectations)
    return min(at, now + LOOK_EVERY) if waited_for else at
