"""The cascade as a diagram at one time: the activation of each stage and the grade of each arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ketasim._runtime.optional import require
from ketasim._wording.durations import hours, in_words
from ketasim.catalogue._model_tables import parameters
from ketasim.errors import ScenarioError
from ketasim.evidence._links import links
from ketasim.figures._era_axis import EraAxis
from ketasim.gallery._cascade_timeline import STAGES, Stage, activation
from ketasim.gallery._exhibit import Exhibit, Story, Style, exhibit, tidy
from ketasim.gallery._frame import Frame
from ketasim.gallery._shared_runs import INFUSION, PERSON
from ketasim.scenario._scenario import Scenario
from ketasim.simulation._run import Run
from ketasim.simulation._simulate import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Latest moment that is drawn [h].
LATEST_H = 1344.0

_BY_NAME = {stage.name: stage for stage in STAGES}


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its name on two lines, its stage, its column and row."""

    words: str
    stage: str
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow between two boxes; ``link`` names it among `ketasim.evidence.links`."""

    start: int
    end: int
    link: str

    @property
    def row(self) -> dict[str, Any]:
        """What is known of it."""
        found: dict[str, Any] = next(r for r in links()["links"] if r["id"] == self.link)
        return found

    @property
    def inhibits(self) -> bool:
        """Whether it holds back what it leads to."""
        return self.row.get("sign") == "inhibits"

    @property
    def marks(self) -> tuple[str, str]:
        """Grade of the claim, and the weakest grade among its numbers."""
        numbers = (str(parameters()[name]["grade"]) for name in self.row["numbers"])
        return str(self.row["grade"]), max(numbers)


NODES = (
    Node("ketamine\nin brain", "ketamine in brain", 0, 0),
    Node("NMDA receptors\nblocked", "NMDA receptors blocked", 1, 0),
    Node("inhibitory\ninterneurons", "interneuron firing", 2, 0),
    Node("glutamate\nsurge", "glutamate", 3, 0),
    Node("AMPA\nthroughput", "AMPA throughput", 4, 0),
    Node("BDNF", "BDNF", 4, 1),
    Node("TrkB", "TrkB", 3, 1),
    Node("mTORC1", "mTORC1", 2, 1),
    Node("synaptic\nproteins", "synaptic proteins (PSD95)", 1, 1),
    Node("dendritic\nspines", "dendritic spines", 0, 1),
    Node("mood", "mood (MADRS)", 0, 2),
)
ARROWS = (
    Arrow(0, 1, "drug-nmda"),
    Arrow(1, 2, "nmda-brake"),
    Arrow(2, 3, "brake-glutamate"),
    Arrow(3, 4, "glutamate-ampa"),
    Arrow(4, 5, "ampa-bdnf"),
    Arrow(5, 6, "bdnf-mtor"),
    Arrow(6, 7, "bdnf-mtor"),
    Arrow(7, 8, "mtor-spines"),
    Arrow(8, 9, "mtor-spines"),
    Arrow(9, 10, "spines-mood"),
    Arrow(4, 10, "ampa-mood"),
)


def cascade_diagram(t: float | str = 1.0, *, style: Style = "print") -> Exhibit:
    """Draw the stages as boxes with a bar: their change at time ``t`` as a share of the largest.

    Parameters
    ----------
    t : float or str
        Time since the start of one infusion: hours, or text such as '40 min' or '3 d'; 0 to 8 weeks,
        default 1 h.
    style : {'print', 'slide', 'dark'}

    Returns
    -------
    Exhibit
        Data: stage, time [h], activation (share of the largest change), value, unit.

    Raises
    ------
    ScenarioError
        If ``t`` is not a time from 0 to 8 weeks.

    Examples
    --------
    >>> import ketasim as ks
    >>> [column.heading for column in ks.gallery.cascade_diagram("40 min").data.columns]
    ['stage', 'time [h]', 'activation', 'value', 'unit']
    """
    return exhibit(story(t), style)


def story(t: float | str = 1.0) -> Story:
    moment = hours(t, "t")
    if not 0.0 <= moment <= LATEST_H:
        raise ScenarioError(f"t = {t!r}: must lie within 0 h and 8 weeks ({LATEST_H:g} h)")
    run = simulate(
        Scenario(INFUSION), t_eval=np.unique(np.r_[EraAxis(LATEST_H).times(100), moment])
    )
    at = int(np.flatnonzero(run.t == moment)[0])
    shown = [(n, float(activation(_BY_NAME[n.stage], run)[at])) for n in NODES]
    values = {n.stage: _value(_BY_NAME[n.stage], run, at) for n in NODES}
    active = [n.stage for n, share in shown if share >= 0.5]
    says = (
        f"In the model, {in_words(moment)} after the infusion began, "
        + (f"half or more of the largest change is reached in: {', '.join(active)}." if active else
           "no stage is at half of its largest change.")
    )  # fmt: skip
    grades = [" ".join(a.marks) for a in ARROWS]
    arrows = "; ".join(
        f"{_flat(NODES[a.start])} {'inhibits' if a.inhibits else 'to'} {_flat(NODES[a.end])} ({g})"
        for a, g in zip(ARROWS, grades, strict=True)
    )
    values_in_words = ", ".join(
        f"{n.stage} {values[n.stage]} ({100 * share:.0f} % of its largest change)"
        for n, share in shown
    )
    rows = [
        (n.stage, moment, share, float(_BY_NAME[n.stage].of(run)[at]), _BY_NAME[n.stage].unit)
        for n, share in shown
    ]
    return Story(
        "cascade_diagram",
        f"The cascade at {in_words(moment)}",
        says,
        f"A diagram of eleven boxes joined by arrows, each with a bar for its share of its largest "
        f"change, at {in_words(moment)}. {says} Values: {values_in_words}. Arrows, with the grade "
        f"of their claim and that of their weakest number: {arrows}.",
        tidy(("stage", "time", "activation", "value", "unit"), rows, str(run.scenario), time="h"),
        lambda frame: _paint(frame, shown, values, grades),
        4.4,
        f"{PERSON} Two marks on each arrow: how well its claim is supported, and how well its weakest "
        "number is known; A replicated in people, B single or small in people, C in animals, D in "
        "vitro, E assumed or fitted here.",
    )


def _value(stage: Stage, run: Run, at: int) -> str:
    return stage.write(float(stage.of(run)[at]))


def _flat(node: Node) -> str:
    return node.words.replace("\n", " ")


def _paint(
    frame: Frame, shown: list[tuple[Node, float]], values: dict[str, str], grades: list[str]
) -> None:
    patches: Any = require("matplotlib.patches", "plot")
    ax = frame.axes(0.12, 0.05, frame.width - 0.24, frame.height - 0.1)
    ax.set_xlim(-0.42, 4.42)
    ax.set_ylim(2.42, -0.42)
    ax.axis("off")
    for arrow, grade in zip(ARROWS, grades, strict=True):
        _arrow(frame, ax, arrow, grade)
    for node, share in shown:
        x, y = node.column - WIDE / 2, node.row + TALL / 2
        ax.add_patch(
            patches.Rectangle(
                (x, y - TALL),
                WIDE,
                TALL,
                fc=frame.colours.paper,
                ec=frame.colours.ink,
                lw=1.0,
                zorder=4,
            )
        )
        # A bar below name and value, so that nothing is written on a fill.
        ax.add_patch(
            patches.Rectangle(
                (x, y - BAR), WIDE * share, BAR, fc=frame.colours.blue.line, ec="none", zorder=4
            )
        )
        ax.text(
            node.column, node.row - 0.13, node.words, ha="center", va="center", fontsize=7.5,
            fontweight="bold", zorder=6, linespacing=1.1,
        )  # fmt: skip
        ax.text(
            node.column, node.row + 0.11, values[node.stage], ha="center", va="center",
            fontsize=7.5, zorder=6,
        )  # fmt: skip
    grey = frame.colours.grey
    notes = (
        (4.4, 2.28, "Bar: share of the largest change of each stage.", "right"),
        (4.4, 2.42, "Flat end: inhibits. Marks: claim, number.", "right"),
        (1.75, 1.90, "fast: the excited circuit itself", "left"),
        (-0.06, 1.5, "slow:\nregained\nsynapses", "right"),
    )
    for x, y, text, side in notes:
        ax.text(x, y, text, ha=side, va="center", fontsize=6.8, color=grey)


#: Size of a box, in columns and rows.
WIDE, TALL = 0.74, 0.62
#: Height of the bar at the foot of a box, in rows.
BAR = 0.09


def _arrow(frame: Frame, ax: Axes, arrow: Arrow, grade: str) -> None:
    a, b = NODES[arrow.start], NODES[arrow.end]
    if (arrow.start, arrow.end) == (4, 10):
        # Around the lower row, directly from AMPA to mood.
        path = [(4.37, 0.1), (4.42, 0.1), (4.42, 2.04), (0.38, 2.04)]
    elif a.row == b.row:
        side = 1 if b.column > a.column else -1
        gap = 0.05 if arrow.inhibits else 0.01
        path = [(a.column + side * WIDE / 2, a.row), (b.column - side * (WIDE / 2 + gap), b.row)]
    else:
        path = [(a.column, a.row + TALL / 2), (b.column, b.row - TALL / 2 - 0.01)]
    # The last part of a bent arrow is drawn together with its head.
    xs, ys = zip(*(path[:-1] if len(path) > 2 else path), strict=True)
    ink = frame.colours.vermillion if arrow.inhibits else frame.colours.black
    dash = (0, (4, 2)) if len(path) > 2 else "-"
    ax.plot(xs, ys, color=ink.line, lw=1.3, ls=dash, zorder=3, clip_on=False)
    if arrow.inhibits:
        x, y = path[-1]
        ax.plot([x, x], [y - 0.13, y + 0.13], color=ink.line, lw=2.6, zorder=5)
    else:
        ax.annotate(
            "", path[-1], xytext=path[-2], zorder=3,
            arrowprops={
                "arrowstyle": "-|>", "lw": 1.3, "color": ink.line, "shrinkA": 0, "shrinkB": 0, "ls": dash,
            },
        )  # fmt: skip
    (x0, y0), (x1, y1) = path[-2], path[-1]
    place = ((x0 + x1) / 2, (y0 + y1) / 2)
    ax.text(
        *place, grade, fontsize=6.8, fontweight="bold", ha="center", va="center", zorder=7,
        color=frame.colours.paper,
        bbox={"boxstyle": "round,pad=0.22", "fc": ink.word, "ec": frame.colours.paper, "lw": 1.0},
    )  # fmt: skip
