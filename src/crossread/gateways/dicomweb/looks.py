"""How a picture is wanted, by the parameters of a request (PS3.18 8.3.5.1, 9.1.2.2)."""

from collections.abc import Mapping

from crossread.archive.render import LARGEST, Curve, Look, Viewport, Window
from crossread.platform.http import BadRequest


def look(parameters: Mapping[str, str]) -> Look:
    """The look that `window`, `viewport` and `quality` describe; others are passed over.

    Raises BadRequest.
    """
    return Look(
        _window(parameters.get("window", "")),
        _viewport(parameters.get("viewport", "")),
        int(_within(parameters.get("quality", "90"), "quality", 1, 100)),
    )


def viewport(width: int, height: int) -> Viewport:
    """A picture that fits these sides, of all of the image."""
    return Viewport(width, height)


def _window(text: str) -> Window | None:
    if not text:
        return None
    center, width, *curve = text.split(",")[:3] if text.count(",") in {1, 2} else ("", "")
    named = (curve[0] if curve else "linear").upper().replace("-", "_")
    if named not in set(Curve):
        raise BadRequest("window is: center,width[,linear|linear-exact|sigmoid].")
    return Window(
        _within(center, "window", -1e9, 1e9), _within(width, "window", 1e-6, 1e9), Curve(named)
    )


def _viewport(text: str) -> Viewport | None:
    if not text:
        return None
    parts = text.split(",")
    if len(parts) not in {2, 6}:
        raise BadRequest("viewport is: width,height[,left,top,across,down].")
    width, height = (int(_within(one, "viewport", 1, LARGEST)) for one in parts[:2])
    if len(parts) == 2:
        return Viewport(width, height)
    left, top = (int(_within(one or "0", "viewport", 0, LARGEST * 16)) for one in parts[2:4])
    across, down = (
        int(_within(one, "viewport", -LARGEST * 16, LARGEST * 16)) if one else None
        for one in parts[4:6]
    )
    if 0 in {across, down}:
        raise BadRequest("A viewport shows at least one pixel.")
    return Viewport(width, height, left, top, across, down)


def _within(text: str, name: str, least: float, largest: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise BadRequest(f"'{name}' is made of numbers.") from None
    if not least <= number <= largest:
        raise BadRequest(f"'{name}' lies between {least:g} and {largest:g}.")
    return number
