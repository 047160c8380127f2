"""Names of lines, placed beside the lines where they cover least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ketasim._arrays import FloatArray
from ketasim._runtime.optional import require
from ketasim.figures._style import direct_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Font size, and the gap between a line and its name [points].
SIZE, GAP = 7.0, 3.0
#: Farthest that a text lies from its point [points].
FAR = 24.0
#: Places tried along a line, and points that represent it.
TRIED, FINE = 48, 600


class Named(NamedTuple):
    """A drawn line and its name: times [h] and values have shape (n_times,)."""

    t: FloatArray
    y: FloatArray
    name: str
    colour: str


def name_lines(ax: Axes, lines: Sequence[Named]) -> None:
    """Write the name of each line above or below it.

    Of all places along a line the best one is chosen: the name covers little of this line, of other
    lines and of earlier names, and is close to where the line has changed most. The limits of the axes
    and the size of the figure must be final.
    """
    curves = [_on_paper(ax, line) for line in lines]
    frame = _points(ax, ax.bbox.bounds)
    taken: list[FloatArray] = []
    for line, curve in zip(lines, curves, strict=True):
        width, height = _extent(line.name)
        best: tuple[float, FloatArray, float] | None = None
        far = curve[int(np.argmax(np.abs(curve[:, 1] - curve[0, 1])))]
        for x, y in curve[:: max(1, len(curve) // TRIED)]:
            for below in (False, True):
                bottom = y - GAP - height if below else y + GAP
                box = np.array([x - width / 2, bottom, x + width / 2, bottom + height])
                cost = _cost(box, curve, curves, taken, frame) + _doubt((x, y), curve, curves)
                cost += 0.06 * float(np.hypot(x - far[0], y - far[1]))
                if best is None or cost < best[0]:
                    best = (cost, box, float(x))
        if best is None:
            continue
        _, box, _ = best
        taken.append(box)
        place = ax.transData.inverted().transform(box[:2] / _scale(ax))
        direct_label(
            ax,
            float(place[0]),
            float(place[1]),
            line.name,
            line.colour,
            offset=(0, 0),
            fontsize=SIZE,
        )


class Word(NamedTuple):
    """Text beside one of several points of a line: ``x`` and ``y`` have shape (n_points,)."""

    x: FloatArray
    y: FloatArray
    text: str
    colour: str
    own: int  # which of the lines it belongs to


def place_words(
    ax: Axes, lines: Sequence[Named], words: Sequence[Word], size: float = SIZE
) -> None:
    """Write each text where it covers no line and no earlier text, and is nearest to its own line.

    The limits of the axes and the size of the figure must be final.
    """
    curves = [_dots(ax, line) for line in lines]
    frame = _points(ax, ax.bbox.bounds)
    taken: list[FloatArray] = []
    for word in words:
        width, height = _extent(word.text, size)
        points = np.column_stack([word.x, word.y])
        paper = np.asarray(ax.transData.transform(points), dtype=np.float64) * _scale(ax)
        best: tuple[float, FloatArray] | None = None
        # About one point a text may lie anywhere; along a line it lies beside one of its points.
        tried = _near(paper[0], width, height) if len(paper) == 1 else _beside(paper, width, height)
        for left, bottom in tried:
            box = np.array([left, bottom, left + width, bottom + height])
            cost = _covered(box, word.own, curves, taken, frame)
            if len(paper) == 1:
                cost += float(np.hypot(*(np.clip(paper[0], box[:2], box[2:]) - paper[0])))
            if best is None or cost < best[0]:
                best = (cost, box)
        if best is None:
            continue
        taken.append(best[1])
        place = ax.transData.inverted().transform(best[1][:2] / _scale(ax))
        direct_label(
            ax,
            float(place[0]),
            float(place[1]),
            word.text,
            word.colour,
            offset=(0, 0),
            fontsize=size,
        )


def _near(point: FloatArray, width: float, height: float) -> Iterator[tuple[float, float]]:
    """Give the left and lower edges of a text about a point: any place that does not hide it."""
    x, y = point
    for left in np.arange(x - width - FAR, x + FAR, 2.0):
        for bottom in np.arange(y - height - FAR, y + FAR, 2.0):
            hidden = (
                left - GAP < x < left + width + GAP and bottom - GAP < y < bottom + height + GAP
            )
            if not hidden:
                yield float(left), float(bottom)


def _beside(points: FloatArray, width: float, height: float) -> Iterator[tuple[float, float]]:
    """Give the left and lower edges of a text in eight directions from each point."""
    for (x, y), across, up in product(points, (-1, 0, 1), (-1, 0, 1)):
        if across or up:
            # Diagonal places are nearer, so that the corner of the text is as far.
            gap = GAP * (1.2 if across and up else 2.0)
            yield x + across * gap + (across - 1) / 2 * width, y + up * gap + (up - 1) / 2 * height


def _covered(
    box: FloatArray,
    own: int,
    curves: Sequence[FloatArray],
    taken: Sequence[FloatArray],
    frame: FloatArray,
) -> float:
    """Return the cost of a place: what it covers, how far it is from its line and near to others."""
    outside = max(frame[0] - box[0], box[2] - frame[2], frame[1] - box[1], box[3] - frame[3])
    cost = 1e3 * max(0.0, float(outside))
    for other in taken:
        if max(other[0] - box[2], box[0] - other[2], other[1] - box[3], box[1] - other[3]) < 2.0:
            cost += 1e3
    for k, curve in enumerate(curves):
        off = np.maximum(np.maximum(box[:2] - curve, curve - box[2:]), 0.0)
        apart = np.hypot(off[:, 0], off[:, 1])
        cost += 10.0 * int(np.sum(apart < GAP))
        near = float(apart.min(initial=np.inf))
        # A text must not be closer to another line than to its own.
        cost += near if k == own else 4.0 * max(0.0, 3.0 * GAP - near)
    return cost


def _dots(ax: Axes, line: Named) -> FloatArray:
    """Return the line in points from the corner of the figure, a dot every half point of its length."""
    seen = np.isfinite(line.y)
    corners = np.column_stack([line.t[seen], line.y[seen]])
    paper = np.asarray(ax.transData.transform(corners), dtype=np.float64) * _scale(ax)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(paper, axis=0).T))])
    at = np.arange(0.0, along[-1], 0.5)
    return np.column_stack([np.interp(at, along, paper[:, 0]), np.interp(at, along, paper[:, 1])])


def _cost(
    box: FloatArray,
    own: FloatArray,
    curves: Sequence[FloatArray],
    taken: Sequence[FloatArray],
    frame: FloatArray,
) -> float:
    outside = max(frame[0] - box[0], box[2] - frame[2], frame[1] - box[1], box[3] - frame[3] - 4.0)
    cost = 1e3 * max(0.0, float(outside))
    for curve in curves:
        wide = box + np.array([-1.0, -1.0, 1.0, 1.0])
        hidden = int(np.sum(_inside(curve, wide)))
        cost += 2.0 * hidden
        if curve is not own:
            # A name must not be closer to another line than to its own.
            cost += (
                4.0 * int(np.sum(_inside(curve, box + 2.0 * GAP * np.array([-1, -1, 1, 1])))) ** 0.5
            )
    for other in taken:
        apart = max(other[0] - box[2], box[0] - other[2], other[1] - box[3], box[1] - other[3])
        if apart < 2.0:
            cost += 1e3
    return cost


def _doubt(place: tuple[float, float], own: FloatArray, curves: Sequence[FloatArray]) -> float:
    """Return the cost of a place where lines are so close that a name could belong to another line."""
    gaps = [
        abs(float(np.interp(place[0], other[:, 0], other[:, 1])) - place[1])
        for other in curves
        if other is not own
    ]
    return 6.0 * max(0.0, 2.0 * SIZE - min(gaps, default=2.0 * SIZE))


def _inside(points: FloatArray, box: FloatArray) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (
        (points[:, 0] > box[0])
        & (points[:, 0] < box[2])
        & (points[:, 1] > box[1])
        & (points[:, 1] < box[3])
    )
    return inside


def _on_paper(ax: Axes, line: Named) -> FloatArray:
    """Return the line in points from the corner of the figure, shape (FINE, 2), evenly spaced in x."""
    seen = np.isfinite(line.y)
    corners = np.column_stack([line.t[seen], line.y[seen]])
    paper = np.asarray(ax.transData.transform(corners), dtype=np.float64) * _scale(ax)
    left, bottom, right, top = _points(ax, ax.bbox.bounds)
    x = np.linspace(max(left, paper[0, 0]), min(right, paper[-1, 0]), FINE)
    return np.column_stack([x, np.clip(np.interp(x, paper[:, 0], paper[:, 1]), bottom, top)])


def _points(ax: Axes, bounds: tuple[float, float, float, float]) -> FloatArray:
    x, y, width, height = bounds
    return np.array([x, y, x + width, y + height]) * _scale(ax)


def _scale(ax: Axes) -> float:
    """Points per pixel."""
    return 72.0 / float(ax.figure.dpi)


def _extent(text: str, size: float = SIZE) -> tuple[float, float]:
    """Width and height of a line of text [points]."""
    textpath: Any = require("matplotlib.textpath", "plot")
    box = textpath.TextPath((0, 0), text or " ", size=size).get_extents()
    return float(box.width), size
