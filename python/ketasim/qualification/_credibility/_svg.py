"""Figures as SVG without a library: they follow the light or dark theme of the page around them.

Colours are classes (c0 to c3) of the page's style: Okabe-Ito, told apart by the shape of the marker too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np

from ketasim.qualification._credibility._content import Drawing

WIDTH, HEIGHT = 360.0, 264.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 44.0


@dataclass(frozen=True)
class Series:
    """Points of one kind: name, x and y, and how they are drawn."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: int = 0
    line: bool = False
    hollow: bool = False


@dataclass
class Axis:
    """A linear or logarithmic axis of a figure."""

    label: str
    low: float
    high: float
    log: bool = False
    ticks: Sequence[float] = field(default_factory=list)

    def part(self, value: float) -> float:
        """Return the position from 0 to 1; values outside are drawn at the edge."""
        if self.log:
            a, b, v = math.log10(self.low), math.log10(self.high), math.log10(max(value, 1e-300))
        else:
            a, b, v = self.low, self.high, value
        return min(max((v - a) / (b - a), 0.0), 1.0)

    def marks(self) -> list[float]:
        if self.ticks:
            return list(self.ticks)
        if self.log:
            first, last = math.ceil(math.log10(self.low)), math.floor(math.log10(self.high))
            every = max(
                1, (last - first) // 6 + (1 if (last - first) % 6 and last - first > 6 else 0)
            )
            return [10.0**k for k in range(first, last + 1, every)]
        rough = (self.high - self.low) / 5.0
        unit = 10.0 ** math.floor(math.log10(rough))
        step: float = next(m * unit for m in (1.0, 2.0, 5.0, 10.0) if m * unit >= rough)
        start = math.ceil(self.low / step - 1e-9)
        return [k * step for k in range(start, math.floor(self.high / step + 1e-9) + 1)]


def axis_of(label: str, values: Sequence[float], *, log: bool = False) -> Axis:
    """Return an axis that holds all values."""
    shown = [v for v in values if math.isfinite(v) and (v > 0.0 or not log)]
    if not shown:
        return Axis(label, 0.1 if log else 0.0, 1.0, log)
    low, high = min(shown), max(shown)
    if log:
        return Axis(
            label,
            10.0 ** math.floor(math.log10(low)),
            10.0 ** math.ceil(math.log10(high * 1.0001)),
            True,
        )
    margin = 0.05 * (high - low or abs(high) or 1.0)
    return Axis(label, low - margin, high + margin)


