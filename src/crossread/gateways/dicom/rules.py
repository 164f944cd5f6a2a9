"""What the listener puts up with from those that call."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Patience:
    """How long we wait for a peer, in seconds."""

    request: float = 10.0  # for its A-ASSOCIATE-RQ, the TLS handshake included (ARTIM)
    idle: float = 300.0  # for its next message
    stall: float = 60.0  # for the rest of a message that has begun


@dataclass(frozen=True, slots=True)
class Limits:
    """Associations and connections at once."""

    associations: int = 64
    of_a_hospital: int = 32
    unknown: int = 128  # connections of which the A-ASSOCIATE-RQ has not come yet
    unknown_of_an_address: int = 48


@dataclass(frozen=True, slots=True)
class Rules:
    """All of it."""

    patience: Patience = field(default_factory=Patience)
    limits: Limits = field(default_factory=Limits)
    private_classes: bool = True  # SOP classes that the standard does not have are stored
