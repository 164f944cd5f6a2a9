"""A small picture of lines on logarithmic axes, as SVG by hand."""

import math
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 220, 20, 50
_COLOURS = ("#0b6e99", "#c4501b", "#3c7a3a", "#7b4fa3", "#b08900", "#555555", "#a3335b")


def svg(along: str, up: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Each line through its points, with its name at its end; both axes in powers of ten."""
    points = [point for line in lines.values() for point in line]
    left, right = _powers([x for x, _ in points])
    low, high = _powers([y for _, y in points])

    def at(x: float, y: float) -> tuple[float, float]:
        across = (math.log10(x) - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT)
        above = (math.log10(y) - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)
        return _LEFT + across, _HEIGHT - _BOTTOM - above

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
    ]
    for power in range(left, right + 1):
        x, y = at(10.0**power, 10.0**low)
        parts.append(_line(x, _TOP, x, y))
        parts.append(_text(x, y + 18, f"{10**power:,}", "middle"))
    for power in range(low, high + 1):
        x, y = at(10.0**left, 10.0**power)
        parts.append(_line(x, y, _WIDTH - _RIGHT, y))
        parts.append(_text(x - 6, y + 4, f"{10.0**power:g}", "end"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 10, along, "middle"))
    parts.append(_text(_LEFT, _TOP - 6, up, "start"))
    names = _spread({name: at(*line[-1])[1] for name, line in lines.items()})
    for number, (name, line) in enumerate(lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in line))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(_text(_WIDTH - _RIGHT + 8, names[name] + 4, name, "start", colour))
    return "\n".join([*parts, "</svg>", ""])


def _powers(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that hold all values, one apart at least."""
    low = math.floor(math.log10(min(values)) + 1e-9)
    return low, max(low + 1, math.ceil(math.log10(max(values)) - 1e-9))


def _spread(places: Mapping[str, float]) -> dict[str, float]:
    """Names at their heights, moved so far down that none covers another."""
    placed: dict[str, float] = {}
    last = -math.inf
    for name in sorted(places, key=lambda one: places[one]):
        last = placed[name] = max(places[name], last + 15)
    return placed


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    return f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str = "#333333") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">'
        f"{escape(words)}</text>"
    )