def tick_text(value: float) -> str:
    """Return a tick label."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        exponent = math.floor(math.log10(abs(value)) + 1e-9)
        mantissa = value / 10.0**exponent
        head = "" if abs(mantissa - 1.0) < 1e-9 else f"{mantissa:g}·"
        return f'{head}10<tspan dy="-4" font-size="8">{exponent}</tspan>'
    return f"{value:g}".replace("-", "−")


def _marker(x: float, y: float, colour: int, hollow: bool, title: str = "") -> str:
    css = f'class="c{colour} {"hollow" if hollow else "solid"}"'
    inside = f"<title>{escape(title)}</title>" if title else ""
    if colour % 4 == 0:
        return f'<circle {css} cx="{x:.1f}" cy="{y:.1f}" r="2.6">{inside}</circle>'
    if colour % 4 == 1:
        return (
            f'<rect {css} x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5">{inside}</rect>'
        )
    if colour % 4 == 2:
        return f'<path {css} d="M{x:.1f} {y - 3.2:.1f}l3.2 5.6h-6.4z">{inside}</path>'
    return f'<path {css} d="M{x:.1f} {y - 3.4:.1f}l3.4 3.4l-3.4 3.4l-3.4-3.4z">{inside}</path>'


def _document(
    title: str,
    alt: str,
    parts: Sequence[str],
    height: float = HEIGHT,
    legend: tuple[tuple[int, str], ...] = (),
) -> Drawing:
    body = "".join(parts)
    svg = (
        f'<svg viewBox="0 0 {WIDTH:g} {height:g}" role="img" xmlns="http://www.w3.org/2000/svg" '
        f'aria-label="{escape(alt, quote=True)}"><title>{escape(title)}</title>{body}</svg>'
    )
    return Drawing(title, alt, svg, legend)


def _axes(x: Axis, y: Axis) -> tuple[list[str], Callable[[float], float], Callable[[float], float]]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def across(value: float) -> float:
        return LEFT + x.part(value) * (right - LEFT)

    def up(value: float) -> float:
        return bottom - y.part(value) * (bottom - TOP)

    parts = [f'<path class="axis" d="M{LEFT} {TOP}V{bottom}H{right}"/>']
    for mark in x.marks():
        at = across(mark)
        parts.append(f'<path class="grid" d="M{at:.1f} {TOP}V{bottom}"/>')
        parts.append(
            f'<text x="{at:.1f}" y="{bottom + 14}" text-anchor="middle">{tick_text(mark)}</text>'
        )
    for mark in y.marks():
        at = up(mark)
        parts.append(f'<path class="grid" d="M{LEFT} {at:.1f}H{right}"/>')
        parts.append(
            f'<text x="{LEFT - 5}" y="{at + 3.5:.1f}" text-anchor="end">{tick_text(mark)}</text>'
        )
    middle = 0.5 * (TOP + bottom)
    parts.append(
        f'<text x="{0.5 * (LEFT + right):.1f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x.label)}</text>'
    )
    parts.append(
        f'<text transform="translate(11 {middle:.1f}) rotate(-90)" text-anchor="middle">{escape(y.label)}</text>'
    )
    return parts, across, up


def plot(
    title: str,
    alt: str,
    x: Axis,
    y: Axis,
    series: Sequence[Series],
    *,
    guides: Sequence[Sequence[tuple[float, float]]] = (),
) -> Drawing:
    """Draw points and lines.

    Parameters
    ----------
    title, alt : str
        Heading, and the figure in words.
    x, y : Axis
    series : sequence of Series
        A name that is not empty is shown beside its marker.
    guides : sequence of sequences of (x, y)
        Thin dashed lines.
    """
    parts, across, up = _axes(x, y)
    for guide in guides:
        points = " ".join(f"{across(a):.1f},{up(b):.1f}" for a, b in guide)
        parts.append(f'<polyline class="guide" points="{points}"/>')
    for s in series:
        shown = [
            (across(a), up(b))
            for a, b in zip(s.x, s.y, strict=True)
            if math.isfinite(a) and math.isfinite(b)
        ]
        if s.line:
            points = " ".join(f"{a:.1f},{b:.1f}" for a, b in shown)
            parts.append(f'<polyline class="c{s.colour} line" points="{points}"/>')
        parts += [_marker(a, b, s.colour, s.hollow) for a, b in shown]
    named = {s.name: s.colour for s in series if s.name}
    return _document(title, alt, parts, legend=tuple((c, name) for name, c in named.items()))


def histogram(title: str, alt: str, values: Sequence[float], bins: int, colour: int) -> Drawing:
    """Draw counts of numbers from 0 to 1, with the band that chance leaves."""
    counts, edges = np.histogram(values, bins=bins, range=(0.0, 1.0))
    expected = len(values) / bins
    spread = 2.0 * math.sqrt(max(expected * (1.0 - 1.0 / bins), 0.0))
    y = Axis("observations", 0.0, 1.1 * max(int(counts.max(initial=0)), expected + spread, 1.0))
    x = Axis("share of the predictive distribution below the value (PIT)", 0.0, 1.0)
    parts, across, up = _axes(x, y)
    low, high = max(expected - spread, 0.0), expected + spread
    parts.append(
        f'<rect class="band" x="{across(0.0):.1f}" y="{up(high):.1f}" '
        f'width="{across(1.0) - across(0.0):.1f}" height="{up(low) - up(high):.1f}"/>'
    )
    for count, a, b in zip(counts.tolist(), edges[:-1], edges[1:], strict=True):
        parts.append(
            f'<rect class="c{colour} bar" x="{across(a) + 1:.1f}" y="{up(count):.1f}" '
            f'width="{across(b) - across(a) - 2:.1f}" height="{up(0.0) - up(count):.1f}"/>'
        )
    parts.append(
        f'<path class="guide" d="M{across(0.0):.1f} {up(expected):.1f}H{across(1.0):.1f}"/>'
    )
    return _document(title, alt, parts)


def tornado(
    title: str, alt: str, unit: str, typical: float, rows: Sequence[tuple[str, float, float]]
) -> Drawing:
    """Draw horizontal bars from the value at the low end to that at the high end of each range."""
    row_height, top = 25.0, 8.0
    height = top + row_height * len(rows) + 40.0
    left, right = 10.0, WIDTH - 12.0
    axis = axis_of(unit, [typical, *(v for _, a, b in rows for v in (a, b))])

    def across(value: float) -> float:
        return left + axis.part(value) * (right - left)

    bottom = top + row_height * len(rows)
    parts = []
    for mark in axis.marks():
        parts.append(f'<path class="grid" d="M{across(mark):.1f} {top}V{bottom:.1f}"/>')
        parts.append(
            f'<text x="{across(mark):.1f}" y="{bottom + 13:.1f}" text-anchor="middle">{tick_text(mark)}</text>'
        )
    parts.append(f'<path class="typical" d="M{across(typical):.1f} {top}V{bottom:.1f}"/>')
    for k, (name, low, high) in enumerate(rows):
        y = top + row_height * k
        parts.append(f'<text x="{left}" y="{y + 10:.1f}" class="row">{escape(name)}</text>')
        for value, colour, css in ((low, 0, "bar"), (high, 1, "bar hatched")):
            a, b = sorted((across(typical), across(value)))
            parts.append(
                f'<rect class="c{colour} {css}" x="{a:.1f}" y="{y + 13:.1f}" width="{max(b - a, 0.5):.1f}" '
                f'height="8"/>'
            )
    parts.append(
        f'<text x="{0.5 * (left + right):.1f}" y="{height - 8:.1f}" text-anchor="middle">{escape(unit)}</text>'
    )
    legend = ((0, "low end of the plausible range"), (1, "high end"))
    return _document(title, alt, parts, height, legend)
