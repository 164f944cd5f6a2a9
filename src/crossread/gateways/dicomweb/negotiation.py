"""What the one who asks would like to get, and what of that we have (PS3.18 5.6 and 8.7)."""

from collections.abc import Sequence
from dataclasses import dataclass

from crossread.gateways.dicomweb.multipart import parameters
from crossread.platform.errors import CrossreadError

ANY = "*"
RELATED = "multipart/related"


class NotAcceptable(CrossreadError):
    """Nothing that is asked for can be given."""

    def __init__(self, have: Sequence[str]) -> None:
        names = list(dict.fromkeys(have))
        super().__init__(f"This can be had as {', '.join(names)}; ask for one of these.")
        self.reasons = tuple(names)


@dataclass(frozen=True, slots=True)
class Wish:
    """One media range of an Accept header or parameter."""

    kind: str  # of a part, or of the body: "application/dicom", "image/*", "*/*"
    related: bool  # in a multipart body
    syntax: str  # transfer syntax, "*" for any as it is kept, "" when nothing is said
    quality: float  # 0: not this

    def fits(self, kind: str) -> bool:
        """Whether a media type lies in this range."""
        if self.kind in {"*/*", kind}:
            return True
        return self.kind.endswith("/*") and kind.startswith(self.kind[:-1])


@dataclass(frozen=True, slots=True)
class Offer:
    """One form in which something can be given."""

    kind: str
    syntax: str = ""
    related: bool = True

    def __str__(self) -> str:
        kind = f'{RELATED}; type="{self.kind}"' if self.related else self.kind
        return f"{kind}; transfer-syntax={self.syntax}" if self.syntax else kind


def wishes(accept: str) -> list[Wish]:
    """An Accept header, what is wanted most first; without one anything is welcome."""
    found = []
    for part in _parted(accept):
        kind, named = parameters(part)
        if "/" not in kind:
            kind = "*/*" if kind == "*" else kind
        related = kind == RELATED
        inner = named.get("type", "*/*").lower() if related else kind
        found.append(Wish(inner, related, named.get("transfer-syntax", ""), _quality(named)))
    found = found or [Wish("*/*", False, "", 1.0)]
    return sorted(found, key=lambda wish: -wish.quality)  # stable: else in the order written


def chosen(asked: Sequence[Wish], offers: Sequence[Offer]) -> Offer:
    """The offer that is wanted most; of equals the first offered. Raises NotAcceptable."""
    refused = [wish for wish in asked if wish.quality == 0 and wish.kind != "*/*"]
    for wish in asked:
        if wish.quality == 0:
            continue
        for offer in offers:
            if any(no.fits(offer.kind) and no.related == offer.related for no in refused):
                continue
            if _meets(wish, offer):
                return offer
    raise NotAcceptable([str(offer) for offer in offers])


def _meets(wish: Wish, offer: Offer) -> bool:
    if not wish.fits(offer.kind):
        return False
    if wish.related != offer.related and wish.kind != "*/*":
        return False
    if wish.related and not offer.related:
        return False
    return wish.syntax in {"", ANY, offer.syntax}


def _quality(named: dict[str, str]) -> float:
    try:
        return min(1.0, max(0.0, float(named.get("q", "1"))))
    except ValueError:
        return 1.0


def _parted(accept: str) -> list[str]:
    """At commas, but not at those within quotes."""
    parts: list[str] = []
    current: list[str] = []
    quoted = False
    for sign in accept:
        if sign == '"':
            quoted = not quoted
        if sign == "," and not quoted:
            parts.append("".join(current))
            current = []
        else:
            current.append(sign)
    parts.append("".join(current))
    return [part.strip() for part in parts if part.strip()]
