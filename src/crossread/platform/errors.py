"""The one shape of an error: a sentence for the user, a cause for the engineer."""


class CrossreadError(Exception):
    """Something a user did, or met, that has a clear sentence to go with it.

    `sentence` is shown to people and never holds patient data; `cause` is for the engineer's log
    and holds ids only.
    """

    def __init__(self, sentence: str, *, cause: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.cause = cause


class NotFound(CrossreadError):
    """What was asked for does not exist, or the one who asks may not know that it does."""


class Refused(CrossreadError):
    """A rule says no; `reasons` say why, `remedies` what would turn it into a yes."""

    def __init__(
        self, sentence: str, *, reasons: tuple[str, ...] = (), remedies: tuple[str, ...] = ()
    ) -> None:
        super().__init__(sentence, cause=", ".join(reasons))
        self.reasons = reasons
        self.remedies = remedies


class Unreadable(CrossreadError):
    """What came in is not what its protocol says it should be."""


class Unreachable(CrossreadError):
    """The other side does not answer now; the same call may succeed later."""
